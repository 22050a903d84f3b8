// A guest in a process of its own listens on a real socket, and this process talks to it.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'

const runner = fileURLToPath(new URL('./run-server.mjs', import.meta.url))
let bundle = ''

beforeAll(() => {
  bundle = mkdtempSync(join(tmpdir(), 'anywasm-sockets-'))
  writeFileSync(join(bundle, 'package.json'), '{"type":"module"}')
  const entryPoints = ['index', 'sockets-node', 'socket-worker'].map((f) => `src/wasi/${f}.ts`)
  buildSync({ entryPoints, bundle: true, splitting: true, platform: 'node', format: 'esm', outdir: bundle })
})
afterAll(() => rmSync(bundle, { recursive: true, force: true }))

/** Sends the parts one after the other, waiting for as many bytes of answer each time; gives all that came until the end. */
function talk(port: number, parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    let sent = 0
    const left = [...parts]
    const s = connect(port, '127.0.0.1')
    const next = () => {
      const part = left.shift()
      if (part === undefined) return s.end()
      sent += part.length
      s.write(part)
    }
    s.on('connect', next)
    s.on('data', (d) => {
      got += d
      if (got.length === sent) next()
    })
    s.on('end', () => resolve(got))
    s.on('error', reject)
  })
}

test('a server accepts, polls, receives, sends and shuts down', async () => {
  const child = spawn(process.execPath, [runner, bundle])
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  let stderr = ''
  child.stderr.on('data', (d) => (stderr += d))
  const code = new Promise((done) => child.on('close', done))
  const port = await new Promise<number>((done) => child.stdout.once('data', (d) => done(Number(String(d)))))
  expect(await talk(port, ['hello', ' world'])).toBe('HELLO WORLD')
  const long = 'x'.repeat(200_000)
  expect(await talk(port, [long])).toBe(long.toUpperCase())
  expect([await code, stderr]).toEqual([0, ''])
  clearTimeout(timer)
})

test('an address that is taken is an error at once', async () => {
  const script = `
    const { NodeListener } = await import(${JSON.stringify(pathToFileURL(join(bundle, 'sockets-node.js')).href)})
    const worker = new URL(${JSON.stringify(pathToFileURL(join(bundle, 'socket-worker.js')).href)})
    const first = new NodeListener('127.0.0.1', 0, worker)
    try {
      new NodeListener('127.0.0.1', first.port, worker)
    } catch (e) {
      console.log(e.message)
    }
    first.close()
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  let stdout = ''
  child.stdout.on('data', (d) => (stdout += d))
  expect(await new Promise((done) => child.on('close', done))).toBe(0)
  expect(stdout).toBe('ADDRINUSE\n')
})
