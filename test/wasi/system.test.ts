// The calls that are not about files: arguments, clocks, waiting, randomness, sockets, the end of a program; and what bad pointers do.
import { describe, expect, test } from 'vitest'
import { type Clock, ClockId, Errno, MemoryFileSystem, type Socket, WASI, WASIError } from '../../src/wasi/index.ts'
import { Guest } from './guest.ts'

/** A clock that only moves when somebody sleeps. */
class StillClock implements Clock {
  time = 1_000_000_000n
  slept: bigint[] = []
  now(id: ClockId): bigint {
    return id === ClockId.REALTIME ? this.time + (1n << 60n) : this.time
  }
  resolution(): bigint {
    return 7n
  }
  sleep(ns: bigint): void {
    this.slept.push(ns)
    this.time += ns
  }
}

const SUBS = 2048
const EVENTS = 4096
const CLOCK = 0
const READ = 1
const WRITE = 2

type Sub = { type: number; fd?: number; id?: number; timeout?: bigint; flags?: number }

function poll(g: Guest, subs: Sub[]): { who: bigint; error: string; type: number; bytes: bigint; flags: number }[] {
  for (const [i, s] of subs.entries()) {
    const at = SUBS + i * 48
    g.bytes.fill(0, at, at + 48)
    g.view.setBigUint64(at, BigInt(i + 100), true)
    g.view.setUint8(at + 8, s.type)
    g.view.setUint32(at + 16, s.fd ?? s.id ?? 1, true)
    g.view.setBigUint64(at + 24, s.timeout ?? 0n, true)
    g.view.setUint16(at + 40, s.flags ?? 0, true)
  }
  expect(g.call('poll_oneoff', SUBS, EVENTS, subs.length, 128)).toBe(0)
  return Array.from({ length: g.view.getUint32(128, true) }, (_, i) => {
    const at = EVENTS + i * 32
    return {
      who: g.view.getBigUint64(at, true),
      error: Errno[g.view.getUint16(at + 8, true)]!,
      type: g.view.getUint8(at + 10),
      bytes: g.view.getBigUint64(at + 16, true),
      flags: g.view.getUint16(at + 24, true),
    }
  })
}

describe('arguments and environment', () => {
  test('are laid out with their NULs', () => {
    const g = new Guest({ args: ['prog', 'ä', ''], env: { A: '1', B: undefined, C: 'x=y' } })
    expect(g.call('args_sizes_get', 0, 4)).toBe(0)
    expect([g.view.getUint32(0, true), g.view.getUint32(4, true)]).toEqual([3, 9])
    expect(g.call('args_get', 16, 64)).toBe(0)
    expect([16, 20, 24].map((p) => g.view.getUint32(p, true))).toEqual([64, 69, 72])
    expect(new TextDecoder().decode(g.bytes.slice(64, 73))).toBe('prog\0ä\0\0')
    expect(g.call('environ_sizes_get', 0, 4)).toBe(0)
    expect([g.view.getUint32(0, true), g.view.getUint32(4, true)]).toEqual([2, 10])
    expect(g.call('environ_get', 16, 64)).toBe(0)
    expect(new TextDecoder().decode(g.bytes.slice(64, 74))).toBe('A=1\0C=x=y\0')
  })

  test('must not hold a NUL', () => {
    expect(() => new WASI({ args: ['a\0b'] })).toThrow(TypeError)
    expect(() => new WASI({ env: { A: 'a\0b' } })).toThrow(TypeError)
  })
})

describe('clocks', () => {
  test('come from the embedder when it passes one', () => {
    const g = new Guest({ clock: new StillClock() })
    expect(g.call('clock_time_get', 1, 0n, 0)).toBe(0)
    expect(g.view.getBigUint64(0, true)).toBe(1_000_000_000n)
    expect(g.call('clock_res_get', 0, 0)).toBe(0)
    expect(g.view.getBigUint64(0, true)).toBe(7n)
  })

  test('of the system: real time is about Date, the others grow, unknown ones are refused', () => {
    const g = new Guest({})
    const get = (id: number) => {
      expect(g.call('clock_time_get', id, 0n, 0)).toBe(0)
      expect(g.call('clock_res_get', id, 8)).toBe(0)
      expect(g.view.getBigUint64(8, true)).toBeGreaterThan(0n)
      return g.view.getBigUint64(0, true)
    }
    expect(Math.abs(Number(get(0) / 1_000_000n) - Date.now())).toBeLessThan(10_000)
    for (const id of [1, 2, 3]) expect(get(id)).toBeLessThanOrEqual(get(id))
    expect(g.call('clock_time_get', 4, 0n, 0)).toBe(Errno.INVAL)
    expect(g.call('clock_res_get', 4, 0)).toBe(Errno.INVAL)
  })
})

describe('poll_oneoff', () => {
  test('sleeps until the first clock is due', () => {
    const clock = new StillClock()
    const g = new Guest({ clock })
    const events = poll(g, [
      { type: CLOCK, timeout: 5_000n },
      { type: CLOCK, timeout: 3_000n },
    ])
    expect(events).toEqual([{ who: 101n, error: 'SUCCESS', type: CLOCK, bytes: 0n, flags: 0 }])
    expect(clock.slept).toEqual([3_000n])
  })

  test('knows absolute times, of either clock', () => {
    const clock = new StillClock()
    const g = new Guest({ clock })
    expect(poll(g, [{ type: CLOCK, id: 0, flags: 1, timeout: (1n << 60n) + 1_000_000_500n }])).toHaveLength(1)
    expect(poll(g, [{ type: CLOCK, id: 1, flags: 1, timeout: 5n }])).toHaveLength(1)
    expect(clock.slept).toEqual([500n])
  })

  test('tells what is wrong with one subscription in its event', () => {
    const g = new Guest({ clock: new StillClock() })
    const events = poll(g, [
      { type: READ, fd: 99 },
      { type: CLOCK, id: 9 },
      { type: CLOCK, id: 2, timeout: 1n },
      { type: CLOCK, timeout: 1_000n },
    ])
    expect(events.map((e) => e.error)).toEqual(['BADF', 'INVAL', 'NOTSUP'])
  })

  test('asks a stream again until it has something', () => {
    let asked = 0
    const clock = new StillClock()
    const stdin = { read: () => 0, poll: () => ({ bytes: ++asked < 4 ? -1 : 12, end: false }) }
    const g = new Guest({ clock, stdin })
    const events = poll(g, [
      { type: CLOCK, timeout: 1_000_000_000n },
      { type: READ, fd: 0 },
    ])
    expect(events).toEqual([{ who: 101n, error: 'SUCCESS', type: READ, bytes: 12n, flags: 0 }])
    expect(clock.slept.length).toBe(3)
    expect(poll(g, [{ type: WRITE, fd: 1 }])).toHaveLength(1)
  })

  test('gives up when the clock is due first, and sees the end of a stream', () => {
    let state = { bytes: -1, end: false }
    const g = new Guest({ clock: new StillClock(), stdin: { read: () => 0, poll: () => state } })
    const both = [
      { type: CLOCK, timeout: 20_000_000n },
      { type: READ, fd: 0 },
    ]
    expect(poll(g, both).map((e) => e.type)).toEqual([CLOCK])
    state = { bytes: 0, end: true }
    expect(poll(g, both)).toMatchObject([{ type: READ, flags: 1 }])
  })

  test('refuses no subscriptions and unknown kinds', () => {
    const g = new Guest({})
    expect(g.call('poll_oneoff', SUBS, EVENTS, 0, 128)).toBe(Errno.INVAL)
    g.view.setUint8(SUBS + 8, 3)
    expect(g.call('poll_oneoff', SUBS, EVENTS, 1, 128)).toBe(Errno.INVAL)
  })
})

describe('streams', () => {
  test('pass bytes both ways', () => {
    const input = new TextEncoder().encode('input')
    let out = ''
    const g = new Guest({
      stdin: {
        read: (into) => {
          into.set(input)
          return input.length
        },
      },
      stdout: {
        write: (from) => {
          out += new TextDecoder().decode(from)
        },
      },
    })
    expect(g.read(0)).toBe('input')
    expect(g.write(1, 'text')).toBe(4)
    expect(out).toBe('text')
    expect(g.write(0, 'x')).toBe(-Errno.BADF)
    expect(g.read(1)).toBe('BADF')
    expect(g.seek(1, 0n)).toBe('SPIPE')
  })

  test('a terminal shows as one, anything else does not', () => {
    const g = new Guest({ stdout: { isTerminal: true }, stderr: {} })
    g.call('fd_fdstat_get', 1, 0)
    expect(g.view.getUint8(0)).toBe(2)
    g.call('fd_fdstat_get', 2, 0)
    expect(g.view.getUint8(0)).not.toBe(2)
  })

  test('an error of the stream becomes its error code, a bug of the embedder stays one', () => {
    const g = new Guest({
      stdin: {
        read: () => {
          throw new WASIError(Errno.AGAIN)
        },
      },
      stdout: {
        write: () => {
          throw Object.assign(new Error('pipe'), { code: 'EPIPE' })
        },
      },
      stderr: {
        write: () => {
          throw new RangeError('bug')
        },
      },
    })
    expect(g.read(0)).toBe('AGAIN')
    expect(g.write(1, 'x')).toBe(-Errno.PIPE)
    expect(() => g.write(2, 'x')).toThrow('bug')
  })
})

describe('sockets', () => {
  const connection = (log: string[]): Socket => ({
    receive(into, peek, all) {
      into.set(new TextEncoder().encode('abcdef').subarray(0, into.length))
      log.push(`receive ${peek} ${all}`)
      return Math.min(6, into.length)
    },
    send(from) {
      log.push(`send ${new TextDecoder().decode(from)}`)
      return from.length
    },
    shutdown: (read, write) => void log.push(`shutdown ${read} ${write}`),
    close: () => void log.push('close'),
  })

  test('are accepted, read, written, shut down and closed', () => {
    const log: string[] = []
    const g = new Guest({ sockets: [{ accept: () => connection(log) }] })
    expect(g.call('sock_accept', 3, 4, 128)).toBe(0)
    const fd = g.view.getUint32(128, true)
    expect(fd).toBe(4)
    for (const [i, [ptr, length]] of [
      [512, 2],
      [600, 3],
    ].entries()) {
      g.view.setUint32(64 + i * 8, ptr!, true)
      g.view.setUint32(68 + i * 8, length!, true)
    }
    expect(g.call('sock_recv', fd, 64, 2, 1, 128, 132)).toBe(0)
    expect(g.view.getUint32(128, true)).toBe(5)
    expect(new TextDecoder().decode(g.bytes.slice(600, 603))).toBe('cde')
    expect(g.call('sock_send', fd, 64, 2, 0, 128)).toBe(0)
    expect(g.read(fd)).toBe('abcdef')
    expect(g.write(fd, 'w')).toBe(1)
    expect(g.call('sock_shutdown', fd, 2)).toBe(0)
    expect(g.call('sock_shutdown', fd, 0)).toBe(Errno.INVAL)
    expect(g.call('sock_recv', fd, 64, 2, 4, 128, 132)).toBe(Errno.INVAL)
    expect(g.call('sock_send', fd, 64, 2, 1, 128)).toBe(Errno.INVAL)
    g.call('fd_close', fd)
    const reads = ['receive true false', 'send abcde', 'receive false false', 'send w']
    expect(log).toEqual([...reads, 'shutdown false true', 'close'])
  })

  test('what is no socket is refused', () => {
    const g = new Guest({ preopens: { '/': new MemoryFileSystem() }, sockets: [{}] })
    expect(g.call('sock_accept', 3, 0, 128)).toBe(Errno.NOTSOCK)
    expect(g.call('sock_send', 1, 64, 0, 0, 128)).toBe(Errno.NOTSOCK)
    expect(g.call('sock_recv', 1, 64, 0, 0, 128, 132)).toBe(Errno.NOTSOCK)
    expect(g.call('sock_shutdown', 99, 1)).toBe(Errno.BADF)
    expect(g.call('sock_accept', 4, 0, 128)).toBe(Errno.NOTSUP)
    expect(g.call('sock_send', 4, 64, 0, 0, 128)).toBe(Errno.NOTCONN)
    expect(g.call('sock_shutdown', 4, 1)).toBe(Errno.NOTCONN)
  })
})

describe('the end of a program', () => {
  const start = (body: (i: WASI['wasiImport']) => void, options = {}) => {
    const wasi = new WASI({ stdin: {}, stdout: {}, stderr: {}, ...options })
    const _start = () => body(wasi.wasiImport)
    return wasi.start({ exports: { memory: { buffer: new ArrayBuffer(65536) }, _start } })
  }

  test('exit codes', () => {
    expect(start(() => {})).toBe(0)
    expect(start((i) => void i.proc_exit!(33))).toBe(33)
    expect(start((i) => void i.proc_exit!(-1))).toBe(0xffffffff)
    expect(() =>
      start(() => {
        throw new Error('trap')
      }),
    ).toThrow('trap')
  })

  test('signals do what they do by default', () => {
    expect(start((i) => void i.proc_raise!(6))).toBe(134)
    expect(start((i) => void i.proc_raise!(15))).toBe(143)
    let codes: number[] = []
    start((i) => {
      codes = [0, 16, 17, 22, 27, 18, 31].map((s) => i.proc_raise!(s))
    })
    expect(codes).toEqual([0, 0, 0, 0, 0, Errno.NOTSUP, Errno.INVAL])
  })

  test('an instance must look like a command, or like a library', () => {
    const memory = { buffer: new ArrayBuffer(0) }
    const f = () => {}
    const wasi = () => new WASI({ stdin: {}, stdout: {}, stderr: {} })
    expect(() => wasi().start({ exports: { memory } })).toThrow('_start')
    expect(() => wasi().start({ exports: { _start: f } })).toThrow('memory')
    expect(() => wasi().start({ exports: { memory, _start: f, _initialize: f } })).toThrow('_initialize')
    expect(() => wasi().initialize({ exports: { memory, _start: f } })).toThrow('_start')
    expect(() => wasi().initialize({ exports: { memory, _initialize: 1 } })).toThrow('_initialize')
    expect(() => wasi().wasiImport.fd_close!(1) === 0 || wasi().wasiImport.random_get!(0, 1)).not.toThrow('TypeError')
    const once = wasi()
    once.start({ exports: { memory, _start: f } })
    expect(() => once.start({ exports: { memory, _start: f } })).toThrow('already')
    expect(() => new WASI({ version: 'preview2' as 'preview1' })).toThrow('preview2')
  })
})

describe('bad pointers', () => {
  test('every call answers FAULT or another error, and never throws', () => {
    const g = new Guest({ preopens: { '/': new MemoryFileSystem({ f: 'text' }) }, clock: new StillClock() })
    const names = Object.keys(g.wasi.wasiImport).filter((n) => !n.startsWith('proc_'))
    expect(Object.keys(g.wasi.wasiImport)).toHaveLength(46)
    const wide = new Set(['fd_pread', 'fd_pwrite', 'fd_seek', 'fd_readdir', 'path_open'])
    for (const name of names) {
      for (const bad of [-1, 0x1ffff, 0x7fffffff]) {
        // Which arguments are i64 differs; both guesses must end in an error code.
        for (const big of [-1n, 0n]) {
          const args = Array.from({ length: 9 }, (_, i) => (i === 0 ? 3 : bad))
          const withBig = args.map((a, i) => (i > 0 && wide.has(name) && i === 3 ? big : a))
          let errno = -1
          try {
            errno = g.call(name, ...withBig)
          } catch (e) {
            // Only a number where a BigInt belongs may throw, which WebAssembly cannot pass.
            expect(e).toBeInstanceOf(TypeError)
            continue
          }
          expect(Errno[errno]).toBeDefined()
        }
      }
    }
  })

  test('give FAULT', () => {
    const g = new Guest({ args: ['x'], preopens: { '/': new MemoryFileSystem({ f: 'text' }) } })
    const end = g.bytes.length
    const fd = g.open('f')
    expect(g.call('args_get', end - 2, 0)).toBe(Errno.FAULT)
    expect(g.call('args_get', 0, end)).toBe(Errno.FAULT)
    expect(g.call('fd_read', fd, end - 4, 1, 0)).toBe(Errno.FAULT)
    expect(g.call('fd_read', fd, 0, 0x40000000, 0)).toBe(Errno.FAULT)
    g.view.setUint32(64, end - 1, true)
    g.view.setUint32(68, 2, true)
    expect(g.call('fd_read', fd, 64, 1, 0)).toBe(Errno.FAULT)
    expect(g.call('fd_write', fd, 64, 1, 0)).toBe(Errno.FAULT)
    expect(g.call('random_get', end - 1, 2)).toBe(Errno.FAULT)
    expect(g.call('clock_time_get', 0, 0n, end - 7)).toBe(Errno.FAULT)
    expect(g.call('path_filestat_get', 3, 0, ...g.string('f'), end - 63)).toBe(Errno.FAULT)
    expect(g.call('path_open', 3, 0, -4, 8, 0, 0n, 0n, 0, 0)).toBe(Errno.FAULT)
    expect(g.call('poll_oneoff', end - 47, 0, 1, 0)).toBe(Errno.FAULT)
    expect(g.call('fd_prestat_dir_name', 3, end, 1)).toBe(Errno.FAULT)
  })
})

test('random_get fills any length', () => {
  const g = new Guest({})
  expect(g.call('random_get', 0, 0)).toBe(0)
  expect(g.call('random_get', 0, g.bytes.length)).toBe(0)
  expect(new Set(g.bytes.slice(70_000)).size).toBe(256)
  const fixed = new Guest({ random: (into) => into.fill(7) })
  fixed.call('random_get', 8, 4)
  expect([...fixed.bytes.slice(7, 13)]).toEqual([0, 7, 7, 7, 7, 0])
})

test('a shared memory works as well', () => {
  const g = new Guest({})
  const memory = { buffer: new SharedArrayBuffer(1 << 17) }
  const wasi = new WASI({ stdin: {}, stdout: {}, stderr: {}, preopens: { '/': new MemoryFileSystem({ f: 'text' }) } })
  wasi.initialize({ exports: {} }, memory)
  const bytes = new Uint8Array(memory.buffer)
  bytes.set(new TextEncoder().encode('f'), 1024)
  expect(wasi.wasiImport.path_open!(3, 0, 1024, 1, 0, 2n, 0n, 0, 128)).toBe(0)
  new DataView(memory.buffer).setUint32(64, 2048, true)
  new DataView(memory.buffer).setUint32(68, 100, true)
  expect(wasi.wasiImport.fd_read!(4, 64, 1, 128)).toBe(0)
  expect(new TextDecoder().decode(bytes.slice(2048, 2052))).toBe('text')
  expect(wasi.wasiImport.random_get!(4096, 100_000)).toBe(0)
  expect(g.call('sched_yield')).toBe(0)
})

describe('wasi_unstable', () => {
  test('has its own order of whence and its own layouts', () => {
    const clock = new StillClock()
    const g = new Guest({ preopens: { '/': new MemoryFileSystem({ f: 'text' }) }, clock })
    const old = g.wasi.getImportObject().wasi_unstable
    const fd = g.open('f')
    expect(old.fd_seek!(fd, -1n, 1, 0)).toBe(0)
    expect(g.view.getBigUint64(0, true)).toBe(3n)
    expect(old.fd_seek!(fd, 1n, 2, 0)).toBe(0)
    expect(old.fd_seek!(fd, 1n, 0, 0)).toBe(0)
    expect(g.view.getBigUint64(0, true)).toBe(2n)
    expect(old.fd_seek!(fd, 1n, 3, 0)).toBe(Errno.INVAL)
    g.bytes.fill(0xff, 256, 320)
    expect(old.path_filestat_get!(3, 0, ...g.string('f'), 256)).toBe(0)
    expect([g.view.getUint32(276, true), g.view.getBigUint64(280, true), g.bytes[312]]).toEqual([1, 4n, 0xff])
    expect(old.fd_filestat_get!(fd, 320)).toBe(0)
    expect(g.view.getBigUint64(344, true)).toBe(4n)
    g.bytes.fill(0, SUBS, SUBS + 56)
    g.view.setUint32(SUBS + 24, ClockId.MONOTONIC, true)
    g.view.setBigUint64(SUBS + 32, 77n, true)
    expect(old.poll_oneoff!(SUBS, EVENTS, 1, 128)).toBe(0)
    expect(clock.slept).toEqual([77n])
    expect(Object.keys(old).sort()).toEqual(Object.keys(g.wasi.wasiImport).sort())
  })
})
