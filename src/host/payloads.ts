// What exceptions of the host carry, in and out, where JavaScript has no values for it or hosts change NaNs on the way: functions of WebAssembly that
// throw and catch.
import type { Callable } from '../runtime/instances.ts'
import { takeResults, type Value } from '../runtime/values.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import { EXTERNREF, type FuncType } from '../syntax/types.ts'
import { outgoing, type RefMap } from './bridge.ts'
import { lackingFeatures } from './detect.ts'
import type { NativeFunction } from './native.ts'
import { Body, plain, run, Synth } from './synth.ts'

/** Throws the host's own exception with a tag; gets the payload's slots. */
export function thrower(registry: TypeRegistry, def: DefType, tag: object, refs: RefMap): Callable {
  const synth = new Synth(registry)
  const type = synth.def(def)
  synth.import('t', { kind: 'tag', type: { type } })
  const b = new Body()
  for (let k = 0; k < (def.sub.comp as FuncType).params.length; k++) b.op(Op.local_get, k)
  synth.export('f', 'func', synth.func(type, [], b.op(Op.throw_, 0).end()))
  return outgoing(registry, def, run(synth.compile(), { t: tag })['f'] as NativeFunction, refs)
}

/** Gives the payload of one of the host's exceptions that has the tag. */
export function reader(
  registry: TypeRegistry,
  def: DefType,
  tag: object,
  refs: RefMap,
): (exn: unknown) => readonly Value[] {
  const { params } = def.sub.comp as FuncType
  const face = plain([EXTERNREF], params)
  const [id] = registry.add([[{ final: true, supers: [], comp: face }]])
  const synth = new Synth(registry)
  const raise = synth.importFunc('raise', synth.type(plain([EXTERNREF], [])))
  synth.import('t', { kind: 'tag', type: { type: synth.def(def) } })
  const caught = synth.type(plain([], params))
  const b = new Body()
  const legacy = !lackingFeatures().includes('legacy-exceptions')
  if (legacy) b.op(Op.try_)
  else b.op(Op.block)
  b.w.s33(caught)
  if (!legacy) {
    b.block(Op.try_table)
    // One handler: the tag's payload, to the block.
    b.w.raw(Uint8Array.of(1, 0, 0, 0))
  }
  b.op(Op.local_get, 0).op(Op.call, raise)
  if (legacy) b.op(Op.unreachable).op(Op.catch_, 0)
  else b.op(Op.end).op(Op.unreachable)
  synth.export('f', 'func', synth.func(synth.type(face), [], b.op(Op.end).end()))
  const throws = (e: unknown) => {
    throw e
  }
  const read = run(synth.compile(), { raise: throws, t: tag })['f'] as NativeFunction
  const code = outgoing(registry, registry.types[id!]!, read, refs)
  return (exn) => takeResults(params, code(exn))
}
