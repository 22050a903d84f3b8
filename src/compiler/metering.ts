// What a function counts so that it can be controlled: fuel, interrupt checks, the depth of calls (runtime/metering.ts says what is due where). Counters
// are locals, put into the meter before calls, returns and throws and taken from there behind calls and in handlers. While a call runs the fuel's local
// is -1: the meter has it. A trap leaves the function through a catch around the whole body, which puts the fuel back.
import { Exhaustion } from '../errors.ts'
import type { ModuleInst } from '../runtime/instances.ts'
import { type Meter, outOfFuel, type Plan, planOf } from '../runtime/metering.ts'
import * as segments from '../runtime/segments.ts'
import type { Code } from '../syntax/module.ts'

/** Writes statements, and makes names of the runtime known. */
interface Writer {
  line(code: string): void
  use(name: string): string
}

export class Counters {
  private readonly plan: Plan | undefined
  private readonly fuel: boolean
  private readonly ticks: boolean
  private readonly depth: boolean

  constructor(
    private readonly c: Writer,
    inst: ModuleInst,
    body: Code,
  ) {
    const { meter, countsDepth } = inst.store
    this.fuel = meter.metered
    this.ticks = meter.interruptible && !(meter.metered && meter.cyclesCost)
    this.depth = countsDepth
    this.plan = this.fuel || this.ticks ? planOf(body, meter) : undefined
  }

  /** Whether the ticks are counted in a local. */
  private get ticksLocal(): boolean {
    return this.ticks && this.plan!.loops.size > 0
  }

  /** What comes before the body's statements; the first line of the function. */
  prologue(): string {
    const { plan } = this
    const meter = this.fuel || this.ticks || this.depth ? this.c.use('meter') : ''
    let code = ''
    if (this.depth) code += `let dp=${meter}.depth;if(dp>${this.c.use('maxDepth')})${this.c.use('tooDeep')}();`
    if (this.depth) code += `${meter}.depth=dp+1;`
    if (this.fuel) code += `let fu=${meter}.slice;`
    if (this.ticksLocal) code += `let tk=${meter}.ticks;`
    if (this.fuel || this.depth) code += 'try{'
    if (this.ticksLocal) code += `if((tk=tk-${plan!.entry}|0)<0)tk=${this.c.use('tick')}();`
    else if (this.ticks) code += `if((${meter}.ticks-=${plan!.entry})<0)${this.c.use('tick')}();`
    return code
  }

  /** What comes behind them. */
  epilogue(): string {
    if (!this.fuel && !this.depth) return ''
    const fuel = this.fuel ? 'if(fu>=0)meter.slice=fu;' : ''
    return `}catch(ex){${this.depth ? 'meter.depth=dp;' : ''}${fuel}throw ex}`
  }

  /** What the instruction at `offset` charges: that of a region that begins with it. */
  chargeAt(offset: number): number {
    return this.fuel ? (this.plan!.charges.get(offset) ?? 0) : 0
  }

  /** Charges a region. */
  charge(units: number): void {
    const wrap = units < 2 ** 30 ? '|0' : ''
    this.c.line(`if((fu=fu-${units}${wrap})<0)fu=${this.c.use('refuel')}(fu,${units})`)
  }

  /** At the start of a loop's body. */
  loop(offset: number): void {
    if (this.ticks) this.c.line(`if((tk=tk-${this.plan!.loops.get(offset)!}|0)<0)tk=${this.c.use('tick')}()`)
  }

  beforeCall(): void {
    if (this.fuel) this.c.line('meter.slice=fu;fu=-1')
    if (this.ticksLocal) this.c.line('meter.ticks=tk')
  }

  /** After a call, and where something thrown has been caught. */
  afterCall(): void {
    if (this.fuel) this.c.line('fu=meter.slice')
    if (this.ticksLocal) this.c.line('tk=meter.ticks')
  }

  beforeThrow(): void {
    this.beforeCall()
  }

  beforeReturn(): void {
    if (this.fuel) this.c.line('meter.slice=fu')
    if (this.ticksLocal) this.c.line('meter.ticks=tk')
    if (this.depth) this.c.line('meter.depth=dp')
  }
}

/** The names that controlled functions of an instance refer to. */
export function controlNames({ store }: ModuleInst): Record<string, unknown> {
  const { meter, limits } = store
  return {
    meter,
    maxDepth: Math.min(limits.callDepth, 65536),
    tooDeep: () => {
      throw new Exhaustion('call stack exhausted')
    },
    tick: () => meter.tick(),
    refuel: (left: number, units: number): number => {
      meter.slice = left
      if (!meter.refill()) {
        meter.slice += units
        outOfFuel()
      }
      return meter.slice
    },
    ...(meter.interruptible ? bulkOperations(meter) : {}),
  }
}

type Operation = (...args: never[]) => unknown
const BULK = {
  memoryInit: segments.memoryInit,
  memoryCopy: segments.memoryCopy,
  memoryFill: segments.memoryFill,
  memoryGrow: segments.memoryGrow,
  tableInit: segments.tableInit,
  tableCopy: segments.tableCopy,
  tableFill: segments.tableFill,
  tableGrow: segments.tableGrow,
} satisfies Record<string, Operation>

/** The bulk operations, looking at times whether to stop. */
const bulkOperations = (meter: Meter): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries<Operation>(BULK).map(([name, operate]) => [
      name,
      (...args: unknown[]) => (operate as (...all: unknown[]) => unknown)(...args, meter),
    ]),
  )
