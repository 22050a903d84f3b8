// Files that make later runs faster, in a folder of the user's own. They appear at once under their names, so that runs at the same time and
// interrupted ones leave whole files or none. What others could have written is not read: the contents become code. Whether contents are
// what was written is for those to check who read them.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Only the user may read or write. */
const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
const OTHERS_WRITE = 0o022
const SUFFIX = '.bin'
/** The names of our files: the kind, and what tells one from another. */
const OURS = /^(?:code|functions|valid)-[\w.-]+\.(?:bin|tmp)$/
/** All files together; the ones that have not been used for the longest go first. */
const MOST_BYTES = 512 * 2 ** 20
/** How old a file's date may be before its use is noted. */
const NOTE_MS = 3_600_000

/** Where the files are: ANYWASM_CACHE_DIR, or what is usual on the system. */
export function cacheDir(): string {
  const { ANYWASM_CACHE_DIR: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: windows } = process.env
  if (own) return own
  if (process.platform === 'win32') return join(windows ?? join(homedir(), 'AppData/Local'), 'anywasm', 'cache')
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/anywasm')
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'anywasm')
}

/** Why the folder is not to be used, if so. It may not exist yet. */
export function distrust(dir: string): string | undefined {
  const at = statSync(dir, { throwIfNoEntry: false })
  if (at === undefined) return undefined
  if (!at.isDirectory()) return 'is no folder'
  if (process.getuid === undefined) return undefined
  if (at.uid !== process.getuid()) return 'belongs to another user'
  return at.mode & OTHERS_WRITE ? 'can be written by other users; chmod 700 it' : undefined
}

/** The bytes of a file; undefined where there is none, or none to be trusted. */
export function readCached(name: string): Buffer | undefined {
  const dir = cacheDir()
  const path = join(dir, name + SUFFIX)
  try {
    if (distrust(dir) !== undefined) return undefined
    const bytes = readFileSync(path)
    noteUse(path)
    return bytes
  } catch {
    return undefined
  }
}

function noteUse(path: string): void {
  const now = Date.now()
  if (now - statSync(path).mtimeMs > NOTE_MS) utimesSync(path, now / 1000, now / 1000)
}

/** Keeps a file if that can be; false where not. */
export function writeCached(name: string, parts: readonly Uint8Array[]): boolean {
  const dir = cacheDir()
  const temporary = join(dir, `${name}.${process.pid}-${Date.now()}.tmp`)
  const content = Buffer.concat(parts)
  try {
    mkdirSync(dir, { recursive: true, mode: PRIVATE_FOLDER })
    if (distrust(dir) !== undefined || content.length > MOST_BYTES / 4) return false
    makeRoom(dir, content.length)
    writeFileSync(temporary, content, { mode: PRIVATE_FILE, flag: 'wx' })
    renameSync(temporary, join(dir, name + SUFFIX))
    return true
  } catch {
    discard(temporary)
    return false
  }
}

/** Deletes a file that is of no use. */
export const dropCached = (name: string): void => discard(join(cacheDir(), name + SUFFIX))

function discard(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // It was not there.
  }
}

interface CacheFile {
  path: string
  bytes: number
  used: number
}

/** Our files in the folder, with what interrupted runs have left. */
function files(dir: string): CacheFile[] {
  const names = readdirSync(dir).filter((n) => OURS.test(n))
  return names.flatMap((n) => {
    const at = statSync(join(dir, n), { throwIfNoEntry: false })
    return at?.isFile() ? [{ path: join(dir, n), bytes: at.size, used: at.mtimeMs }] : []
  })
}

function makeRoom(dir: string, bytes: number): void {
  const all = files(dir).sort((a, b) => a.used - b.used)
  let excess = all.reduce((n, f) => n + f.bytes, bytes) - MOST_BYTES
  for (const f of all) {
    const abandoned = f.path.endsWith('.tmp') && Date.now() - f.used > NOTE_MS
    if (excess <= 0 && !abandoned) continue
    rmSync(f.path, { force: true })
    excess -= f.bytes
  }
}

/** What there is. */
export function cacheUse(): { files: number; bytes: number } {
  const dir = cacheDir()
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return { files: 0, bytes: 0 }
  const all = files(dir)
  return { files: all.length, bytes: all.reduce((n, f) => n + f.bytes, 0) }
}

/** Deletes our files, and nothing else that is in the folder; gives what there was. */
export function cleanCache(): { files: number; bytes: number } {
  const use = cacheUse()
  if (use.files > 0) for (const f of files(cacheDir())) rmSync(f.path, { force: true })
  return use
}
