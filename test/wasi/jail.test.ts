// Tries to get out of a pre-opened folder by every road a guest has: `..`, absolute paths, links made by the host and by the guest,
// links swapped in while a path is walked, for reading, writing, creation, removal and listing.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NodeFileSystem } from '../../src/wasi/fs-node.ts'
import { Guest } from './guest.ts'

let temp = ''
let root = ''
let g: Guest

beforeEach(() => {
  temp = fs.mkdtempSync(join(tmpdir(), 'anywasm-jail-'))
  root = join(temp, 'root')
  fs.mkdirSync(join(root, 'dir/sub'), { recursive: true })
  fs.mkdirSync(join(temp, 'outside'))
  fs.writeFileSync(join(temp, 'outside/secret'), 'secret')
  fs.writeFileSync(join(root, 'file'), 'inside')
  g = new Guest(root)
})
afterEach(() => fs.rmSync(temp, { recursive: true, force: true }))

/** Every road to a path, by each call that takes one. Each must fail, and nothing outside may change. */
function roads(path: string): Record<string, string> {
  return {
    read: g.cat(path),
    write: g.save(path, 'changed'),
    list: String(g.ls(path)),
    stat: typeof g.stat(path) === 'string' ? (g.stat(path) as string) : 'SUCCESS',
    touch: g.touch(path, 1000n),
    link: g.link(path, 'stolen', true),
  }
}

function untouched(): void {
  expect(fs.readdirSync(join(temp, 'outside'))).toEqual(['secret'])
  expect(fs.readFileSync(join(temp, 'outside/secret'), 'utf8')).toBe('secret')
  expect(fs.statSync(join(temp, 'outside/secret')).mtimeMs).toBeGreaterThan(1)
  expect(fs.readdirSync(temp).sort()).toEqual(['outside', 'root'])
  expect(fs.existsSync(join(root, 'stolen'))).toBe(false)
}

const refused = (r: Record<string, string>) => {
  for (const [how, errno] of Object.entries(r)) expect([how, errno]).toEqual([how, 'NOTCAPABLE'])
  untouched()
}

describe('paths', () => {
  test.each([
    '..',
    '../outside/secret',
    'dir/../../outside/secret',
    'dir/sub/../../../outside/secret',
    './/..//outside/secret',
    '/etc/passwd',
    '/',
    '//file',
  ])('%s is refused', (path) => refused(roads(path)))

  test('.. within the folder is fine', () => {
    expect(g.cat('dir/sub/../../file')).toBe('inside')
    expect(g.cat('./dir/./sub/.././../file')).toBe('inside')
  })

  test('a path through something missing does not exist, whatever follows', () => {
    expect(g.cat('missing/../file')).toBe('NOENT')
    expect(g.cat('file/../file')).toBe('NOTDIR')
  })

  test('creation, renaming, linking and removal stay inside', () => {
    expect(g.mkdir('../outside/new')).toBe('NOTCAPABLE')
    expect(g.rmdir('../outside')).toBe('NOTCAPABLE')
    expect(g.unlink('../outside/secret')).toBe('NOTCAPABLE')
    expect(g.rename('../outside/secret', 'stolen')).toBe('NOTCAPABLE')
    expect(g.rename('file', '../outside/file')).toBe('NOTCAPABLE')
    expect(g.link('../outside/secret', 'stolen')).toBe('NOTCAPABLE')
    expect(g.link('file', '../outside/file')).toBe('NOTCAPABLE')
    expect(g.symlink('file', '../outside/link')).toBe('NOTCAPABLE')
    untouched()
  })

  test('a directory opened below does not lead above itself', () => {
    const fd = g.open('dir', 2)
    expect(g.open('../file', 0, { fd })).toBe(-76)
  })
})

describe('links made by the host', () => {
  test.each([
    ['relative', '../outside/secret', 'link'],
    ['relative through a directory', '../../outside/secret', 'dir/link'],
    ['absolute', '/etc/passwd', 'link'],
    ['to the parent', '..', 'link/outside/secret'],
    ['to the root', '/', 'link/etc/passwd'],
    ['through /proc', '/proc/self/root', 'link/etc/passwd'],
  ])('%s', (_, target, path) => {
    fs.symlinkSync(target, join(root, path.includes('dir/') ? 'dir/link' : 'link'))
    refused(roads(path))
  })

  test('a chain whose last link leads out', () => {
    fs.symlinkSync('b', join(root, 'a'))
    fs.symlinkSync('dir/c', join(root, 'b'))
    fs.symlinkSync('../../outside', join(root, 'dir/c'))
    refused(roads('a/secret'))
  })

  test('an absolute link that points back inside is refused too', () => {
    fs.symlinkSync(join(root, 'file'), join(root, 'link'))
    expect(g.cat('link')).toBe('NOTCAPABLE')
  })

  test('creating through a dangling link that leads out makes nothing there', () => {
    fs.symlinkSync('../outside/new', join(root, 'link'))
    expect(g.save('link', 'x')).toBe('NOTCAPABLE')
    untouched()
  })

  test('the link itself can be seen, renamed and removed', () => {
    fs.symlinkSync('../outside/secret', join(root, 'link'))
    expect(g.readlink('link')).toBe('../outside/secret')
    expect(g.stat('link', false)).toMatchObject({ type: 7 })
    expect(g.rename('link', 'other')).toBe('SUCCESS')
    expect(g.unlink('other')).toBe('SUCCESS')
    untouched()
  })

  test('loops end', () => {
    fs.symlinkSync('b', join(root, 'a'))
    fs.symlinkSync('a', join(root, 'b'))
    fs.symlinkSync('dir/self/x', join(root, 'dir/self'))
    expect(g.cat('a')).toBe('LOOP')
    expect(g.cat('a/file')).toBe('LOOP')
    expect(g.cat('dir/self')).not.toBe('SUCCESS')
  })

  test('40 links are followed, 41 are not', () => {
    fs.symlinkSync('file', join(root, 'l1'))
    for (let i = 2; i <= 41; i++) fs.symlinkSync(`l${i - 1}`, join(root, `l${i}`))
    expect(g.cat('l40')).toBe('inside')
    expect(g.cat('l41')).toBe('LOOP')
  })
})

describe('links made by the guest', () => {
  test('an absolute one cannot be made', () => {
    expect(g.symlink('/etc/passwd', 'link')).toBe('NOTCAPABLE')
  })

  test('one that leads out can be made, not followed', () => {
    expect(g.symlink('../outside/secret', 'link')).toBe('SUCCESS')
    refused(roads('link'))
  })

  test('one that leads out after it has been moved up', () => {
    expect(g.symlink('../file', 'dir/link')).toBe('SUCCESS')
    expect(g.cat('dir/link')).toBe('inside')
    expect(g.rename('dir/link', 'link')).toBe('SUCCESS')
    expect(g.cat('link')).toBe('NOTCAPABLE')
  })

  test('a hard link to a link that leads out is that link', () => {
    g.symlink('../outside/secret', 'link')
    expect(g.link('link', 'hard')).toBe('SUCCESS')
    expect(g.cat('hard')).toBe('NOTCAPABLE')
  })
})

describe.runIf(process.platform === 'linux')('changes while a path is walked', () => {
  /** Node's fs, but before the named function's n-th call something happens. */
  function disturbed(before: { name: keyof typeof fs; call: number; act: () => void }): typeof fs {
    let calls = 0
    return new Proxy(fs, {
      get(target, name) {
        const f = Reflect.get(target, name)
        if (name !== before.name) return f
        return (...args: unknown[]) => {
          if (++calls === before.call) before.act()
          return (f as (...args: unknown[]) => unknown)(...args)
        }
      },
    })
  }
  const swap = () => {
    fs.renameSync(join(root, 'dir'), join(root, 'gone'))
    fs.symlinkSync('../outside', join(root, 'dir'))
  }

  // Each call of the system while the path is walked, in turn.
  test.each([1, 2, 3, 4, 5, 6])('a directory replaced by a link before the opening %i', (call) => {
    let swapped = false
    const act = () => {
      swap()
      swapped = true
    }
    fs.writeFileSync(join(root, 'dir/secret'), 'mine')
    g = new Guest(new NodeFileSystem(root, disturbed({ name: 'openSync', call, act })))
    const text = g.cat('dir/secret')
    expect(['mine', 'NOTCAPABLE']).toContain(text)
    expect(swapped).toBe(call <= 3)
    untouched()
  })

  test('a file replaced by a link between the look and the opening', () => {
    const act = () => {
      fs.unlinkSync(join(root, 'file'))
      fs.symlinkSync('../outside/secret', join(root, 'file'))
    }
    // The root, then the file.
    g = new Guest(new NodeFileSystem(root, disturbed({ name: 'openSync', call: 2, act })))
    expect(g.cat('file')).toBe('LOOP')
    untouched()
  })

  test('a directory moved out while `..` is walked', () => {
    const act = () => fs.renameSync(join(root, 'dir/sub'), join(temp, 'moved'))
    g = new Guest(new NodeFileSystem(root, disturbed({ name: 'openSync', call: 4, act })))
    fs.mkdirSync(join(root, 'dir/sub/deep'))
    // The host's parent of the moved directory is outside; the walk goes back to the handle it came from.
    expect(g.cat('dir/sub/deep/../../../file')).toBe('inside')
  })

  test('a pre-opened folder that is moved stays the same folder', () => {
    fs.renameSync(root, join(temp, 'elsewhere'))
    fs.symlinkSync('outside', root)
    expect(g.cat('file')).toBe('inside')
    expect(g.cat('secret')).toBe('NOENT')
  })
})

test('a pipe that nobody writes to does not hang the opening', async () => {
  const { spawnSync } = await import('node:child_process')
  if (spawnSync('mkfifo', [join(root, 'pipe')]).status !== 0) return
  expect(g.open('pipe', 0, { write: false })).toBeGreaterThan(3)
})
