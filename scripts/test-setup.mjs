// Builds dist/ once before a test run when it is missing or older than the sources: tests of the command line and of sizes run on the build.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'

const newest = (dir) => Math.max(0, ...readdirSync(dir, { recursive: true }).map((f) => statSync(join(dir, f)).mtimeMs))

export default async function setup() {
  const stamp = 'dist/.built'
  if (!existsSync(stamp) || statSync(stamp).mtimeMs < newest('src')) await build({ types: false })
}
