// A browser's folder as a file system: loaded, used by a guest, saved. The folder is a stand-in with the handles of the File System Standard.
import { afterEach, describe, expect, test } from 'vitest'
import { Errno, originPrivateFolder, type WebDirectory, type WebFile, WebFileSystem } from '../../src/wasi/index.ts'
import { Guest } from './guest.ts'

/** Counts what is done to it, and throws as browsers do. */
class Folder implements WebDirectory {
  readonly kind = 'directory'
  readonly inside = new Map<string, Folder | File>()
  constructor(readonly log: string[] = []) {}
  async *entries(): AsyncGenerator<[string, WebFile | WebDirectory]> {
    yield* this.inside
  }
  async getDirectoryHandle(name: string, o: { create?: boolean } = {}): Promise<Folder> {
    let found = this.inside.get(name)
    if (found === undefined && o.create) {
      found = new Folder(this.log)
      this.inside.set(name, found)
      this.log.push(`make ${name}`)
    }
    if (found === undefined) throw new DOMException('none', 'NotFoundError')
    if (!(found instanceof Folder)) throw new DOMException('a file', 'TypeMismatchError')
    return found
  }
  async getFileHandle(name: string, o: { create?: boolean } = {}): Promise<File> {
    let found = this.inside.get(name)
    if (found === undefined && o.create) {
      found = new File(name, this.log)
      this.inside.set(name, found)
    }
    if (found === undefined) throw new DOMException('none', 'NotFoundError')
    if (!(found instanceof File)) throw new DOMException('a folder', 'TypeMismatchError')
    return found
  }
  async removeEntry(name: string, o: { recursive?: boolean } = {}): Promise<void> {
    const found = this.inside.get(name)
    if (found === undefined) throw new DOMException('none', 'NotFoundError')
    if (found instanceof Folder && found.inside.size > 0 && !o.recursive)
      throw new DOMException('not empty', 'InvalidModificationError')
    this.inside.delete(name)
    this.log.push(`remove ${name}`)
  }
  put(name: string, text: string): this {
    const f = new File(name, this.log)
    f.bytes = new TextEncoder().encode(text)
    this.inside.set(name, f)
    return this
  }
  tree(): Record<string, unknown> {
    return Object.fromEntries([...this.inside].map(([n, x]) => [n, x instanceof Folder ? x.tree() : x.text()]))
  }
}

class File implements WebFile {
  readonly kind = 'file'
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  static writable = true
  constructor(
    readonly name: string,
    readonly log: string[],
  ) {}
  text(): string {
    return new TextDecoder().decode(this.bytes)
  }
  async getFile() {
    return { arrayBuffer: async () => this.bytes.slice().buffer, lastModified: 1_600_000_000_123 }
  }
  get createWritable() {
    if (!File.writable) return undefined
    return async () => {
      const parts: Uint8Array[] = []
      return {
        write: async (data: Uint8Array<ArrayBuffer>) => void parts.push(data.slice()),
        close: async () => {
          this.log.push(`write ${this.name}`)
          this.bytes = new Uint8Array(Buffer.concat(parts))
        },
      }
    }
  }
  async createSyncAccessHandle() {
    return {
      truncate: (size: number) => {
        this.bytes = this.bytes.slice(0, size)
      },
      write: (data: Uint8Array<ArrayBuffer>, { at }: { at: number }) => {
        const all = new Uint8Array(Math.max(this.bytes.length, at + data.length))
        all.set(this.bytes)
        all.set(data, at)
        this.bytes = all
        return data.length
      },
      flush: () => void this.log.push(`write ${this.name} in place`),
      close: () => {},
    }
  }
}

function sample(): Folder {
  const root = new Folder().put('a.txt', 'old').put('keep', 'kept')
  const sub = new Folder(root.log).put('deep', 'x')
  root.inside.set('sub', sub)
  return root
}

describe('a folder of the browser', () => {
  test('is what the guest sees, with times', async () => {
    const g = new Guest(await WebFileSystem.load(sample()))
    expect(g.ls('.')).toEqual(['a.txt', 'keep', 'sub'])
    expect(g.cat('sub/deep')).toBe('x')
    expect(g.stat('a.txt')).toMatchObject({ size: 3n, mtim: 1_600_000_000_123_000_000n })
  })

  test('gets what has changed, and nothing else is written', async () => {
    const root = sample()
    const system = await WebFileSystem.load(root)
    const g = new Guest(system)
    expect(g.save('a.txt', 'new')).toBe('SUCCESS')
    expect(g.mkdir('made')).toBe('SUCCESS')
    expect(g.mkdir('empty')).toBe('SUCCESS')
    expect(g.save('made/file', 'f')).toBe('SUCCESS')
    expect(g.rename('sub', 'moved')).toBe('SUCCESS')
    expect(root.tree()).toEqual({ 'a.txt': 'old', keep: 'kept', sub: { deep: 'x' } })
    expect(await system.save()).toEqual([])
    expect(root.tree()).toEqual({ 'a.txt': 'new', keep: 'kept', made: { file: 'f' }, empty: {}, moved: { deep: 'x' } })
    expect(root.log).not.toContain('write keep')
    root.log.length = 0
    expect(await system.save()).toEqual([])
    expect(root.log).toEqual([])
  })

  test('a file in the place of a folder, and a folder in that of a file', async () => {
    const root = sample()
    const system = await WebFileSystem.load(root)
    const g = new Guest(system)
    g.unlink('sub/deep')
    g.rmdir('sub')
    g.save('sub', 'a file now')
    g.unlink('keep')
    g.mkdir('keep')
    g.save('keep/x', 'y')
    await system.save()
    expect(root.tree()).toEqual({ 'a.txt': 'old', sub: 'a file now', keep: { x: 'y' } })
  })

  test('a change in the same millisecond as the last save is a change', async () => {
    const root = new Folder()
    const system = await WebFileSystem.load(root)
    const g = new Guest(system)
    for (let k = 0; k < 20; k++) {
      g.save('f', `${k}`)
      await system.save()
      expect(root.tree()).toEqual({ f: `${k}` })
    }
  })

  test('tells which links it cannot hold, and what was removed meanwhile is no error', async () => {
    const root = sample()
    const system = await WebFileSystem.load(root)
    const g = new Guest(system)
    g.symlink('a.txt', 'link')
    g.unlink('keep')
    await root.removeEntry('keep')
    expect(await system.save()).toEqual(['/link'])
    expect(root.tree()).toEqual({ 'a.txt': 'old', sub: { deep: 'x' } })
  })

  test('saves that overlap come one after the other', async () => {
    const root = sample()
    const system = await WebFileSystem.load(root)
    const g = new Guest(system)
    g.save('a.txt', '1')
    const first = system.save()
    g.save('a.txt', '2')
    await Promise.all([first, system.save()])
    expect(root.tree()).toMatchObject({ 'a.txt': '2' })
  })

  test('holds the quota', async () => {
    const g = new Guest(await WebFileSystem.load(new Folder(), { quota: 1000 }))
    const fd = g.open('f', 1)
    expect(g.call('fd_filestat_set_size', fd, 2000n)).toBe(Errno.NOSPC)
  })
})

describe('where files are only written in workers', () => {
  afterEach(() => {
    File.writable = true
  })
  test('they are written in place', async () => {
    File.writable = false
    const root = sample()
    const system = await WebFileSystem.load(root)
    new Guest(system).save('a.txt', 'n')
    await system.save()
    expect(root.log).toEqual(['write a.txt in place'])
    expect(root.tree()).toMatchObject({ 'a.txt': 'n' })
  })
})

test('a page without one says what it needs', async () => {
  await expect(originPrivateFolder()).rejects.toThrow('secure context')
})
