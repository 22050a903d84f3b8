// Modules and shared memories in messages: what arrives is one of the namespace's again, and works; what can't be cloned is refused.
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { createWebAssembly, messagesOf } from '../../src/js-api/index.ts'
import { parseModule } from '../../src/text/parse.ts'
import { bin } from '../cli/anywasm.ts'

const COUNTER = `(module (import "m" "m" (memory 1 3 shared))
  (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 8) (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))`
const bytes = parseModule(COUNTER) as Uint8Array<ArrayBuffer>

describe.each(['compiler', 'interpreter'])('on the %s', (engine) => {
  test('a clone is a module or memory of the namespace that gets it, over the same data', () => {
    const [here, there] = [createWebAssembly(engine), createWebAssembly(engine)]
    const module = new here.Module(bytes)
    const memory = new here.Memory({ initial: 1, maximum: 3, shared: true } as object)
    const message = {
      list: [memory, { module }, memory],
      map: new Map([['m', module]]),
      other: [1n, undefined, new Uint8Array(3)],
    }
    const clone = structuredClone(messagesOf(here)!.pack(message))
    const got = messagesOf(there)!.unpack(clone) as typeof message
    expect(got.list[1]).not.toBe(message.list[1])
    const [theirs, { module: theirModule }, same] = got.list as [
      InstanceType<typeof there.Memory>,
      { module: object },
      object,
    ]
    expect([theirs instanceof there.Memory, same === theirs]).toEqual([true, true])
    expect(theirModule instanceof there.Module && got.map.get('m') === theirModule).toBe(true)
    expect(got.other).toEqual(message.other)

    const exportsOf = (W: typeof here, m: object, mem: object) =>
      new W.Instance(m as never, { m: { m: mem } }).exports as unknown as { add(n: number): number; grow(): number }
    const [mine, other] = [exportsOf(here, module, memory), exportsOf(there, theirModule, theirs)]
    expect([mine.add(5), other.add(7), mine.add(0)]).toEqual([0, 5, 12])
    expect([other.grow(), mine.grow(), other.grow(), theirs.buffer.byteLength]).toEqual([1, 2, -1, 3 * 65536])
  })

  test('what has none of them is left as it is', () => {
    const { pack, unpack } = messagesOf(createWebAssembly(engine))!
    const cyclic: { self?: object } = {}
    cyclic.self = cyclic
    for (const message of [cyclic, 1, null, undefined, 'text', [new Set([new ArrayBuffer(8)])]]) {
      expect(pack(message)).toBe(message)
      expect(unpack(message)).toBe(message)
    }
  })

  test('other objects of the namespace are refused, as the host does', () => {
    const W = createWebAssembly(engine)
    const { pack } = messagesOf(W)!
    const tell = (x: object): unknown => {
      try {
        return pack({ x })
      } catch (e) {
        return `${(e as Error).name}: ${(e as Error).message}`
      }
    }
    expect(tell(new W.Memory({ initial: 1 }))).toBe(
      "DataCloneError: a WebAssembly.Memory that is not shared can't be cloned",
    )
    expect(tell(new W.Table({ initial: 1, element: 'anyfunc' }))).toBe(
      "DataCloneError: a WebAssembly.Table can't be cloned",
    )
  })
})

test.each(['compiler', 'interpreter', 'host'])(
  'with the forced polyfill on the %s they reach worker threads by every way',
  (engine) => {
    const script = `
    import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
    const module = new WebAssembly.Module(Uint8Array.of(${bytes}))
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true })
    const { add } = new WebAssembly.Instance(module, { m: { m: memory } }).exports
    const other = 'import { parentPort, workerData } from "node:worker_threads";' +
      'const run = (module, m) => new WebAssembly.Instance(module, { m: { m } }).exports.add(1);' +
      'run(...workerData);' +
      'parentPort.once("message", ({ module, memory }) => { run(module, memory); parentPort.postMessage([memory, structuredClone(module)]) })'
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(other)), { workerData: [module, memory] })
    worker.postMessage({ module, memory })
    worker.once('message', ([m, again]) => {
      new WebAssembly.Instance(again, { m: { m } }).exports.add(1)
      const { port1, port2 } = new MessageChannel()
      port1.postMessage(m)
      const { message } = receiveMessageOnPort(port2)
      new WebAssembly.Instance(module, { m: { m: message } }).exports.add(1)
      console.log(add(0), /native code/.test(Function.prototype.toString.call(WebAssembly.Module)))
      process.exit()
    })`
    const root = bin.replace(/cli[\\/]main\.cjs$/, '')
    const args = ['--no-warnings', '--import', `${root}polyfill-force.js`, '--input-type=module', '-e', script]
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...process.env, ANYWASM_ENGINE: engine },
    })
    expect(stderr).toBe('')
    expect(stdout).toBe('4 false\n')
  },
)
