// Streams on real descriptors: files, and pipes that have nothing yet.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Errno, NodeStream, WASI } from '../../src/wasi/index.ts'
import { Guest } from './guest.ts'

let temp = ''
beforeEach(() => {
  temp = fs.mkdtempSync(join(tmpdir(), 'anywasm-stream-'))
})
afterEach(() => fs.rmSync(temp, { recursive: true, force: true }))

test('a file as standard input and output', () => {
  fs.writeFileSync(join(temp, 'in'), 'line\n')
  const stdin = fs.openSync(join(temp, 'in'), 'r')
  const stdout = fs.openSync(join(temp, 'out'), 'w')
  const g = new Guest({ stdin, stdout })
  expect([g.read(0, 2), g.read(0), g.read(0)]).toEqual(['li', 'ne\n', ''])
  expect([g.write(1, 'one '), g.write(1, 'two')]).toEqual([4, 3])
  expect(fs.readFileSync(join(temp, 'out'), 'utf8')).toBe('one two')
  // Closing is the guest's affair; the process keeps its descriptors.
  expect(g.call('fd_close', 1)).toBe(0)
  fs.writeSync(stdout, '!')
  expect(g.write(1, 'x')).toBe(-Errno.BADF)
  fs.closeSync(stdin)
  fs.closeSync(stdout)
})

describe.runIf(process.platform === 'linux')('a pipe', () => {
  let pipe = ''
  let fd = -1
  beforeEach(() => {
    pipe = join(temp, 'pipe')
    spawnSync('mkfifo', [pipe])
    fd = fs.openSync(pipe, 'r+')
  })
  afterEach(() => fs.closeSync(fd))

  test('is asked without waiting, and loses nothing by it', () => {
    const stream = new NodeStream(fd)
    expect(stream.poll()).toEqual({ bytes: -1, end: false })
    fs.writeSync(fd, 'hello')
    expect(stream.poll()).toEqual({ bytes: 5, end: false })
    fs.writeSync(fd, ' world')
    const into = new Uint8Array(20)
    expect(stream.read(into.subarray(0, 3), false)).toBe(3)
    expect(stream.read(into.subarray(3), false)).toBe(2)
    expect(stream.read(into.subarray(5), false)).toBe(6)
    expect(new TextDecoder().decode(into.subarray(0, 11))).toBe('hello world')
    stream.close()
  })

  test('gives AGAIN to a guest that does not want to wait', () => {
    const g = new Guest({ stdin: fd })
    expect(g.call('fd_fdstat_set_flags', 0, 4)).toBe(0)
    expect(g.read(0)).toBe('AGAIN')
    fs.writeSync(fd, 'now')
    expect(g.read(0)).toBe('now')
    expect(g.read(0)).toBe('AGAIN')
    g.call('fd_close', 0)
  })
})

test('a folder that is missing is an error of the constructor, and opens nothing', () => {
  const open = () => fs.readdirSync('/proc/self/fd').length
  const before = process.platform === 'linux' ? open() : 0
  expect(() => new WASI({ preopens: { '/a': temp, '/b': join(temp, 'none') } })).toThrow('ENOENT')
  if (process.platform === 'linux') expect(open()).toBe(before)
})

test.runIf(process.platform === 'linux')('the end of a program closes what it opened', () => {
  const before = fs.readdirSync('/proc/self/fd').length
  const wasi = new WASI({ preopens: { '/': temp }, stdin: {}, stdout: {}, stderr: {} })
  const memory = { buffer: new ArrayBuffer(65536) }
  new Uint8Array(memory.buffer).set([0x61, 0x2f, 0x62])
  const _start = () => {
    expect(wasi.wasiImport.path_create_directory!(3, 0, 1)).toBe(0)
    expect(wasi.wasiImport.path_open!(3, 0, 0, 1, 2, 0n, 0n, 0, 64)).toBe(0)
    expect(wasi.wasiImport.path_open!(3, 0, 0, 3, 1, 64n, 0n, 0, 64)).toBe(0)
  }
  expect(wasi.start({ exports: { memory, _start } })).toBe(0)
  expect(fs.readdirSync('/proc/self/fd').length).toBe(before)
})
