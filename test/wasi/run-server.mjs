// A guest that answers connections, in a process of its own: node run-server.mjs BUNDLE. It tells its port, accepts twice, sends back what it
// gets in capitals until the other side stops, and ends with 0 when every call did what it should.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const at = (name) => pathToFileURL(join(process.argv[2], name))
const { WASI } = await import(at('index.js').href)
const { NodeListener } = await import(at('sockets-node.js').href)
const AGAIN = 6

const listener = new NodeListener('127.0.0.1', 0, at('socket-worker.js'))
const wasi = new WASI({ sockets: [listener] })
const memory = { buffer: new ArrayBuffer(1 << 17) }
const view = new DataView(memory.buffer)
const bytes = new Uint8Array(memory.buffer)
const w = wasi.wasiImport

function ok(errno, what) {
  if (errno !== 0) throw new Error(`${what}: ${errno}`)
}

/** Waits until the descriptor can be read. */
function poll(fd) {
  view.setUint8(1032, 1)
  view.setUint32(1040, fd, true)
  ok(w.poll_oneoff(1024, 2048, 1, 128), 'poll_oneoff')
  ok(view.getUint16(2056, true), 'event')
}

function iov(length) {
  view.setUint32(64, 4096, true)
  view.setUint32(68, length, true)
}

function serve(fd) {
  for (;;) {
    poll(fd)
    iov(1000)
    ok(w.sock_recv(fd, 64, 1, 1, 128, 132), 'sock_recv peek')
    const peeked = view.getUint32(128, true)
    ok(w.sock_recv(fd, 64, 1, 0, 128, 132), 'sock_recv')
    const n = view.getUint32(128, true)
    if (n < peeked) throw new Error(`peeked ${peeked}, got ${n}`)
    if (n === 0) break
    for (let i = 4096; i < 4096 + n; i++) if (bytes[i] >= 97) bytes[i] -= 32
    iov(n)
    ok(w.sock_send(fd, 64, 1, 0, 128), 'sock_send')
  }
  ok(w.sock_shutdown(fd, 2), 'sock_shutdown')
  ok(w.fd_close(fd), 'fd_close')
}

function _start() {
  ok(w.fd_fdstat_set_flags(3, 4), 'fd_fdstat_set_flags')
  if (w.sock_accept(3, 0, 128) !== AGAIN) throw new Error('nobody has come yet')
  writeSync(1, `${listener.port}\n`)
  poll(3)
  ok(w.sock_accept(3, 0, 128), 'sock_accept')
  serve(view.getUint32(128, true))
  ok(w.fd_fdstat_set_flags(3, 0), 'fd_fdstat_set_flags')
  ok(w.sock_accept(3, 0, 128), 'sock_accept, waiting')
  serve(view.getUint32(128, true))
}
process.exitCode = wasi.start({ exports: { memory, _start } })
