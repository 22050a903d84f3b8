// The one table of helpers that generated code may call, by name, in every instance.
import * as bits from '../numeric/bits.ts'
import * as convert from '../numeric/convert.ts'
import * as f32 from '../numeric/f32.ts'
import * as f64 from '../numeric/f64.ts'
import * as i32 from '../numeric/i32.ts'
import * as i64 from '../numeric/i64.ts'
import * as v128 from '../numeric/v128-bits.ts'
import * as f32x4 from '../numeric/v128-f32x4.ts'
import * as f64x2 from '../numeric/v128-f64x2.ts'
import * as i8x16 from '../numeric/v128-i8x16.ts'
import * as i16x8 from '../numeric/v128-i16x8.ts'
import * as i32x4 from '../numeric/v128-i32x4.ts'
import * as i64x2 from '../numeric/v128-i64x2.ts'
import * as wideArithmetic from '../numeric/wide.ts'
import * as aggregates from '../runtime/aggregates.ts'
import * as atomics from '../runtime/atomics.ts'
import * as segments from '../runtime/segments.ts'
import * as helpers from './helpers.ts'

/** Changes when a name in the table comes to mean something else: code that was compiled before must not be used then. */
export const BUILTINS_VERSION = 1

/** Names that every function may use, besides the exports of the other rooms. */
export const BUILTINS: Readonly<Record<string, unknown>> = Object.freeze({ ...helpers })

/** Not joined into one object: there are a thousand names, and a program uses a few. */
const ROOMS: readonly Record<string, unknown>[] = Object.freeze([
  i32,
  i64,
  f32,
  f64,
  convert,
  bits,
  segments,
  aggregates,
  v128,
  i8x16,
  i16x8,
  i32x4,
  i64x2,
  f32x4,
  f64x2,
  atomics,
  wideArithmetic,
])

const found = new Map<string, unknown>()

/** What a name in generated code means in every instance; undefined where it means nothing. */
export function builtin(name: string): unknown {
  if (Object.hasOwn(BUILTINS, name)) return BUILTINS[name]
  if (!found.has(name)) found.set(name, ROOMS.find((room) => Object.hasOwn(room, name))?.[name])
  return found.get(name)
}
