// The page test: headless Chromium loads page/index.html twice per case, with the host's WebAssembly and with anywasm's polyfill in a page that has none.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }
export const PAGE_CASES = ['sqljs', 'esbuild']

/** Where a Chromium is; ANYWASM_CHROMIUM names another one. */
export function chromiumPath() {
  const places = [
    process.env.ANYWASM_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ]
  return places.find((path) => path && existsSync(path))
}

function serve() {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const file = join(root, pathname)
    if (!file.startsWith(root) || !existsSync(file)) return response.writeHead(404).end()
    response
      .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      .end(readFileSync(file))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Runs one case in a new page; gives `{ own, result, time }` or `{ error }`. */
async function runInPage(browser, url, name, timeout) {
  const page = await browser.newPage()
  page.setDefaultTimeout(timeout)
  const errors = []
  page.on('pageerror', (e) => errors.push(e.message))
  try {
    await page.goto(url)
    await page.waitForFunction(() => globalThis.ready)
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no result within ${timeout / 1000} s`)), timeout)
    })
    return await Promise.race([page.evaluate((n) => globalThis.runCase(n), name), late]).finally(() =>
      clearTimeout(timer),
    )
  } catch (e) {
    return { error: [e.message, ...errors].join('\n') }
  } finally {
    await page.close()
  }
}

/** Runs the page's cases; gives for each `{ name, native, own }`. */
export async function runPages(executablePath, timeout) {
  const { chromium } = await import('playwright-core')
  const server = await serve()
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const url = `http://127.0.0.1:${server.address().port}/test/packages/page/index.html`
  const results = []
  try {
    for (const name of PAGE_CASES)
      results.push({
        name,
        native: await runInPage(browser, url, name, timeout),
        own: await runInPage(browser, `${url}?anywasm`, name, timeout),
      })
  } finally {
    await browser.close()
    server.close()
  }
  return results
}
