// Package entry `anywasm/wasi`.

export { ClockId, Errno, FileType, type MemoryLike, WASIError } from './abi.ts'
export { type Clock, SystemClock } from './clock.ts'
export { ExitStatus } from './context.ts'
export type {
  DirEntry,
  DirectoryHandle,
  FileHandle,
  FileStat,
  FileSystem,
  OpenOptions,
  Socket,
  Stream,
} from './fs.ts'
export { MemoryFileSystem, type MemoryOptions, type MemoryTree } from './fs-memory.ts'
export { NodeFileSystem, NodeStream } from './fs-node.ts'
export { overlay } from './fs-overlay.ts'
export { mounts, readOnly } from './fs-views.ts'
export { originPrivateFolder, type WebDirectory, type WebFile, WebFileSystem } from './fs-web.ts'
export { ConsoleStream, emptyStream } from './stdio.ts'
export { type InstanceLike, WASI, type WASIOptions } from './wasi.ts'
