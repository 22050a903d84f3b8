// Runs a script in a page of headless Chromium whose Content-Security-Policy lets it generate no code, neither JavaScript nor WebAssembly. The page sends
// back what the script printed, after it has seen that the policy holds.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>page</title><script src="/before.js"></script><script src="/script.js"></script>'
const BEFORE = `
var lines = []
function print(text) { lines.push(text) }
function refused(task) { try { task(); return false } catch (e) { return true } }
var held = refused(function () { new Function('return 1')() }) &&
  refused(function () { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) })
function send(text) { fetch('/result', { method: 'POST', body: text }) }
addEventListener('error', function (e) { send('exit code: ' + e.message) })
var timer = setInterval(function () {
  if (lines.length === 0) return
  clearInterval(timer)
  send(held ? lines.join('\\n') + '\\n' : 'exit code: the policy does not hold')
}, 20)
`

/** Gives what the script printed. */
export async function onPage(chromium, script, timeout) {
  const profile = mkdtempSync(join(tmpdir(), 'anywasm-page-'))
  const files = {
    '/': [PAGE, 'text/html'],
    '/before.js': [BEFORE, 'text/javascript'],
    '/script.js': [readFileSync(script), 'text/javascript'],
  }
  let result
  const sent = new Promise((resolve) => {
    result = resolve
  })
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      const parts = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => result(Buffer.concat(parts).toString()))
    }
    const [body, type] = files[request.url] ?? ['', 'text/plain']
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY }).end(body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}/`
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`]
  const browser = spawn(chromium, [...flags, url], { stdio: 'ignore', detached: true })
  const ended = new Promise((resolve) => browser.on('close', resolve))
  const timer = setTimeout(() => result(`exit code: no result within ${timeout / 1000} s`), timeout)
  try {
    return await sent
  } finally {
    clearTimeout(timer)
    // All of its processes: they write to the profile.
    process.kill(-browser.pid, 'SIGKILL')
    await ended
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 })
  }
}
