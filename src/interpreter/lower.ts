// Lowers a function body to register code: operands are registers, a local.get is no instruction, a result goes straight into the local that a
// local.set would put it into, constants are made where they are used, comparisons fuse with the branch behind them. Trusts validation.
// Each opcode has an arm: control.ts, exceptions.ts, variables.ts, plain.ts and special.ts have them.
import { CodeReader, endsArm, skipWhole } from '../binary/code.ts'
import { Crash } from '../errors.ts'
import { definitionOf, type FuncInst, type ModuleInst } from '../runtime/instances.ts'
import { endsRegion, type Meter } from '../runtime/metering.ts'
import { valueList } from '../runtime/values.ts'
import { type Row, rows } from '../syntax/instructions.ts'
import type { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import { slotCount, type ValType } from '../syntax/types.ts'
import type { CodeMap } from './code-map.ts'
import { CONTROL, enterFunction } from './control.ts'
import { Emitter } from './emitter.ts'
import { EXCEPTIONS } from './exceptions.ts'
import type { Frame } from './frames.ts'
import { kindOf, signatureOf } from './kinds.ts'
import { type Handler, Inner, type Lowered, NO_VIEWS } from './lowered.ts'
import { heatOf, type Tier } from './machine.ts'
import { plain } from './plain.ts'
import { SPECIAL } from './special.ts'
import { VARIABLES } from './variables.ts'

/** Lowers an instruction whose opcode has been read. */
export type Arm = (c: Lowerer, op: Op) => void
export type Arms = Readonly<Partial<Record<Op, Arm>>>

const arms = rows.map((row) => row && armOf(row))

function armOf(row: Row): Arm {
  const { op } = row
  return CONTROL[op] ?? EXCEPTIONS[op] ?? VARIABLES[op] ?? SPECIAL[op] ?? (row.poly ? unsupported : plain(row))
}

const unsupported: Arm = (_, op) => {
  throw new Crash(`${rows[op]!.name} is not supported by the interpreter`)
}

const NO_CONSTANTS = new Float64Array(0)
/** Bytes of a bulk operation that lowering an instruction takes as long as, about. */
const LOWER_BYTES = 64

export class Lowerer extends Emitter {
  readonly frames: Frame[] = []
  readonly handlers: Handler[] = []
  readonly vectors: Uint8Array[] = []
  readonly floats = valueList() as number[]
  readonly meter: Meter
  /** Whether nothing reaches the next instruction. */
  dead = false
  /** Whether the function has tail calls. */
  tails = false
  /** Code positions that name a word of a jump table, to be set to what that says. */
  readonly cases: number[] = []
  /** Where the code of the current region's charge has its units; -1 before it. */
  private region = -1

  /** @param map is told where the code comes from */
  constructor(
    readonly inst: ModuleInst,
    readonly func: FuncInst,
    readonly tier: Tier | undefined,
    map?: CodeMap,
    readonly locals = new Locals(inst, func),
  ) {
    super(new CodeReader(definitionOf(func).body), locals.count, map)
    this.meter = inst.store.meter
  }

  lower(): Lowered {
    const { r, frames, meter } = this
    // Where it is lowered again for a backtrace, the call is stopped already.
    const checks = meter.interruptible && this.map === undefined
    enterFunction(this)
    while (frames.length > 0) {
      const op = r.op()
      if (checks) meter.worked(LOWER_BYTES)
      if (this.dead && !endsArm(op)) skipWhole(r, op)
      else {
        if (meter.metered && !this.dead) this.charge(op)
        arms[op]!(this, op)
      }
    }
    const { code } = this
    for (const at of this.cases) code[at] = code[code[at]!]!
    // Where a loop that was taken over goes on when it has returned.
    const left = this.tier === undefined ? -1 : this.emit1(Inner.leave)
    if (this.map !== undefined) this.map.left = left
    return this.lowered()
  }

  private lowered(): Lowered {
    const { inst, func, locals, handlers, floats } = this
    const { params, results } = signatureOf(func)
    const { start, end } = definitionOf(func).body
    return {
      inst,
      func,
      code: this.finish(),
      slots: Math.max(this.most, results.length) + 1,
      params: params.length,
      locals: locals.count,
      paramKinds: params,
      resultKinds: results,
      handlers,
      vectors: this.vectors,
      constants: floats.length === 0 ? NO_CONSTANTS : Float64Array.from(floats),
      floats: locals.floats,
      refs: this.refs || handlers.length > 0 || locals.refs,
      tails: this.tails,
      heat: heatOf(this.tier, end - start, this.tails),
      tier: this.tier,
      meter: this.meter,
      views: inst.memories[0]?.views ?? NO_VIEWS,
      map: undefined,
    }
  }

  /** Adds an instruction to what its region charges. The charge is the region's first instruction, made when something costs. */
  private charge(op: Op): void {
    const cost = this.meter.costOf(op)
    if (cost > 0) {
      if (this.region < 0) this.region = this.emit2(Inner.fuel, 0) + 1
      this.code[this.region]! += cost
    }
    if (endsRegion(op)) this.region = -1
  }
}

/** A function's locals, by index. */
class Locals {
  readonly types: ValType[] = []
  /** Their registers, or first ones. */
  readonly slots: number[] = []
  /** Registers of all. */
  count = 0
  /** Whether one is a float, or a reference. */
  floats = false
  refs = false

  constructor(inst: ModuleInst, func: FuncInst) {
    for (const t of func.type.params) this.add(t)
    for (const run of definitionOf(func).locals) {
      const type = mapType(run.type, inst.typeIds)
      for (let k = 0; k < run.count; k++) this.add(type)
    }
  }

  private add(type: ValType): void {
    this.types.push(type)
    this.slots.push(this.count)
    this.count += slotCount(type)
    const kind = kindOf(type)
    if (kind === 1) this.floats = true
    else if (kind === 2) this.refs = true
  }
}
