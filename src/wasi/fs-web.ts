// A browser's folder - of the origin private file system, or one that the user has picked - as a file system. Its interface is asynchronous
// and a guest's is not, so the folder is loaded into memory before the guest runs and what has changed is saved afterwards. That needs
// no worker and no shared memory, and works on a page's main thread as well.
// Specification: File System Standard (fs.spec.whatwg.org).

import { FileType } from './abi.ts'
import type { DirectoryHandle, FileSystem } from './fs.ts'
import { MemoryFileSystem } from './fs-memory.ts'

/** What is needed of a FileSystemFileHandle. */
export interface WebFile {
  readonly kind: 'file'
  getFile(): Promise<{ arrayBuffer(): Promise<ArrayBuffer>; readonly lastModified: number }>
  createWritable?(): Promise<{ write(data: Uint8Array<ArrayBuffer>): Promise<void>; close(): Promise<void> }>
  /** In workers of browsers that have no createWritable. */
  createSyncAccessHandle?(): Promise<SyncAccess>
}

interface SyncAccess {
  truncate(size: number): void
  write(data: Uint8Array<ArrayBuffer>, options: { at: number }): number
  flush(): void
  close(): void
}

/** What is needed of a FileSystemDirectoryHandle. */
export interface WebDirectory {
  readonly kind: 'directory'
  entries(): AsyncIterable<[string, WebFile | WebDirectory]>
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<WebDirectory>
  getFileHandle(name: string, options?: { create?: boolean }): Promise<WebFile>
  removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>
}

interface StorageLike {
  navigator?: { storage?: { getDirectory?(): Promise<unknown> } }
}

/** The root of the origin private file system. Rejects where the page has none: in old browsers and in contexts that are not secure. */
export async function originPrivateFolder(): Promise<WebDirectory> {
  const { storage } = (globalThis as StorageLike).navigator ?? {}
  if (storage?.getDirectory === undefined)
    throw new Error(
      'This page has no origin private file system: it needs a secure context (https) and a browser since 2023',
    )
  return (await storage.getDirectory()) as WebDirectory
}

/** What stands in the folder at a path, as far as the memory tells a change by it. */
interface Saved {
  type: FileType
  ino: bigint
  ctim: bigint
}

const MS = 1_000_000n

/** Times that never repeat, so that a change always shows. */
function clock(): () => bigint {
  let last = 0n
  return () => {
    const now = BigInt(Date.now()) * MS
    last = now > last ? now : last + 1n
    return last
  }
}

/** A folder of the browser in memory. Nothing is kept that has not been saved. */
export class WebFileSystem implements FileSystem {
  private saved = new Map<string, Saved>()
  private saving: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly folder: WebDirectory,
    private readonly memory: MemoryFileSystem,
  ) {}

  /**
   * Reads all of a folder.
   * @param folder the origin private file system's root, unless another is given
   * @param options the most bytes that files and entries may take together
   */
  static async load(folder?: WebDirectory, options: { quota?: number } = {}): Promise<WebFileSystem> {
    const from = folder ?? (await originPrivateFolder())
    const memory = new MemoryFileSystem({}, { ...options, now: clock() })
    await fill(memory.open(), memory, '', from)
    const made = new WebFileSystem(from, memory)
    for (const [path, entry] of made.present()) made.saved.set(path, entry)
    return made
  }

  open(): DirectoryHandle {
    return this.memory.open()
  }

  /**
   * Brings the folder to what the guest has left: removes, makes and writes what differs from the last time.
   * @returns the paths of symbolic links and the like, which a browser's folder cannot hold
   */
  save(): Promise<string[]> {
    const next = this.saving.then(() => this.bring())
    this.saving = next.catch(() => {})
    return next
  }

  private async bring(): Promise<string[]> {
    const present = new Map(this.present())
    for (const [path, was] of this.saved) {
      const is = present.get(path)
      if (is !== undefined && is.type === was.type) continue
      // With a folder goes what is in it.
      if (this.saved.has(parentOf(path)) || parentOf(path) === '') await this.remove(path)
      for (const p of [...this.saved.keys()]) if (p === path || p.startsWith(`${path}/`)) this.saved.delete(p)
    }
    const left: string[] = []
    for (const [path, is] of present) {
      const was = this.saved.get(path)
      if (is.type === FileType.DIRECTORY) await this.folderAt(path)
      else if (is.type !== FileType.REGULAR_FILE) {
        left.push(path)
        continue
      } else if (was?.ino !== is.ino || was.ctim !== is.ctim) await this.write(path)
      this.saved.set(path, is)
    }
    return left
  }

  /** What is in memory, folders before their contents. */
  private *present(path = '', at: DirectoryHandle = this.memory.open()): Generator<[string, Saved]> {
    for (const { name } of at.list()) {
      const { type, ino, ctim } = at.stat(name)
      const here = `${path}/${name}`
      yield [here, { type, ino, ctim }]
      if (type === FileType.DIRECTORY) yield* this.present(here, at.openDirectory(name))
    }
  }

  private async folderAt(path: string): Promise<WebDirectory> {
    let at = this.folder
    for (const name of path.split('/').slice(1)) at = await at.getDirectoryHandle(name, { create: true })
    return at
  }

  private async remove(path: string): Promise<void> {
    try {
      await (await this.folderAt(parentOf(path))).removeEntry(nameOf(path), { recursive: true })
    } catch (e) {
      // Somebody else has removed it.
      if ((e as Error).name !== 'NotFoundError') throw e
    }
  }

  private async write(path: string): Promise<void> {
    const bytes = this.memory.readFile(path) as Uint8Array<ArrayBuffer>
    const file = await (await this.folderAt(parentOf(path))).getFileHandle(nameOf(path), { create: true })
    if (file.createWritable !== undefined) {
      const out = await file.createWritable()
      await out.write(bytes)
      await out.close()
      return
    }
    if (file.createSyncAccessHandle === undefined)
      throw new Error(`${path}: this browser writes files only in workers; save there`)
    const out = await file.createSyncAccessHandle()
    try {
      out.truncate(0)
      out.write(bytes, { at: 0 })
      out.flush()
    } finally {
      out.close()
    }
  }
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

async function fill(at: DirectoryHandle, memory: MemoryFileSystem, path: string, from: WebDirectory): Promise<void> {
  for await (const [name, handle] of from.entries()) {
    if (handle.kind === 'directory') {
      at.makeDirectory(name)
      await fill(at.openDirectory(name), memory, `${path}/${name}`, handle)
      continue
    }
    const file = await handle.getFile()
    memory.writeFile(`${path}/${name}`, new Uint8Array(await file.arrayBuffer()))
    const time = BigInt(file.lastModified) * MS
    at.setTimes(name, time, time)
  }
}
