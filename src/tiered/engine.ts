// Two engines as one: functions begin in the interpreter, which costs little to begin with, and those that get hot are compiled; so is a loop that stays
// hot in a call that began in the interpreter. Small modules, controlled stores and further instances of a module are the compiler's from the start.
import { isCommon } from '../compiler/common.ts'
import { compiler, isKept, loopOf } from '../compiler/engine.ts'
import { mapOf } from '../interpreter/code-map.ts'
import { codeBytes, interpret, LARGE, prepareLoop, takeAway } from '../interpreter/engine.ts'
import type { Lowered } from '../interpreter/lowered.ts'
import { F, I, Moved, NO_HEAT, R, type Tier } from '../interpreter/machine.ts'
import { newCensus } from '../runtime/census.ts'
import { type Callable, definitionOf, type FuncInst, type ModuleInst } from '../runtime/instances.ts'
import type { Executor } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'

/** When functions move up. Tests make it early. */
export const tiering = {
  /** Bytes of code from which on a module's functions begin in the interpreter. */
  least: LARGE,
  /** Calls and turns of loops until a function is hot, and how many more for each byte of its body. */
  heat: 4000,
  perByte: 20,
  /** Bytes of a body with which each costs twice as much to compile as those of a small one. */
  steep: 10_000,
  /** V8 optimises one function after another: each so many bytes that have moved up have what comes later wait once more, up to so many times. */
  eager: 6000,
  patience: 6,
  /** Bytes of code with which a module has all of these count; those of less wait for a share, since there is less to optimise, but for so much at least. */
  whole: 8_000_000,
  share: 0.1,
  /** Milliseconds until what a function waits begins to shrink, and in which it shrinks by as much again: what is left to optimise gets less. */
  young: 1500,
  halves: 500,
}

/** Functions are looked at so many times while they wait. */
const LOOKS = 8

export const tiered: Executor = {
  name: 'tiered',
  newCensus,
  expect(module) {
    if (isLarge(module)) prepareLoop()
  },
  link(inst) {
    compiler.link(inst)
    if (!pays(inst)) return
    prepareLoop()
    const lazy = inst.funcs[inst.importedFuncs]!.code
    const tier = new Rising(lazy, Math.min(1, Math.max(tiering.share, codeBytes(inst.module) / tiering.whole)))
    for (let i = inst.importedFuncs; i < inst.funcs.length; i++)
      if (!isKept(inst.funcs[i]!)) interpret(inst.funcs[i]!, tier)
  },
  frames: (error, store) => compiler.frames(error, store),
}

function pays(inst: ModuleInst): boolean {
  const { meter, countsDepth } = inst.store
  if (meter.metered || meter.interruptible || countsDepth || isCommon(inst)) return false
  return isLarge(inst.module)
}

const isLarge = (module: Module): boolean => module.funcs.length > 0 && codeBytes(module) >= tiering.least

function sizeOf(func: FuncInst): number {
  const { body } = definitionOf(func)
  return body.end - body.start
}

class Rising implements Tier {
  /** Bytes of the functions that have moved up. */
  private compiled = 0
  private readonly began = Date.now()
  /** How much functions may run so far, of those that have been looked at. */
  private readonly granted = new Map<FuncInst, number>()
  private readonly loops = new Map<Lowered, Map<number, ReturnType<typeof loopOf>>>()

  /**
   * @param lazy code that compiles its function and calls it
   * @param share of what functions of the largest modules wait
   */
  constructor(
    private readonly lazy: Callable,
    private readonly share: number,
  ) {}

  heat(bytes: number): number {
    return Math.ceil(this.needed(bytes) / LOOKS)
  }

  private needed(bytes: number): number {
    const heat = tiering.heat + bytes * tiering.perByte * (1 + bytes / tiering.steep)
    return Math.min(NO_HEAT, heat * this.share)
  }

  /** By how much functions wait longer than at the start. */
  private get patience(): number {
    const age = Date.now() - this.began - tiering.young
    const most = 1 + (tiering.patience - 1) * this.share
    return Math.min(most, 1 + this.compiled / tiering.eager) / (1 + Math.max(0, age) / tiering.halves)
  }

  hot(func: FuncInst, f: Lowered): void {
    const bytes = sizeOf(func)
    const step = this.heat(bytes)
    const granted = this.granted.get(func) ?? step
    const needed = Math.min(NO_HEAT, Math.ceil(this.needed(bytes) * this.patience))
    if (granted < needed && !f.tails) {
      const more = Math.min(step, needed - granted)
      f.heat = more - 1
      this.granted.set(func, granted + more)
      return
    }
    this.granted.delete(func)
    this.compiled += bytes
    takeAway(func, this.lazy)
  }

  loop(f: Lowered, pc: number, fp: number): number {
    const { func } = f
    if (!(func.engine instanceof Moved)) {
      this.hot(func, f)
      // Later calls are compiled; this one goes on for a while.
      if (func.engine instanceof Moved) f.heat = this.heat(sizeOf(func)) * 2
      return -1
    }
    const { offset, targets } = mapOf(f).loopAt(pc)
    let loops = this.loops.get(f)
    if (loops === undefined) this.loops.set(f, (loops = new Map()))
    if (!loops.has(pc)) loops.set(pc, loopOf(func, offset))
    const loop = loops.get(pc)
    if (loop === undefined) {
      f.heat = NO_HEAT
      return -1
    }
    return targets[loop(I, F, R, fp)]!
  }
}
