// Sockets that the embedder pre-opened. Preview 1 cannot make any itself.
// Specification: WASI preview 1, functions sock_*.

import { Errno, FdFlags, FileType, fail, Right, socketRights } from './abi.ts'
import type { Calls, Context } from './context.ts'
import { concat } from './fd-io.ts'
import type { SocketDescriptor } from './fds.ts'
import type { Socket } from './fs.ts'

const PEEK = 1
const WAITALL = 2

export function socketDescriptor(socket: Socket, flags = 0): SocketDescriptor {
  return { kind: 'socket', socket, type: FileType.SOCKET_STREAM, rights: socketRights, inheriting: socketRights, flags }
}

export const socketCalls = {
  sock_accept(c: Context, fd: number, flags: number, out: number) {
    const { socket, flags: own } = c.fds.socket(fd, Right.SOCK_ACCEPT)
    if (flags & ~FdFlags.NONBLOCK) fail(Errno.INVAL)
    if (!socket.accept) return fail(Errno.NOTSUP)
    c.memory.setU32(out, 0)
    c.memory.setU32(out, c.fds.add(socketDescriptor(socket.accept((own & FdFlags.NONBLOCK) !== 0), flags)))
  },
  sock_recv(c: Context, fd: number, iovs: number, count: number, flags: number, outLength: number, outFlags: number) {
    const { socket, flags: own } = c.fds.socket(fd, Right.FD_READ)
    if (flags & ~(PEEK | WAITALL)) fail(Errno.INVAL)
    if (!socket.receive) return fail(Errno.NOTCONN)
    const buffers = c.memory.vectors(iovs, count)
    c.memory.setU32(outLength, 0)
    c.memory.setU16(outFlags, 0)
    const bytes = new Uint8Array(buffers.reduce((sum, b) => sum + b.length, 0))
    const n = socket.receive(bytes, (flags & PEEK) !== 0, (flags & WAITALL) !== 0, (own & FdFlags.NONBLOCK) !== 0)
    let at = 0
    for (const b of buffers) {
      b.set(bytes.subarray(at, Math.min(n, at + b.length)))
      at = Math.min(n, at + b.length)
    }
    c.memory.setU32(outLength, n)
  },
  sock_send(c: Context, fd: number, iovs: number, count: number, flags: number, out: number) {
    const { socket } = c.fds.socket(fd, Right.FD_WRITE)
    if (flags !== 0) fail(Errno.INVAL)
    if (!socket.send) return fail(Errno.NOTCONN)
    c.memory.setU32(out, socket.send(concat(c.memory.vectors(iovs, count))))
  },
  sock_shutdown(c: Context, fd: number, how: number) {
    const { socket } = c.fds.socket(fd, Right.SOCK_SHUTDOWN)
    if (how === 0 || how > 3) fail(Errno.INVAL)
    if (!socket.shutdown) return fail(Errno.NOTCONN)
    socket.shutdown((how & 1) !== 0, (how & 2) !== 0)
  },
} satisfies Calls
