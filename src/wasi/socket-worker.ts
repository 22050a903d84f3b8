// The script of a worker that holds a listening socket and its connections, so that the program's own thread can wait for them.
import { createServer, type Server, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { Answer, CODES, MOST_BYTES, type SocketRequest } from './socket-protocol.ts'

const cell = workerData as SharedArrayBuffer
const words = new Int32Array(cell, 0, 3)
const bytes = new Uint8Array(cell, Answer.BYTES)
/** How long a connection may take to send its last bytes. */
const LAST_BYTES_MS = 2000

let server: Server | undefined
let lastId = 0
const connections = new Map<number, Connection>()
const arrived: Connection[] = []
/** An accept that waits. */
let accepting = false

function answer(result: number, end = false): void {
  words[Answer.RESULT] = result
  words[Answer.END] = end ? 1 : 0
  Atomics.store(words, Answer.DONE, 1)
  Atomics.notify(words, Answer.DONE)
}

function answerError(e: unknown): void {
  const at = CODES.indexOf((e as { code?: string }).code as (typeof CODES)[number])
  answer(at < 0 ? -CODES.length : -(at + 1))
}
const refuse = (code: (typeof CODES)[number]) => answerError({ code })

class Connection {
  readonly id = ++lastId
  private queue: Buffer[] = []
  private length = 0
  private ended = false
  private broken: unknown
  private waiting: (() => boolean) | undefined

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.queue.push(chunk)
      this.length += chunk.length
      if (this.length >= MOST_BYTES) socket.pause()
      this.wake()
    })
    socket.on('end', () => this.stop())
    socket.on('close', () => this.stop())
    socket.on('error', (e) => {
      this.broken = e
      this.stop()
    })
  }

  private stop(): void {
    this.ended = true
    this.wake()
  }
  private wake(): void {
    if (this.waiting?.()) this.waiting = undefined
  }

  receive(most: number, peek: boolean, all: boolean, wait: boolean): void {
    const wanted = Math.min(most, MOST_BYTES)
    const attempt = () => {
      const enough = this.ended || this.length >= (all ? wanted : Math.min(1, wanted))
      if (!enough) return false
      if (this.length === 0 && this.broken) answerError(this.broken)
      else answer(this.take(wanted, peek))
      return true
    }
    if (attempt()) return
    if (wait) this.waiting = attempt
    else refuse('EAGAIN')
  }
  private take(most: number, peek: boolean): number {
    const all = Buffer.concat(this.queue)
    const part = all.subarray(0, most)
    bytes.set(part)
    if (!peek) {
      this.queue = [all.subarray(part.length)]
      this.length -= part.length
      if (this.length < MOST_BYTES) this.socket.resume()
    }
    return part.length
  }
  available(): void {
    answer(this.length > 0 || this.ended ? this.length : -1, this.ended)
  }
  send(data: Uint8Array): void {
    if (this.socket.destroyed || this.socket.writableEnded) refuse('EPIPE')
    else this.socket.write(data, (e) => (e ? answerError(e) : answer(data.length)))
  }
  shutdown(read: boolean, write: boolean): void {
    if (read) {
      this.queue = []
      this.length = 0
      this.ended = true
    }
    if (write && !this.socket.writableEnded) this.socket.end(() => answer(0))
    else answer(0)
  }
  close(): void {
    connections.delete(this.id)
    const gone = () => {
      clearTimeout(timer)
      this.socket.destroy()
      answer(0)
    }
    const timer = setTimeout(gone, LAST_BYTES_MS)
    if (this.socket.destroyed || this.socket.writableFinished) gone()
    else this.socket.end(gone)
  }
}

function listen(host: string, port: number): void {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    const c = new Connection(socket)
    connections.set(c.id, c)
    arrived.push(c)
    if (!accepting) return
    accepting = false
    answer(arrived.shift()!.id)
  })
  server.once('error', answerError)
  server.listen(port, host, () => answer((server!.address() as { port: number }).port))
}

function accept(wait: boolean): void {
  const c = arrived.shift()
  if (c) answer(c.id)
  else if (wait) accepting = true
  else refuse('EAGAIN')
}

parentPort!.on('message', (m: SocketRequest) => {
  switch (m.type) {
    case 'listen':
      return listen(m.host, m.port)
    case 'accept':
      return accept(m.wait)
    case 'waiting':
      return answer(arrived.length || -1)
    case 'unlisten':
      server?.close()
      return answer(0)
  }
  const c = connections.get(m.id)
  if (!c) return refuse('ENOTCONN')
  switch (m.type) {
    case 'receive':
      return c.receive(m.most, m.peek, m.all, m.wait)
    case 'available':
      return c.available()
    case 'send':
      return c.send(m.bytes)
    case 'shutdown':
      return c.shutdown(m.read, m.write)
    case 'close':
      return c.close()
  }
})
