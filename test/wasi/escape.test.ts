// No way out of a pre-opened folder: random programs that make, follow, move and remove links of every kind, on each file system over a folder
// of the host; and another process that swaps folders for links all the while.
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileSystem, MemoryFileSystem, mounts, NodeFileSystem, overlay } from '../../src/wasi/index.ts'
import { Guest } from './guest.ts'

const SECRET = 'SECRET-TEXT'
let temp = ''
let root = ''

beforeEach(() => {
  temp = fs.mkdtempSync(join(tmpdir(), 'anywasm-escape-'))
  root = join(temp, 'root')
})
afterEach(() => fs.rmSync(temp, { recursive: true, force: true }))

/** The folder, one beside it with a secret, and links of the host that lead there. */
function furnish(): void {
  for (const d of ['root', 'outside']) fs.rmSync(join(temp, d), { recursive: true, force: true })
  fs.mkdirSync(join(root, 'a/b/c'), { recursive: true })
  fs.mkdirSync(join(temp, 'outside/folder'), { recursive: true })
  fs.writeFileSync(join(temp, 'outside/secret'), SECRET)
  fs.writeFileSync(join(root, 'a/file'), 'inside')
  fs.symlinkSync('../outside', join(root, 'out'))
  fs.symlinkSync(join(temp, 'outside/secret'), join(root, 'a/absolute'))
  fs.symlinkSync('b/c', join(root, 'a/deep'))
  fs.symlinkSync('../..', join(root, 'a/b/up'))
}

/** Everything outside, with its contents and times of change: whatever is made, changed, removed, renamed or linked shows. */
function outside(): unknown {
  const look = (path: string): unknown => {
    const s = fs.lstatSync(path, { bigint: true })
    const more = s.isDirectory()
      ? fs.readdirSync(path).map((n) => [n, look(join(path, n))])
      : s.isFile() && fs.readFileSync(path, 'utf8')
    return [s.ino, s.nlink, s.mode, s.mtimeNs, s.ctimeNs, more]
  }
  return [fs.readdirSync(temp).sort(), look(join(temp, 'outside'))]
}

/** Places where names are made again and again, so that links meet other links. */
const place = fc.constantFrom(
  'link',
  'a/link',
  'a/b/link',
  'a/b/c/link',
  'x',
  'a/x',
  'link/x',
  'a/link/x',
  'a/deep/x',
  'a/file',
)
const there = fc.constantFrom('a', 'a/b', 'a/b/c', 'a/deep', 'out', 'a/b/up', 'a/absolute', '.')
const out = fc.constantFrom(
  '..',
  '../..',
  'secret',
  'folder',
  'outside/secret',
  '../outside/secret',
  '../../outside',
  'out/secret',
)
const path = fc.oneof(
  { weight: 3, arbitrary: place },
  { weight: 1, arbitrary: there },
  { weight: 1, arbitrary: out },
  { weight: 2, arbitrary: fc.tuple(fc.oneof(place, there), out).map((parts) => parts.join('/')) },
)
const step = fc.oneof(
  fc.record({
    call: fc.constantFrom('cat', 'save', 'ls', 'stat', 'touch', 'mkdir', 'rmdir', 'unlink', 'readlink', 'enter'),
    path,
  }),
  fc.record({ call: fc.constantFrom('symlink', 'rename', 'link', 'linkFollowing'), path, other: place }),
)
type Step = { call: string; path: string; other?: string }

const OUTSIDE_NAMES = ['secret', 'folder']

/** Does a step as a program would; gives what it learns. */
function act(g: Guest, { call, path: p, other = '' }: Step): unknown {
  switch (call) {
    case 'cat':
      return g.cat(p)
    case 'save':
      return g.save(p, 'changed')
    case 'ls':
      return g.ls(p)
    case 'stat':
      return g.stat(p)
    case 'touch':
      return g.touch(p, 1000n)
    case 'mkdir':
      return g.mkdir(p)
    case 'rmdir':
      return g.rmdir(p)
    case 'unlink':
      return g.unlink(p)
    case 'readlink':
      return g.readlink(p)
    case 'symlink':
      return g.symlink(p, other)
    case 'rename':
      return g.rename(p, other)
    case 'link':
      return g.link(p, other)
    case 'linkFollowing':
      return g.link(p, other, true)
    default: {
      // A folder opened by itself, and ways up from it.
      const fd = g.open(p, 2)
      if (fd < 0) return fd
      const found = ['..', '../..', '../../outside/secret', 'out/secret'].map((q) => g.open(q, 0, { fd, write: false }))
      const read = found.map((f) => (f < 0 ? '' : g.read(f)))
      for (const f of [...found.filter((x) => x >= 0), fd]) g.call('fd_close', f)
      return read
    }
  }
}

/** The host's folder as systems without /proc have it: directories are paths there. */
const withoutProc = new Proxy(fs, {
  get: (target, name) =>
    name === 'existsSync' ? (p: string) => p !== '/proc/self/fd' && fs.existsSync(p) : Reflect.get(target, name),
})

const systems: Record<string, () => FileSystem> = {
  node: () => new NodeFileSystem(root),
  'node by paths': () => new NodeFileSystem(root, withoutProc),
  'an overlay on node': () => overlay(new NodeFileSystem(root), new MemoryFileSystem()),
  'node, with memory mounted below': () => mounts({ '/': new NodeFileSystem(root), '/a/b': new MemoryFileSystem() }),
}

describe('random programs', () => {
  test.each(Object.keys(systems))('on %s', (name) => {
    let made = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
        furnish()
        const before = outside()
        const g = new Guest(systems[name]!())
        const learnt = steps.map((s) => act(g, s))
        made += learnt.filter((l) => l === 'SUCCESS').length
        g.call('fd_close', 3)
        expect(JSON.stringify(learnt, (_, v) => (typeof v === 'bigint' ? String(v) : v))).not.toContain(SECRET)
        for (const l of learnt) if (Array.isArray(l)) expect(l).not.toEqual(OUTSIDE_NAMES)
        expect(outside()).toEqual(before)
      }),
      { numRuns: 120, seed: 7 },
    )
    // Otherwise the programs would prove nothing.
    expect(made).toBeGreaterThan(150)
  })
})

describe.runIf(process.platform === 'linux')('while another process swaps a folder for a link', () => {
  const ROUNDS = 300
  const MOST_ROUNDS = 6000

  /** Swaps root/swap between a folder and a link to what is outside, as fast as it can, until it is killed. */
  const swapper = `
    const fs = require('node:fs')
    const [root] = process.argv.slice(1)
    fs.mkdirSync(root + '/real')
    fs.writeFileSync(root + '/real/secret', 'mine')
    fs.mkdirSync(root + '/real/folder')
    fs.symlinkSync('../outside', root + '/fake')
    fs.renameSync(root + '/real', root + '/swap')
    process.stdout.write('ready')
    for (;;) {
      fs.renameSync(root + '/swap', root + '/real')
      fs.renameSync(root + '/fake', root + '/swap')
      fs.renameSync(root + '/swap', root + '/fake')
      fs.renameSync(root + '/real', root + '/swap')
    }`

  test('nothing outside is read, written, made, removed or listed', async () => {
    furnish()
    const before = outside()
    const child = spawn(process.execPath, ['-e', swapper, root])
    await new Promise((ready) => child.stdout.once('data', ready))
    const g = new Guest(root)
    const seen: Record<string, Set<string>> = {}
    const note = (what: string, outcome: string) => (seen[what] ??= new Set()).add(outcome)
    // Both states have to be met, so that there is something to get wrong; a busy machine may give the swapper no time for long.
    const refused = () => Object.values(seen).some((s) => s.has('NOTCAPABLE') || s.has('NOENT'))
    const both = () => seen['write']!.has('SUCCESS') && refused()
    try {
      for (let k = 0; k < ROUNDS || (k < MOST_ROUNDS && !both()); k++) {
        if (k >= ROUNDS) await new Promise((done) => setTimeout(done, 1))
        note('read', g.cat('swap/secret'))
        note('write', g.save('swap/secret', 'mine'))
        note('list', String(g.ls('swap')))
        note('make', g.mkdir('swap/new'))
        note('remove folder', g.rmdir('swap/new'))
        note('make file', g.save('swap/folder/made', 'mine'))
        note('remove', g.unlink('swap/folder/made'))
        note('rename', g.rename('swap/folder', 'swap/folder2'))
        note('rename back', g.rename('swap/folder2', 'swap/folder'))
        note('link', g.link('swap/secret', 'swap/hard'))
        note('unlink', g.unlink('swap/hard'))
        note('symlink', g.symlink('x', 'swap/soft'))
        note('unlink soft', g.unlink('swap/soft'))
        note('touch', g.touch('swap/secret', 1000n))
      }
    } finally {
      const closed = new Promise((done) => child.once('close', done))
      child.kill('SIGKILL')
      await closed
    }
    expect([...seen['read']!]).not.toContain(SECRET)
    for (const names of seen['list']!) expect(names.split(',')).not.toEqual(OUTSIDE_NAMES)
    expect(outside()).toEqual(before)
    expect(both()).toBe(true)
  })
})
