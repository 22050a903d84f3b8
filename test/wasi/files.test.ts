// What a guest can do with files and descriptors, on each file system alike.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  Errno,
  type FileSystem,
  MemoryFileSystem,
  mounts,
  NodeFileSystem,
  overlay,
  readOnly,
} from '../../src/wasi/index.ts'
import { CREAT, DIRECTORY, EXCL, Guest, TRUNC } from './guest.ts'

let temp = ''
afterEach(() => {
  if (temp) rmSync(temp, { recursive: true, force: true })
  temp = ''
})

const systems: Record<string, () => FileSystem> = {
  node: () => {
    temp = mkdtempSync(join(tmpdir(), 'anywasm-files-'))
    return new NodeFileSystem(temp)
  },
  memory: () => new MemoryFileSystem(),
  overlay: () => overlay(new MemoryFileSystem(), new MemoryFileSystem()),
  mounts: () => mounts({ '/': new MemoryFileSystem() }),
}

describe.each(Object.keys(systems))('on the file system %s', (name) => {
  let g: Guest
  beforeEach(() => {
    g = new Guest(systems[name]!())
  })

  test('reads back what it wrote, and seeks', () => {
    const fd = g.open('f', CREAT)
    expect(g.write(fd, 'hello world')).toBe(11)
    expect(g.read(fd)).toBe('')
    expect(g.seek(fd, 6n)).toBe(6n)
    expect(g.read(fd)).toBe('world')
    expect(g.seek(fd, -5n, 2)).toBe(6n)
    expect(g.seek(fd, 1n, 1)).toBe(7n)
    expect(g.read(fd, 2)).toBe('or')
    expect(g.seek(fd, -1n)).toBe('INVAL')
    expect(g.seek(fd, 0n, 3)).toBe('INVAL')
    expect(g.seek(fd, 1n << 62n)).toBe('OVERFLOW')
    expect(g.seek(fd, 0n, 1)).toBe(9n)
  })

  test('writing beyond the end leaves zeros', () => {
    const fd = g.open('f', CREAT)
    g.write(fd, 'ab')
    g.seek(fd, 4n)
    g.write(fd, 'c')
    expect(g.cat('f')).toBe('ab\0\0c')
    expect(g.call('fd_filestat_set_size', fd, 1n)).toBe(0)
    expect(g.call('fd_filestat_set_size', fd, 3n)).toBe(0)
    expect(g.cat('f')).toBe('a\0\0')
  })

  test('positioned I/O leaves the position alone', () => {
    const fd = g.open('f', CREAT)
    g.write(fd, 'abcdef')
    g.view.setUint32(64, 16384, true)
    g.view.setUint32(68, 2, true)
    expect(g.call('fd_pread', fd, 64, 1, 1n, 128)).toBe(0)
    expect(g.string('XY', 16384)[1]).toBe(2)
    expect(g.call('fd_pwrite', fd, 64, 1, 3n, 128)).toBe(0)
    expect(g.seek(fd, 0n, 1)).toBe(6n)
    expect(g.cat('f')).toBe('abcXYf')
    expect(g.call('fd_pread', fd, 64, 1, -1n, 128)).toBe(Errno.FBIG)
  })

  test('appends', () => {
    g.save('f', 'one')
    const fd = g.open('f', 0, { flags: 1 })
    g.write(fd, ' two')
    g.seek(fd, 0n)
    g.write(fd, ' three')
    expect(g.cat('f')).toBe('one two three')
    expect(g.call('fd_fdstat_set_flags', fd, 0)).toBe(0)
    g.seek(fd, 0n)
    g.write(fd, 'ONE')
    expect(g.cat('f')).toBe('ONE two three')
    expect(g.call('fd_fdstat_set_flags', fd, 1 << 5)).toBe(Errno.INVAL)
  })

  test('creation flags', () => {
    expect(g.open('f')).toBe(-Errno.NOENT)
    expect(g.open('f', CREAT | EXCL)).toBeGreaterThan(3)
    expect(g.open('f', CREAT | EXCL)).toBe(-Errno.EXIST)
    expect(g.open('f', CREAT | DIRECTORY)).toBe(-Errno.INVAL)
    expect(g.open('f', DIRECTORY)).toBe(-Errno.NOTDIR)
    expect(g.open('f/', CREAT)).toBe(-Errno.NOTDIR)
    expect(g.open('new/', CREAT)).toBe(-Errno.ISDIR)
    g.save('f', 'text')
    g.open('f', TRUNC)
    expect(g.cat('f')).toBe('')
    g.symlink('nothing', 'l')
    expect(g.open('l', CREAT | EXCL)).toBe(-Errno.EXIST)
    expect(g.open('l', CREAT)).toBeGreaterThan(3)
    expect(g.stat('nothing')).toMatchObject({ type: 4 })
    expect(g.open('l', 0, { follow: false })).toBe(-Errno.LOOP)
  })

  test('directories: made, listed, removed', () => {
    expect(g.mkdir('d')).toBe('SUCCESS')
    expect(g.mkdir('d')).toBe('EXIST')
    expect(g.mkdir('d/e/')).toBe('SUCCESS')
    expect(g.mkdir('x/y')).toBe('NOENT')
    g.save('d/f', '')
    expect(g.ls('d')).toEqual(['e', 'f'])
    expect(g.rmdir('d')).toBe('NOTEMPTY')
    expect(g.rmdir('d/f')).toBe('NOTDIR')
    expect(g.unlink('d/e')).toBe('ISDIR')
    expect(g.unlink('d/f/')).toBe('NOTDIR')
    expect(g.unlink('d/f')).toBe('SUCCESS')
    expect(g.rmdir('d/e/')).toBe('SUCCESS')
    expect(g.rmdir('d')).toBe('SUCCESS')
    expect(g.ls('.')).toEqual([])
    expect(g.open('.', DIRECTORY | TRUNC)).toBe(-Errno.ISDIR)
  })

  test('a removed directory that is still open takes nothing', () => {
    g.mkdir('d')
    const fd = g.open('d', DIRECTORY)
    g.rmdir('d')
    expect(g.open('f', CREAT, { fd })).toBe(-Errno.NOENT)
    expect(g.readdir(fd, 0n).names.filter((n) => n !== '.' && n !== '..')).toEqual([])
  })

  test('cookies go on where the buffer ended, and stay good when files go', () => {
    const names = Array.from({ length: 60 }, (_, i) => `file-${String(i).padStart(2, '0')}`)
    for (const n of names) g.save(n, '')
    const fd = g.open('.', DIRECTORY)
    const seen: string[] = []
    let cookie = 0n
    for (let end = false; !end; ) {
      const part = g.readdir(fd, cookie, 200)
      seen.push(...part.names)
      if (seen.length < 10) for (const n of names.slice(50)) g.unlink(n)
      cookie = part.next
      end = part.end
    }
    expect(seen.slice(0, 2)).toEqual(['.', '..'])
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.slice(2).sort().slice(0, 50)).toEqual(names.slice(0, 50))
    // From the start again, and from the middle.
    expect(g.readdir(fd, 0n).names.length).toBe(52)
    expect(g.readdir(fd, 51n).names.length).toBe(1)
    expect(g.readdir(fd, 52n).names).toEqual([])
    expect(g.readdir(fd, -1n).names).toEqual([])
  })

  test('links', () => {
    g.save('f', 'text')
    expect(g.link('f', 'g')).toBe('SUCCESS')
    expect(g.link('f', 'g')).toBe('EXIST')
    expect(g.stat('g')).toMatchObject({ nlink: 2n, size: 4n })
    expect(g.unlink('f')).toBe('SUCCESS')
    expect(g.cat('g')).toBe('text')
    expect(g.symlink('g', 'l')).toBe('SUCCESS')
    expect(g.readlink('l')).toBe('g')
    expect(g.readlink('g')).toBe('INVAL')
    expect(g.stat('l')).toMatchObject({ type: 4 })
    expect(g.stat('l', false)).toMatchObject({ type: 7, size: 1n })
    expect(g.cat('l/')).toBe('NOTDIR')
    expect(g.symlink('', 'm')).toBe('NOENT')
  })

  test('an open file outlives its name', () => {
    const fd = g.open('f', CREAT)
    g.unlink('f')
    expect(g.write(fd, 'text')).toBe(4)
    g.seek(fd, 0n)
    expect(g.read(fd)).toBe('text')
    expect(g.call('fd_close', fd)).toBe(0)
  })

  test('renaming', () => {
    g.save('a', 'a')
    g.save('b', 'b')
    g.mkdir('d')
    g.mkdir('d/e')
    expect(g.rename('a', 'b')).toBe('SUCCESS')
    expect(g.cat('b')).toBe('a')
    expect(g.rename('b', 'd')).toBe('ISDIR')
    expect(g.rename('d', 'b')).toBe('NOTDIR')
    expect(g.rename('d', 'd/e/x')).toBe('INVAL')
    expect(g.rename('b', 'c/')).toBe('NOTDIR')
    expect(g.rename('b/', 'c')).toBe('NOTDIR')
    expect(g.rename('b', 'd/b')).toBe('SUCCESS')
    expect(g.rename('missing', 'x')).toBe('NOENT')
    expect(g.rename('d', 'D')).toBe('SUCCESS')
    expect(g.ls('D')).toEqual(['b', 'e'])
    expect(g.rename('D/b', 'D/b')).toBe('SUCCESS')
    expect(g.cat('D/b')).toBe('a')
  })

  test('times, to the nanosecond', () => {
    g.save('f', '')
    g.symlink('f', 'l')
    const t = 1_700_000_000_123_456_789n
    expect(g.touch('f', t)).toBe('SUCCESS')
    expect(g.stat('f')).toMatchObject({ mtim: t })
    expect(g.touch('l', 5n, false)).toBe('SUCCESS')
    expect(g.stat('l', false)).toMatchObject({ mtim: 5n })
    expect(g.stat('l')).toMatchObject({ mtim: t })
    expect(g.call('path_filestat_set_times', 3, 0, ...g.string('f'), 0n, 0n, 16)).toBe(Errno.INVAL)
  })

  test('rights are checked, and only shrink', () => {
    g.save('f', 'text')
    const fd = g.open('f', 0, { write: false })
    expect(g.write(fd, 'x')).toBe(-Errno.NOTCAPABLE)
    expect(g.call('fd_fdstat_set_rights', fd, 1n << 6n, 0n)).toBe(Errno.NOTCAPABLE)
    expect(g.call('fd_fdstat_set_rights', fd, 1n << 2n, 0n)).toBe(0)
    expect(g.read(fd)).toBe('NOTCAPABLE')
    expect(g.call('fd_fdstat_set_rights', 3, (1n << 13n) | (1n << 18n), 1n << 1n)).toBe(0)
    expect(g.mkdir('d')).toBe('NOTCAPABLE')
    expect(g.open('f')).toBe(-Errno.NOTCAPABLE)
    expect(g.call('path_open', 3, 0, ...g.string('f'), 0, 1n << 1n, 0n, 0, 128)).toBe(0)
  })

  test('sync, advise and allocate', () => {
    const fd = g.open('f', CREAT)
    g.write(fd, 'text')
    expect(g.call('fd_sync', fd)).toBe(0)
    expect(g.call('fd_datasync', fd)).toBe(0)
    expect(g.call('fd_sync', 3)).toBe(0)
    expect(g.call('fd_advise', fd, 0n, 0n, 5)).toBe(0)
    expect(g.call('fd_advise', fd, 0n, 0n, 6)).toBe(Errno.INVAL)
    expect(g.call('fd_allocate', fd, 2n, 8n)).toBe(0)
    expect(g.stat('f')).toMatchObject({ size: 10n })
    expect(g.call('fd_allocate', fd, 0n, 0n)).toBe(Errno.INVAL)
    expect(g.call('fd_allocate', fd, -1n, 2n)).toBe(Errno.FBIG)
    expect(g.call('fd_sync', 99)).toBe(Errno.BADF)
  })

  test('descriptors: lowest number first, renumbering, closing', () => {
    const a = g.open('a', CREAT)
    const b = g.open('b', CREAT)
    g.write(a, 'A')
    expect([a, b]).toEqual([4, 5])
    expect(g.call('fd_renumber', a, b)).toBe(0)
    expect(g.call('fd_close', a)).toBe(Errno.BADF)
    g.write(b, 'B')
    expect(g.cat('a')).toBe('AB')
    expect(g.cat('b')).toBe('')
    expect(g.call('fd_renumber', b, 77)).toBe(Errno.BADF)
    expect(g.call('fd_renumber', 77, b)).toBe(Errno.BADF)
    expect(g.call('fd_renumber', b, b)).toBe(0)
    expect(g.write(b, 'C')).toBe(1)
    expect(g.open('c', CREAT)).toBe(4)
    // A pre-opened folder can be given another number, and closed.
    expect(g.call('fd_renumber', 3, 4)).toBe(0)
    expect(g.call('fd_prestat_get', 3, 128)).toBe(Errno.BADF)
    expect(g.call('fd_prestat_get', 4, 128)).toBe(0)
    expect(g.call('fd_close', 4)).toBe(0)
    expect(g.call('fd_prestat_get', 4, 128)).toBe(Errno.BADF)
    expect(g.call('fd_close', -1)).toBe(Errno.BADF)
  })

  test('names that are no text, hold a NUL or are too long', () => {
    g.bytes.set([0x66, 0xff, 0xfe], 1024)
    expect(g.call('path_create_directory', 3, 1024, 3)).toBe(Errno.ILSEQ)
    expect(g.mkdir('a\0b')).toBe('INVAL')
    expect(g.mkdir('')).toBe('NOENT')
    expect(g.mkdir('x'.repeat(300))).toBe('NAMETOOLONG')
    expect(g.mkdir('x/'.repeat(2100))).toBe('NAMETOOLONG')
    expect(g.mkdir('größe-文件')).toBe('SUCCESS')
    expect(g.ls('.')).toEqual(['größe-文件'])
  })
})

describe('in memory', () => {
  test('shows its contents to the embedder', () => {
    const system = new MemoryFileSystem({ 'a.txt': 'A', d: { 'b.bin': new Uint8Array([1, 2]) } })
    const g = new Guest(system)
    expect(g.cat('a.txt')).toBe('A')
    expect(g.save('d/c.txt', 'C')).toBe('SUCCESS')
    expect(new TextDecoder().decode(system.readFile('/d/c.txt'))).toBe('C')
    expect(system.list('d').sort()).toEqual(['b.bin', 'c.txt'])
    expect(() => system.readFile('/none')).toThrow('NOENT')
  })

  test('holds the quota, and gives back what is deleted', () => {
    const g = new Guest(new MemoryFileSystem({}, { quota: 1000 }))
    const fd = g.open('f', CREAT)
    expect(g.write(fd, 'x'.repeat(930))).toBe(930)
    expect(g.write(fd, 'x'.repeat(100))).toBe(-Errno.NOSPC)
    expect(g.mkdir('directory')).toBe('NOSPC')
    expect(g.call('fd_filestat_set_size', fd, 1n << 40n)).toBe(Errno.NOSPC)
    g.unlink('f')
    expect(g.mkdir('directory')).toBe('NOSPC')
    g.call('fd_close', fd)
    expect(g.mkdir('directory')).toBe('SUCCESS')
    expect(g.save('g', 'x'.repeat(800))).toBe('SUCCESS')
  })

  test('two file systems do not mix', () => {
    const g = new Guest({ preopens: { '/a': new MemoryFileSystem({ f: '' }), '/b': new MemoryFileSystem() } })
    expect(g.call('path_rename', 3, ...g.string('f'), 4, ...g.string('f', 8192))).toBe(Errno.XDEV)
    expect(g.call('path_link', 3, 0, ...g.string('f'), 4, ...g.string('f', 8192))).toBe(Errno.XDEV)
  })
})

describe('read-only', () => {
  test('reads everything and changes nothing', () => {
    const inner = new MemoryFileSystem({ f: 'text', d: { g: 'more' } })
    const g = new Guest(readOnly(inner))
    expect([g.cat('f'), g.cat('d/g'), g.ls('.')]).toEqual(['text', 'more', ['d', 'f']])
    expect([g.save('f', 'x'), g.save('new', 'x'), g.mkdir('e'), g.rmdir('d'), g.unlink('f')]).toEqual(
      Array(5).fill('ROFS'),
    )
    expect([g.rename('f', 'h'), g.link('f', 'h'), g.symlink('f', 'h'), g.touch('f', 1n)]).toEqual(Array(4).fill('ROFS'))
    expect(g.open('f', CREAT, { write: false })).toBe(4)
    expect(g.open('f', CREAT | EXCL)).toBe(-Errno.EXIST)
    expect(g.open('none')).toBe(-Errno.NOENT)
    expect(new TextDecoder().decode(inner.readFile('f'))).toBe('text')
    expect(inner.list()).toEqual(['f', 'd'])
  })
})

describe('mounts', () => {
  test('put file systems at paths', () => {
    const base = new MemoryFileSystem({ f: 'base', usr: { old: 'hidden', bin: { ls: 'ls' } } })
    const share = new MemoryFileSystem({ doc: 'share' })
    const g = new Guest(mounts({ '/': base, '/usr/share': share, '/a/b': new MemoryFileSystem() }))
    expect(g.ls('.')).toEqual(['a', 'f', 'usr'])
    expect(g.ls('usr')).toEqual(['bin', 'old', 'share'])
    expect(g.ls('a')).toEqual(['b'])
    expect([g.cat('usr/share/doc'), g.cat('usr/share/../bin/ls')]).toEqual(['share', 'ls'])
    expect(g.save('a/b/new', 'x')).toBe('SUCCESS')
    expect(g.save('a/new', 'x')).toBe('ROFS')
    expect(g.save('usr/share/new', 'x')).toBe('SUCCESS')
    expect(share.list()).toEqual(['doc', 'new'])
    expect([g.rmdir('usr/share'), g.rename('usr/share', 'x'), g.rename('f', 'usr/share')]).toEqual(
      Array(3).fill('BUSY'),
    )
    expect(g.mkdir('usr/share')).toBe('EXIST')
    expect(g.rename('f', 'usr/share/f')).toBe('XDEV')
    expect(g.stat('usr/share')).toMatchObject({ type: 3 })
    expect(() => mounts({ '/a/../b': base })).toThrow('..')
  })
})

describe('overlay', () => {
  const both = () => {
    const lower = new MemoryFileSystem({ f: 'lower', d: { g: 'deep', e: { h: 'deeper' } } })
    const upper = new MemoryFileSystem()
    return { lower, upper, g: new Guest(overlay(readOnly(lower), upper)) }
  }
  const text = (m: MemoryFileSystem, path: string) => new TextDecoder().decode(m.readFile(path))

  test('reads from below, writes above', () => {
    const { lower, upper, g } = both()
    expect([g.cat('f'), g.cat('d/e/h')]).toEqual(['lower', 'deeper'])
    expect(upper.list()).toEqual([])
    const fd = g.open('d/e/h')
    g.seek(fd, 0n, 2)
    expect(g.write(fd, ' still')).toBe(6)
    expect(g.cat('d/e/h')).toBe('deeper still')
    expect([text(lower, 'd/e/h'), text(upper, 'd/e/h')]).toEqual(['deeper', 'deeper still'])
    expect(g.save('f', 'new')).toBe('SUCCESS')
    expect([g.cat('f'), text(lower, 'f')]).toEqual(['new', 'lower'])
    expect(g.save('d/e/new', '')).toBe('SUCCESS')
    expect(g.ls('d/e')).toEqual(['h', 'new'])
  })

  test('what is deleted stays away, also when it is made again', () => {
    const { lower, g } = both()
    expect(g.unlink('f')).toBe('SUCCESS')
    expect([g.cat('f'), g.ls('.')]).toEqual(['NOENT', ['d']])
    expect(g.save('f', 'again')).toBe('SUCCESS')
    expect(g.unlink('f')).toBe('SUCCESS')
    expect(g.cat('f')).toBe('NOENT')
    expect(g.rmdir('d')).toBe('NOTEMPTY')
    expect([g.unlink('d/e/h'), g.rmdir('d/e'), g.unlink('d/g'), g.rmdir('d')]).toEqual(Array(4).fill('SUCCESS'))
    expect(g.mkdir('d')).toBe('SUCCESS')
    expect(g.ls('d')).toEqual([])
    expect(text(lower, 'd/e/h')).toBe('deeper')
  })

  test('renames, links and times', () => {
    const { lower, g } = both()
    expect(g.rename('f', 'd/g')).toBe('SUCCESS')
    expect([g.cat('f'), g.cat('d/g')]).toEqual(['NOENT', 'lower'])
    expect(g.unlink('d/g')).toBe('SUCCESS')
    expect(g.ls('d')).toEqual(['e'])
    expect(g.rename('d', 'x')).toBe('XDEV')
    expect(g.link('d/e/h', 'h')).toBe('SUCCESS')
    expect(g.stat('h')).toMatchObject({ nlink: 2n })
    expect(g.touch('d/e', 42n)).toBe('SUCCESS')
    expect(g.stat('d/e')).toMatchObject({ mtim: 42n })
    expect([text(lower, 'f'), text(lower, 'd/g')]).toEqual(['lower', 'deep'])
  })

  test('a failed copy leaves the original in place', () => {
    const lower = new MemoryFileSystem({ f: 'x'.repeat(1000) })
    const g = new Guest(overlay(lower, new MemoryFileSystem({}, { quota: 500 })))
    expect(g.open('f')).toBe(-Errno.NOSPC)
    expect(g.cat('f').length).toBe(1000)
  })
})
