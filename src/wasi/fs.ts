// What a file system must offer to WASI: directories as handles, files as handles, every name a single component.
// Paths do not occur here: paths.ts walks them, so no file system can be talked into leaving its root.
// Every method may throw a WASIError, or an error with the system's `code` ('ENOENT' …).

import type { FileType } from './abi.ts'

/** What is known of a file; times in nanoseconds since 1970. */
export interface FileStat {
  dev: bigint
  ino: bigint
  type: FileType
  nlink: bigint
  size: bigint
  atim: bigint
  mtim: bigint
  ctim: bigint
}

export interface DirEntry {
  name: string
  type: FileType
}

export interface OpenOptions {
  read: boolean
  write: boolean
  create: boolean
  exclusive: boolean
  truncate: boolean
}

/** An open file. Positions are in bytes; -1 means wherever a thing without positions (a pipe, a device) is. */
export interface FileHandle {
  /** Reads up to `into.length` bytes; 0 at the end. */
  read(into: Uint8Array, position: number): number
  /** Writes and returns how many bytes were taken. */
  write(from: Uint8Array, position: number): number
  stat(): FileStat
  truncate(size: number): void
  setTimes(atim: bigint, mtim: bigint): void
  sync(dataOnly: boolean): void
  close(): void
}

/** An open directory. A name is one component, never `..`; `.` is the directory itself. No method follows a symbolic link. */
export interface DirectoryHandle {
  stat(name: string): FileStat
  setTimes(name: string, atim: bigint, mtim: bigint): void
  /** LOOP or NOTDIR when the name is a symbolic link. */
  openDirectory(name: string): DirectoryHandle
  openFile(name: string, options: OpenOptions): FileHandle
  /** Without `.` and `..`. */
  list(): DirEntry[]
  readLink(name: string): string
  makeDirectory(name: string): void
  makeLink(target: string, name: string): void
  removeDirectory(name: string): void
  removeFile(name: string): void
  /** Both directories belong to the same kind of file system, otherwise XDEV. */
  rename(name: string, to: DirectoryHandle, newName: string): void
  link(name: string, to: DirectoryHandle, newName: string): void
  sync(): void
  close(): void
}

/** A place that can be pre-opened. */
export interface FileSystem {
  /** The root as a new handle, which the caller closes. */
  open(): DirectoryHandle
}

/** A standard stream made of callbacks. */
export interface Stream {
  /** Fills the buffer as far as it can; 0 means the end. Throws AGAIN where it would have to wait and may not or cannot. */
  read?(into: Uint8Array, nonblocking: boolean): number
  /** Takes the bytes, which are only valid during the call; returns how many, or nothing for all. */
  // biome-ignore lint/suspicious/noConfusingVoidType: callbacks that return nothing are welcome
  write?(from: Uint8Array, nonblocking: boolean): number | void
  /** How many bytes can be read without waiting, -1 for none yet; `end` when there will be no more. Without it reads never wait. */
  poll?(): { bytes: number; end: boolean }
  isTerminal?: boolean
  stat?(): FileStat
  /** The guest has closed it or has ended. */
  close?(): void
}

/** A socket that the embedder hands over, listening or connected. AGAIN when it would have to wait and cannot. */
export interface Socket {
  accept?(nonblocking: boolean): Socket
  receive?(into: Uint8Array, peek: boolean, all: boolean, nonblocking: boolean): number
  send?(from: Uint8Array): number
  shutdown?(read: boolean, write: boolean): void
  /** As with a stream; a listening socket counts waiting connections. */
  poll?(): { bytes: number; end: boolean }
  close?(): void
}
