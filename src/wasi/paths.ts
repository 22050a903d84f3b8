// Walks a guest's path from a descriptor's directory, one component at a time, following symbolic links by itself.
// `..` goes back to the handle it came from, never to the host's parent, so no path and no rename can lead above the start.
// Specification: WASI preview 1, "File system access"; `lookupflags`.

import { Errno, errnoOf, FileType, fail } from './abi.ts'
import type { DirectoryHandle } from './fs.ts'

const MOST_LINKS = 40
const LONGEST = 4096

export interface Place {
  directory: DirectoryHandle
  /** One component, or `.` for the directory itself. */
  name: string
  /** The path ended in a slash: the thing must be a directory. */
  slash: boolean
}

class Walk {
  private readonly opened: DirectoryHandle[] = []
  /** Components yet to walk, last first. */
  private readonly todo: string[] = []
  private links = 0
  private slash = false

  constructor(
    private readonly start: DirectoryHandle,
    path: string,
  ) {
    this.push(path)
  }

  private push(path: string): void {
    if (path === '') fail(Errno.NOENT)
    if (path.startsWith('/')) fail(Errno.NOTCAPABLE)
    if (path.length > LONGEST) fail(Errno.NAMETOOLONG)
    const parts = path.split('/')
    // A link at the end of the path decides over the slash only by adding one.
    if (this.todo.length === 0 && (parts.at(-1) === '' || parts.at(-1) === '.')) this.slash = true
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i]!
      if (part !== '' && part !== '.') this.todo.push(part)
    }
  }

  private get here(): DirectoryHandle {
    return this.opened.at(-1) ?? this.start
  }

  /** The link's target joins what is left to walk. False when the name is no link. */
  private follow(name: string): boolean {
    let target: string
    try {
      target = this.here.readLink(name)
    } catch (e) {
      const errno = errnoOf(e)
      if (errno === Errno.INVAL || errno === Errno.NOENT) return false
      throw e
    }
    if (++this.links > MOST_LINKS) fail(Errno.LOOP)
    this.push(target)
    return true
  }

  private enter(name: string): void {
    try {
      this.opened.push(this.here.openDirectory(name))
    } catch (e) {
      const errno = errnoOf(e)
      if (errno !== Errno.LOOP && errno !== Errno.NOTDIR) throw e
      if (!this.follow(name)) fail(Errno.NOTDIR)
    }
  }

  /** @param follow whether a link in the last place is followed */
  run(follow: boolean): Place {
    for (;;) {
      const name = this.todo.pop()
      if (name === undefined) return { directory: this.here, name: '.', slash: true }
      if (name === '..') {
        const left = this.opened.pop() ?? fail(Errno.NOTCAPABLE)
        left.close()
      } else if (this.todo.length > 0) this.enter(name)
      else if (!(follow && this.follow(name))) return { directory: this.here, name, slash: this.slash }
    }
  }

  close(): void {
    for (const d of this.opened) d.close()
  }
}

/** Calls `use` with the place that the path leads to; its directory is open only meanwhile. */
export function at<T>(start: DirectoryHandle, path: string, follow: boolean, use: (p: Place) => T): T {
  const walk = new Walk(start, path)
  try {
    return use(walk.run(follow))
  } finally {
    walk.close()
  }
}

/** A trailing slash asks for a directory: NOENT when there is nothing, NOTDIR when it is something else. */
export function demandDirectory(p: Place): void {
  if (p.slash && p.directory.stat(p.name).type !== FileType.DIRECTORY) fail(Errno.NOTDIR)
}

export const endsInSlash = (path: string) => path.endsWith('/')
