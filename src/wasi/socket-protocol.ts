// What a program's thread and the one with its sockets (socket-worker.ts) say to each other: a message there, an answer in a shared cell.

/** The words of the answer; bytes that were received follow them. */
export enum Answer {
  DONE = 0,
  /** The connection's number, how many bytes, or the negated position of the error's code in `CODES`, from 1. */
  RESULT = 1,
  /** Whether no more bytes will come. */
  END = 2,
  BYTES = 12,
}

/** The most bytes that one answer carries. */
export const MOST_BYTES = 1 << 16

export const CODES = [
  'EAGAIN',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EACCES',
  'ENOTFOUND',
  'ECONNRESET',
  'EPIPE',
  'ENOTCONN',
  'EINVAL',
  'EIO',
] as const

export type SocketRequest =
  | { type: 'listen'; host: string; port: number }
  | { type: 'accept'; wait: boolean }
  | { type: 'waiting' }
  | { type: 'unlisten' }
  | { type: 'receive'; id: number; most: number; peek: boolean; all: boolean; wait: boolean }
  | { type: 'available'; id: number }
  | { type: 'send'; id: number; bytes: Uint8Array }
  | { type: 'shutdown'; id: number; read: boolean; write: boolean }
  | { type: 'close'; id: number }
