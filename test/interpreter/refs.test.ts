// References that the interpreter's registers held are garbage when the outermost call has returned.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { interpreter } from '../../src/interpreter/engine.ts'
import { load } from '../engines/load.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test.each([2, 100])('what a call kept in %i locals is collected after it', async (locals) => {
  const { call, later } = load(
    interpreter,
    `(module (func $f (export "f") (param externref i32) (result i32) (local ${'externref '.repeat(locals)})
      (local.set 2 (local.get 0))
      (if (result i32) (local.get 1) (then (call $f (local.get 2) (i32.sub (local.get 1) (i32.const 1)))) (else (ref.is_null (local.get 2))))))`,
    { metering: { fuel: 10 } },
  )
  const once = async (run: (thing: object) => unknown) => {
    const thing = {}
    expect(await run(thing)).toEqual([0])
    return new WeakRef(thing)
  }
  const things = [
    await once((thing) => later('f', [thing, 5], { refuel: () => 8 })),
    await once((thing) => later('f', [thing, 5], { refuel: () => 1000 })),
    await once((thing) => call('f', thing, 5)),
  ]
  // A WeakRef holds what it has been asked for until the end of the job.
  await new Promise((done) => setTimeout(done, 10))
  collect()
  expect(things.map((x) => x.deref())).toEqual([undefined, undefined, undefined])
})
