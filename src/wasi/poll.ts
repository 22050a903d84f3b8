// Waiting for clocks and descriptors. A host cannot be asked to wait for both, so descriptors that can be asked are asked in turns.
// Specification: WASI preview 1, function poll_oneoff; types `subscription`, `event`.

import { ClockId, Errno, EventType, errnoOf, fail, Right } from './abi.ts'
import type { Calls, Context, Readiness } from './context.ts'
import type { Descriptors } from './fds.ts'

/** Where a clock's fields stand in a subscription. wasi_unstable has an identifier before them. */
export interface SubscriptionLayout {
  size: number
  clock: number
}
const preview1Layout: SubscriptionLayout = { size: 48, clock: 16 }
export const unstableLayout: SubscriptionLayout = { size: 56, clock: 24 }
const EVENT_SIZE = 32
const ABSTIME = 1
const HANGUP = 1
/** How long to wait before descriptors are asked again, in nanoseconds; doubled up to the second figure. */
const FIRST_NAP = 500_000n
const LONGEST_NAP = 8_000_000n

interface Event {
  userdata: bigint
  type: EventType
  error: Errno
  bytes: bigint
  flags: number
}

interface Wait {
  userdata: bigint
  type: EventType
  /** Clocks: when it is due. */
  clock: ClockId
  due: bigint
  fd: number
  /** Found wrong while reading the subscription. */
  error: Errno
}

function readWait(c: Context, ptr: number, layout: SubscriptionLayout): Wait {
  const m = c.memory
  const w: Wait = {
    userdata: m.getU64(ptr),
    type: m.getU8(ptr + 8),
    clock: ClockId.MONOTONIC,
    due: 0n,
    fd: 0,
    error: Errno.SUCCESS,
  }
  if (w.type > EventType.FD_WRITE) fail(Errno.INVAL)
  if (w.type !== EventType.CLOCK) {
    w.fd = m.getU32(ptr + 16)
    return w
  }
  const clock = ptr + layout.clock
  w.clock = m.getU32(clock)
  const timeout = m.getU64(clock + 8)
  const flags = m.getU16(clock + 24)
  if (w.clock > ClockId.THREAD_CPUTIME || flags > ABSTIME) w.error = Errno.INVAL
  // CPU time stands still while nobody computes.
  else if (w.clock > ClockId.MONOTONIC) w.error = Errno.NOTSUP
  else if (flags & ABSTIME) w.due = timeout
  else {
    // What others do to the time of day is no matter for a duration.
    w.clock = ClockId.MONOTONIC
    w.due = c.clock.now(ClockId.MONOTONIC) + timeout
  }
  return w
}

/** Whether a descriptor of this context can be read or written now; undefined when it would have to wait. */
export function localReadiness(fds: Descriptors, fd: number, reading: boolean): Readiness | undefined {
  const d = fds.get(fd)
  const right = reading ? Right.FD_READ : Right.FD_WRITE
  if (!(d.rights & right) && !(d.kind === 'socket' && d.rights & Right.SOCK_ACCEPT)) fail(Errno.NOTCAPABLE)
  if (d.kind === 'directory') fail(Errno.BADF)
  if (!reading) return { bytes: 0, end: false }
  if (d.kind === 'file') {
    const bytes = d.position < 0 ? 1 : Math.max(0, Number(d.file.stat().size) - d.position)
    return { bytes, end: false }
  }
  const source = d.kind === 'stream' ? d.stream : d.socket
  const state = source.poll ? source.poll() : { bytes: 1, end: false }
  return state.bytes >= 0 || state.end ? { bytes: Math.max(0, state.bytes), end: state.end } : undefined
}

/** The events that can be told now. */
function collect(c: Context, waits: Wait[]): Event[] {
  const events: Event[] = []
  for (const w of waits) {
    const event: Event = { userdata: w.userdata, type: w.type, error: w.error, bytes: 0n, flags: 0 }
    if (w.error === Errno.SUCCESS && w.type === EventType.CLOCK) {
      if (c.clock.now(w.clock) < w.due) continue
    } else if (w.error === Errno.SUCCESS) {
      try {
        const ready = c.ready(w.fd, w.type === EventType.FD_READ)
        if (!ready) continue
        event.bytes = BigInt(ready.bytes)
        event.flags = ready.end ? HANGUP : 0
      } catch (e) {
        const errno = errnoOf(e)
        if (errno === undefined) throw e
        event.error = errno
      }
    }
    events.push(event)
  }
  return events
}

/** Nanoseconds until the first clock is due; undefined without clocks. */
function untilDue(c: Context, waits: Wait[]): bigint | undefined {
  let least: bigint | undefined
  for (const w of waits) {
    if (w.type !== EventType.CLOCK) continue
    const left = w.due - c.clock.now(w.clock)
    if (least === undefined || left < least) least = left
  }
  return least
}

function waitForEvents(c: Context, waits: Wait[]): Event[] {
  const asking = waits.some((w) => w.type !== EventType.CLOCK)
  for (let nap = FIRST_NAP; ; nap = nap * 2n < LONGEST_NAP ? nap * 2n : LONGEST_NAP) {
    const events = collect(c, waits)
    if (events.length > 0) return events
    const left = untilDue(c, waits)
    const pause = left === undefined || (asking && nap < left) ? nap : left
    if (pause > 0n) c.clock.sleep(pause)
  }
}

export function poll(
  c: Context,
  subscriptions: number,
  events: number,
  count: number,
  out: number,
  layout: SubscriptionLayout,
): void {
  if (count === 0) fail(Errno.INVAL)
  const m = c.memory
  m.bytes(subscriptions, count * layout.size)
  m.bytes(events, count * EVENT_SIZE)
  const waits = Array.from({ length: count }, (_, i) => readWait(c, subscriptions + i * layout.size, layout))
  m.setU32(out, 0)
  const found = waitForEvents(c, waits)
  for (const [i, e] of found.entries()) {
    const ptr = events + i * EVENT_SIZE
    m.bytes(ptr, EVENT_SIZE).fill(0)
    m.setU64(ptr, e.userdata)
    m.setU16(ptr + 8, e.error)
    m.setU8(ptr + 10, e.type)
    m.setU64(ptr + 16, e.bytes)
    m.setU16(ptr + 24, e.flags)
  }
  m.setU32(out, found.length)
}

export const pollCalls = {
  poll_oneoff(c: Context, subscriptions: number, events: number, count: number, out: number) {
    poll(c, subscriptions, events, count, out, preview1Layout)
  },
} satisfies Calls
