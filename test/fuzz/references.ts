// Expressions over references: what makes them, what takes numbers out of them. Null is seldom where it would trap.
import { address, constant, deeper, expr, type Scope } from './expressions.ts'
import { ARRAYS, CONSTANT_TYPES, FIELDS, heapOf, isReference, OPEN_ENTRY, SUBTYPES, unpacked } from './shape.ts'

export const ARRAY_NAMES = Object.keys(ARRAYS)

/** A non-null aggregate of a type, most often. */
export function aggregate(s: Scope, name: string): string {
  if (CONSTANT_TYPES.includes(name) && s.t.below(8) === 7) return `(global.get $c${name})`
  const given = expr(s, `(ref null ${name})`)
  if (name === '$s1' && s.t.below(8) === 7) return `(local.tee $nns1 (call $ors1 ${given}))`
  return s.t.below(12) === 11 ? given : `(call $or${name.slice(1)} ${given})`
}

/** An index into an array, most often within it. */
export const arrayIndex = (s: Scope): string => address(s, 'i32', 7)

/** An expression of a reference type, or of i32 over references. */
export function references(s: Scope, type: string): string {
  if (type === 'i32') return observed(s)
  const { t, shape } = s
  if (t.below(3) === 0) {
    const table = shape.tables.find((x) => x.elem === type)
    if (table) return `(table.get ${table.name} ${address(s, table.address, 7)})`
  }
  if (type === 'funcref')
    return t.below(2) === 0 ? `(ref.func ${t.pick(['$inc', '$half', '$f0'])})` : expr(s, pickSubtype(s, type))
  if (type === '(ref null $sig0)') return `(ref.func ${t.pick(['$inc', '$half'])})`
  if (!shape.features.has('gc') || type === 'exnref') return constant(t, type)
  if (type === 'externref') return t.below(3) === 0 ? '(global.get $x)' : `(extern.convert_any ${expr(s, 'anyref')})`
  const name = heapOf(type)
  if (name in FIELDS) return t.below(2) === 0 ? made(s, name) : narrowed(s, type)
  if (name in ARRAYS) return t.below(2) === 0 ? madeArray(s, name) : narrowed(s, type)
  if (type === 'i31ref') return t.below(2) === 0 ? `(ref.i31 ${expr(s, 'i32')})` : narrowed(s, type)
  if (type === 'anyref' && t.below(5) === 0) return `(any.convert_extern ${expr(s, 'externref')})`
  if (type === 'anyref' && t.below(5) === 0) return `(array.get $aany ${aggregate(s, '$aany')} ${arrayIndex(s)})`
  if (type === 'anyref' && t.below(5) === 0) return `(struct.get $s0 6 ${aggregate(s, '$s0')})`
  if (type === 'anyref' && t.below(5) === 0) return opened(s)
  return t.below(4) === 0 ? narrowed(s, type) : expr(s, pickSubtype(s, type))
}

/** A call through the type $open of a function that has a subtype of it, most often. */
function opened(s: Scope): string {
  const at = s.t.below(8) === 7 ? address(s, 'i32', 7) : `(i32.const ${OPEN_ENTRY})`
  const arg = expr(s, 'i32')
  if (s.t.below(3) > 0) return `(call_indirect $t0 (type ${s.t.pick(['$open', '$opened'])}) ${arg} ${at})`
  return `(call_ref $open ${arg} (ref.cast (ref null $open) (table.get $t0 ${at})))`
}

function pickSubtype(s: Scope, type: string): string {
  const known = (SUBTYPES[type] ?? []).filter((x) => s.shape.types.includes(x))
  return known.length === 0 ? type : s.t.pick(known)
}

/** A value cast down from any, in one of the ways there are; traps or a default when it is something else. */
function narrowed(s: Scope, type: string): string {
  const { t } = s
  const heap = heapOf(type)
  const label = `$b${s.fresh()}`
  const any = expr(s, 'anyref')
  switch (t.below(6)) {
    case 0:
      return `(ref.cast ${heap.startsWith('$') ? `(ref null ${heap})` : type} (ref.null none))`
    case 1:
      return `(block ${label} (result ${type}) (drop (br_on_cast ${label} anyref (ref null ${heap}) ${any})) ${expr(s, type)})`
    case 2:
      return `(block ${label} (result ${type}) (drop (block ${label}f (result anyref) (br ${label} (br_on_cast_fail ${label}f anyref (ref null ${heap}) ${any})))) ${expr(s, type)})`
    case 3:
      return `(if (result ${type}) (ref.test (ref null ${heap}) (local.tee $nany ${any})) (then (ref.cast (ref null ${heap}) (local.get $nany))) (else ${expr(s, type)}))`
    case 4:
      return `(block ${label} (result ${type}) (br_on_non_null ${label} ${expr(s, type)}) ${expr(s, type)})`
    default:
      return t.below(8) === 0
        ? `(ref.cast (ref ${heap}) ${any})`
        : `(block ${label} (result ${type}) (drop (br_on_cast ${label} anyref (ref ${heap}) ${any})) ${expr(s, type)})`
  }
}

function made(s: Scope, name: string): string {
  const fields = FIELDS[name]!
  if (s.t.below(2) === 0) return `(struct.new_default ${name})`
  return `(struct.new ${name} ${fields.map((f) => expr(deeper(s), unpacked(f))).join(' ')})`
}

function madeArray(s: Scope, name: string): string {
  const { t } = s
  const x = ARRAYS[name]!
  const length = `(i32.or (i32.and ${expr(s, 'i32')} (i32.const 15)) (i32.const 8))`
  switch (t.below(5)) {
    case 0:
      return `(array.new ${name} ${expr(s, unpacked(x))} ${length})`
    case 1: {
      const count = 1 + t.below(12)
      const items = Array.from({ length: count }, () => constant(t, unpacked(x)))
      return `(array.new_fixed ${name} ${count} ${items.join(' ')})`
    }
    case 2:
      if (!isReference(x))
        return `(array.new_data ${name} $d0 ${address(s, 'i32', 3)} (i32.const ${x === 'v128' ? 2 : 4}))`
      if (x === 'funcref') return `(array.new_elem ${name} $el0 ${address(s, 'i32', 1)} (i32.const 2))`
      return `(array.new_elem ${name} $ela ${address(s, 'i32', 1)} (i32.const 2))`
    default:
      return `(array.new_default ${name} ${length})`
  }
}

/** An i32 that a reference or an aggregate gives, or a number of another type out of an aggregate, made an i32. */
function observed(s: Scope): string {
  const { t, shape } = s
  const ref = t.pick(shape.types.filter(isReference))
  if (!shape.features.has('gc') || t.below(3) === 0) {
    switch (t.below(4)) {
      case 0:
        return `(ref.is_null ${expr(s, ref)})`
      case 1: {
        const x = t.pick(shape.tables)
        const size =
          t.below(4) === 0
            ? `(table.grow ${x.name} ${expr(s, x.elem)} (${x.address}.const 1))`
            : `(table.size ${x.name})`
        return x.address === 'i64' ? `(i32.wrap_i64 ${size})` : size
      }
      case 2: {
        const label = `$b${s.fresh()}`
        if (!shape.features.has('function-references')) return `(ref.is_null ${expr(s, ref)})`
        return `(block ${label} (result i32) (i32.const 1) (br_on_null ${label} ${expr(s, ref)}) (drop) (drop) (i32.const 0))`
      }
      default:
        return shape.features.has('extended-const') ? '(global.get $ext)' : `(ref.is_null ${expr(s, ref)})`
    }
  }
  return ofAggregate(s)
}

function ofAggregate(s: Scope): string {
  const { t } = s
  if (t.below(12) === 11)
    return `(ref.test (ref ${t.pick(['$open', 'null $open', '$opened', '$sig0', 'nofunc', 'func'])}) ${expr(s, 'funcref')})`
  const name = t.pick(ARRAY_NAMES)
  switch (t.below(8)) {
    case 0:
      return `(ref.test (ref ${t.below(2) === 0 ? 'null ' : ''}${t.pick(['$s0', '$s1', '$s2', 'i31', 'eq', 'struct', 'array', 'none', '$ai8'])}) ${expr(s, 'anyref')})`
    case 1:
      return `(i31.get_${t.pick(['s', 'u'])} ${t.below(8) === 0 ? expr(s, 'i31ref') : `(ref.i31 ${expr(s, 'i32')})`})`
    case 2:
      return `(ref.eq ${expr(s, 'eqref')} ${expr(s, 'eqref')})`
    case 3:
      return `(array.len ${t.below(3) === 0 ? expr(s, 'arrayref') : aggregate(s, name)})`
    case 4:
      return `(struct.get_${t.pick(['s', 'u'])} ${t.pick(['$s0', '$s1'])} ${4 + t.below(2)} ${aggregate(s, '$s1')})`
    case 5: {
      const packed = t.pick(['$ai8', '$ai16'])
      return `(array.get_${t.pick(['s', 'u'])} ${packed} ${aggregate(s, packed)} ${arrayIndex(s)})`
    }
    case 6:
      return `(struct.get ${t.pick(['$s0', '$s1'])} 0 ${aggregate(s, '$s1')})`
    default:
      return `(ref.is_null (ref.as_non_null ${t.below(3) === 0 ? expr(s, 'anyref') : aggregate(s, '$s0')}))`
  }
}

/** A number out of an aggregate. */
export function element(s: Scope, type: string): string {
  const { t } = s
  const field = FIELDS.$s0!.indexOf(type)
  const array = ARRAY_NAMES.find((a) => ARRAYS[a] === type)
  if (array !== undefined && t.below(2) === 0) return `(array.get ${array} ${aggregate(s, array)} ${arrayIndex(s)})`
  return field < 0 ? expr(s, type) : `(struct.get $s0 ${field} ${aggregate(s, '$s0')})`
}
