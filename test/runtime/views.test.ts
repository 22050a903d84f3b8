// Holders of a memory's views are current after each growth, also when they get other prototypes.
import { afterEach, expect, test, vi } from 'vitest'
import { MemoryViews } from '../../src/runtime/views.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('holders get other prototypes a while after growth, later each time', () => {
  vi.useFakeTimers()
  const views = new MemoryViews(new ArrayBuffer(8), 8)
  const holders = [views.constant()]
  const changes: number[] = []
  const look = (milliseconds: number) => {
    vi.advanceTimersByTime(milliseconds)
    const before = holders.map((h) => Object.getPrototypeOf(h))
    for (let k = 0; k < 100; k++) views.look()
    changes.push(holders.filter((h, k) => Object.getPrototypeOf(h) !== before[k]).length)
  }
  for (let bytes = 16; bytes <= 64; bytes *= 2) {
    const buffer = new ArrayBuffer(bytes)
    views.bind(buffer, bytes)
    holders.push(views.constant())
    for (const wait of [0, 200, 1000]) {
      look(wait)
      for (const h of [...holders, views.common]) {
        expect(h.dv.buffer).toBe(buffer)
        expect(h.u8.length).toBe(bytes)
      }
    }
  }
  expect(changes).toEqual([0, 1, 0, 0, 2, 0, 0, 0, 3])
})

test('what a few functions waited for at first does not keep many waiting', () => {
  vi.useFakeTimers()
  const views = new MemoryViews(new ArrayBuffer(8), 8)
  const holder = views.constant()
  const changes = (milliseconds: number): boolean => {
    vi.advanceTimersByTime(milliseconds)
    const before = Object.getPrototypeOf(holder)
    for (let k = 0; k < 16; k++) views.look()
    return Object.getPrototypeOf(holder) !== before
  }
  views.bind(new ArrayBuffer(16), 16)
  expect(changes(10)).toBe(true)
  for (let k = 0; k < 99; k++) views.constant()
  views.bind(new ArrayBuffer(24), 24)
  expect(changes(1000)).toBe(false)
  expect(changes(30)).toBe(true)
})
