// Listening sockets for guests on Node. Node's sockets need an event loop that a running guest does not leave free, so they live in a worker
// (socket-worker.ts) and this thread waits for its answers.

import { Worker } from 'node:worker_threads'
import { Errno, errnoOf, WASIError } from './abi.ts'
import type { Socket } from './fs.ts'
import { Answer, CODES, MOST_BYTES, type SocketRequest } from './socket-protocol.ts'

class Channel {
  private readonly cell = new SharedArrayBuffer(Answer.BYTES + MOST_BYTES)
  private readonly words = new Int32Array(this.cell, 0, 3)
  readonly bytes = new Uint8Array(this.cell, Answer.BYTES)
  private readonly worker: Worker
  private users = 0

  constructor(url: URL) {
    // Options of the process that do not suit a file, such as --input-type, must not keep the worker from starting.
    this.worker = new Worker(url, { workerData: this.cell, execArgv: [] })
    // The program's end is the process's end.
    this.worker.unref()
  }
  use(): void {
    this.users++
  }
  /** The worker ends with the last socket. */
  release(): void {
    if (--this.users === 0) void this.worker.terminate()
  }

  ask(m: SocketRequest): { result: number; end: boolean } {
    Atomics.store(this.words, Answer.DONE, 0)
    this.worker.postMessage(m)
    Atomics.wait(this.words, Answer.DONE, 0)
    return { result: this.words[Answer.RESULT]!, end: this.words[Answer.END] === 1 }
  }

  /** Where a negative result is an error. */
  demand(m: SocketRequest): number {
    const { result } = this.ask(m)
    if (result >= 0) return result
    const cause = { code: CODES[-result - 1] }
    throw Object.assign(new WASIError(errnoOf(cause) ?? Errno.IO), { cause })
  }
}

class NodeConnection implements Socket {
  constructor(
    private readonly channel: Channel,
    private readonly id: number,
  ) {
    channel.use()
  }
  receive(into: Uint8Array, peek: boolean, all: boolean, nonblocking: boolean): number {
    const most = Math.min(into.length, MOST_BYTES)
    const n = this.channel.demand({ type: 'receive', id: this.id, most, peek, all, wait: !nonblocking })
    into.set(this.channel.bytes.subarray(0, n))
    return n
  }
  send(from: Uint8Array): number {
    return this.channel.demand({ type: 'send', id: this.id, bytes: from.slice() })
  }
  shutdown(read: boolean, write: boolean): void {
    this.channel.demand({ type: 'shutdown', id: this.id, read, write })
  }
  poll(): { bytes: number; end: boolean } {
    const { result, end } = this.channel.ask({ type: 'available', id: this.id })
    return { bytes: result, end }
  }
  close(): void {
    this.channel.ask({ type: 'close', id: this.id })
    this.channel.release()
  }
}

/** A socket that listens; pass it to WASI as one of its `sockets`. */
export class NodeListener implements Socket {
  private readonly channel: Channel
  /** The port, also where 0 was asked for. */
  readonly port: number

  /**
   * Throws when the address cannot be had.
   * @param worker the built socket-worker.js
   */
  constructor(host: string, port: number, worker: URL) {
    this.channel = new Channel(worker)
    this.channel.use()
    try {
      this.port = this.channel.demand({ type: 'listen', host, port })
    } catch (e) {
      this.channel.release()
      throw e
    }
  }
  accept(nonblocking: boolean): Socket {
    return new NodeConnection(this.channel, this.channel.demand({ type: 'accept', wait: !nonblocking }))
  }
  poll(): { bytes: number; end: boolean } {
    return { bytes: this.channel.ask({ type: 'waiting' }).result, end: false }
  }
  close(): void {
    this.channel.ask({ type: 'unlisten' })
    this.channel.release()
  }
}
