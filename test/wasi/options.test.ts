// Options of the wrong kind are told by their names; names that are not known are ignored, as node:wasi does.
import { expect, test } from 'vitest'
import { WASI } from '../../src/wasi/wasi.ts'

test.each([
  [null, 'the options must be an object, got null'],
  [{ args: 'x' }, 'args must be an array, got the string "x"'],
  [{ env: 1 }, 'env must be an object, got the number 1'],
  [{ preopens: 1 }, 'preopens must be an object of paths and file systems'],
  [{ preopens: { '/': 1 } }, 'preopens must be an object of paths and file systems'],
  [{ stdin: 'x' }, 'stdin must be the number of a descriptor, or a stream, got the string "x"'],
  [{ returnOnExit: 1 }, 'returnOnExit must be true or false, got the number 1'],
  [{ sockets: 1 }, 'sockets must be an array, got the number 1'],
  [{ clock: 1 }, 'clock must be an object with the functions now, resolution, sleep, got the number 1'],
  [{ random: 1 }, 'random must be a function, got the number 1'],
])('%j', (options, message) => {
  const make = () => new WASI(options as never)
  expect(make).toThrow(TypeError)
  expect(make).toThrow(`WASI: ${message}`)
})

test('an unknown name, and what is no instance', () => {
  const wasi = new WASI({ preview: 2 } as never)
  expect(() => wasi.start(undefined as never)).toThrow('the argument of start must be an instance, got undefined')
  expect(() => wasi.initialize({} as never)).toThrow('the argument of initialize must be an instance, got an object')
})
