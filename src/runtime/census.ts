// How much the structs, arrays and exceptions of a store that still live take together, as an estimate: code counts the bytes of what it makes, one object
// in so many bytes is remembered by a weak reference, and when what they stand for reaches the limit, those that are gone are taken off.
import { Exhaustion } from '../errors.ts'
import type { Module } from '../syntax/module.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { type ArrayType, F32, type FuncType, Heap as HeapTypes, heapOf, isRef, type ValType } from '../syntax/types.ts'
import { type ArrayInst, elementBytes, structLayout } from './gc.ts'
import { type Heap, nodeHeap } from './heap.ts'

/** Objects that are remembered when the limit is reached, about; at least and at most so many bytes lie between two. */
const SAMPLES = 1024
const LEAST = 2 ** 14
const MOST = 2 ** 24
/** Bytes after which what weak references keep for the rest of the job is let go. */
const KEPT = 2 ** 22
interface Sample {
  readonly ref: WeakRef<object>
  /** The bytes of objects that it stands for. */
  readonly bytes: number
}

export class Census {
  /** Bytes until an object is remembered; who makes one takes its bytes off, and calls `sample` when it is below 0. */
  left = 0
  private readonly every: number
  private samples: Sample[] = []
  /** What the samples stand for, and what is so much that those which are gone are taken off. */
  private held = 0
  private due: number
  private kept = 0

  /**
   * @param limit bytes
   * @param heap the host's; without one what the running job has made counts as living
   * @param exceed is told the limit that was met
   */
  constructor(
    private readonly limit: number,
    private readonly heap: Heap | undefined,
    private readonly exceed: (trap: Exhaustion) => void,
  ) {
    this.every = Math.min(MOST, Math.max(LEAST, limit / SAMPLES))
    this.due = limit
    this.left = this.distance()
  }

  /** Counts an object that has been made, and gives it. @throws Exhaustion where more is alive than may be */
  count<T extends object>(made: T, bytes: number): T {
    if ((this.left -= bytes) < 0) this.sample(made, bytes)
    return made
  }

  countStruct<T extends object>(made: T, def: DefType): T {
    return this.count(made, structBytes(def))
  }

  countArray(made: ArrayInst): ArrayInst {
    return this.count(made, arrayBytes(made.def, made.length))
  }

  /** Sees to it that there is room for an array of `def`. @throws Exhaustion where there is not */
  roomForArray(def: DefType, length: number): void {
    this.room(arrayBytes(def, length))
  }

  /**
   * Remembers an object of so many bytes, which has been made and has made `left` negative.
   * @throws Exhaustion where more is alive than may be
   */
  sample(made: object, bytes: number): void {
    // What it stands for, so that the sum of all has the right mean, however large objects are.
    const weight = bytes / -Math.expm1(-bytes / this.every)
    this.samples.push({ ref: new WeakRef(made), bytes: weight })
    this.held += weight
    this.left = this.distance()
    if (this.held > this.due) this.take(0)
    else if ((this.kept += weight) > KEPT) this.release()
  }

  /** Sees to it that there is room for so many bytes. @throws Exhaustion where there is not */
  room(bytes: number): void {
    if (bytes > this.limit || this.held + bytes > this.due) this.take(bytes)
  }

  /** How far it is to the next sample: at random, so that no module can have just those objects die. */
  private distance(): number {
    return Math.ceil(-Math.log(1 - Math.random()) * this.every)
  }

  private release(): void {
    this.kept = 0
    this.heap?.release()
  }

  /** Takes off what is gone, and throws where what remains and so many bytes more are too much. */
  private take(bytes: number): void {
    const { limit, heap } = this
    this.countLiving()
    if (this.held + bytes > limit && bytes <= limit && heap !== undefined) {
      heap.collect()
      this.countLiving()
    }
    this.release()
    if (this.held + bytes > limit) {
      const about = Math.round((this.held + bytes) / 2 ** 20)
      const trap = new Exhaustion(
        'out of memory',
        `structs, arrays and exceptions that are alive take about ${about} MiB, which exceeds the limit of ${limit} bytes (gcBytes)`,
      )
      this.exceed(trap)
      throw trap
    }
    // A look for garbage costs as much as there is in the heap: none before a part of that has been made.
    const used = heap === undefined ? 0 : heap.used()
    this.due = Math.max(limit, this.held + Math.max(limit, used) / 8)
  }

  private countLiving(): void {
    this.samples = this.samples.filter(({ ref }) => ref.deref() !== undefined)
    this.held = this.samples.reduce((sum, s) => sum + s.bytes, 0)
  }
}

/** @param heap the host's, where it is not Node */
export const newCensus = (limit: number, heap: Heap | undefined, exceed: (trap: Exhaustion) => void): Census =>
  new Census(limit, heap ?? nodeHeap(), exceed)
export type NewCensus = typeof newCensus

/** What a struct counts as: what V8 takes for the object that it is. A float is an object of its own. */
export const structBytes = (def: DefType): number =>
  structLayout(def).lanes.reduce((sum, lane) => sum + (lane.startsWith('f') ? 24 : 8), 32)

/** What an array counts as. */
export function arrayBytes(def: DefType, length: number): number {
  const { type } = (def.sub.comp as ArrayType).field
  return isRef(type) ? 96 + 8 * length : 256 + (type === F32 ? 8 : elementBytes(type)) * length
}

/** What an exception with a tag of this type counts as. */
export const exceptionBytes = ({ params }: FuncType): number => 512 + 12 * params.length

const isExn = (t: ValType): boolean => {
  if (!isRef(t)) return false
  const heap = heapOf(t)
  return heap === HeapTypes.exn || heap === HeapTypes.noexn
}

/** Whether a module may keep more than a few exceptions: in a table, or in another. */
export const keepsExceptions = ({ imports, types, tables }: Module): boolean =>
  types.some(({ comp }) =>
    comp.kind === 'func'
      ? comp.params.some(isExn)
      : comp.kind === 'struct'
        ? comp.fields.some((f) => isExn(f.type))
        : isExn(comp.field.type),
  ) ||
  tables.some(({ type }) => isExn(type.elem)) ||
  imports.some(({ desc }) => desc.kind === 'table' && isExn(desc.type.elem))

/** Whether a module makes what a census counts. */
export const makesObjects = (module: Module): boolean =>
  module.types.some(({ comp }) => comp.kind !== 'func') || keepsExceptions(module)
