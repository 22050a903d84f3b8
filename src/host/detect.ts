// What the host's own WebAssembly can do, found out by having it validate a small module for each feature.
import { ALL_FEATURES, type Feature } from '../syntax/features.ts'

/** What is used of the host's WebAssembly here; the project has no types of a page. */
interface Native {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: Record<string, unknown> }
}

/** Modules that need a feature, without the eight bytes that every module begins with. */
const PROBES: readonly (readonly [feature: Feature, hex: string])[] = [
  ['multi-value', '0106016000027f7f030201000a08010600410041000b'],
  ['bulk-memory', '0104016000000302010005030100010a0d010b00410041004100fc0b000b'],
  ['reference-types', '010401600000030201000404016f00010a08010600fc10001a0b'],
  ['simd', '010401600000030201000a090107004100fd0f1a0b'],
  ['tail-call', '010401600000030201000a0601040012000b'],
  ['extended-const', '0609017f00410041006a0b'],
  ['function-references', '0109026000006001640000030201010a08010600200014000b'],
  ['gc', '0106025f00600000030201010a08010600fb00001a0b'],
  ['exceptions', '010401600000030201000a0a0108001f400102000b0b'],
  ['memory64', '0503010401'],
  ['multi-memory', '05050200010001'],
  [
    'relaxed-simd',
    '010401600000030201000a2c012a00fd0c00000000000000000000000000000000fd0c00000000000000000000000000000000fd80021a0b',
  ],
  ['threads', '010401600000030201000504010301010a0b0109004100fe1002001a0b'],
  ['legacy-exceptions', '010401600000030201000a080106000640190b0b'],
  ['wide-arithmetic', '010401600000030201000a0c010a0042004200fc161a1a0b'],
  ['custom-page-sizes', '050401080000'],
]

/** The features of the host's WebAssembly, of those beyond the first version; undefined where it has none. */
export function hostFeatures(): readonly Feature[] | undefined {
  const native = (globalThis as { WebAssembly?: Native }).WebAssembly
  if (native === undefined) return undefined
  return PROBES.filter(([, hex]) => native.validate(probe(hex))).map(([feature]) => feature)
}

/** What the host lacks, of all features there are. */
let missing: readonly Feature[] | undefined
export function lackingFeatures(): readonly Feature[] {
  if (missing === undefined) {
    const has = new Set<Feature>(hostFeatures())
    missing = ALL_FEATURES.filter((f) => !EVERYWHERE.has(f) && !has.has(f))
  }
  return missing
}
const EVERYWHERE = new Set<Feature>(['mvp', 'sign-extension', 'saturating-float-to-int'])

/** A function that gives back its parameter from beneath a wait that does not wait, its memory being zero. */
const WAIT = '01060160017f017f03020100050401030101070501016600000a11010f002000410041014200fe0102001a0b'
/**
 * Whether the host loses what lies beneath a wait's operands, be it an operand or the last local, as V8's first tier does up to version 11.
 * Where the agent may not wait, nothing does.
 */
let loses: boolean | undefined
export function losesBeneathWaits(): boolean {
  if (loses === undefined) loses = lackingFeatures().includes('threads') ? false : tryWait()
  return loses
}

function tryWait(): boolean {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: Native }).WebAssembly
  try {
    const beneath = new Instance(new Module(probe(WAIT))).exports['f'] as (x: number) => number
    return beneath(1) !== 1
  } catch {
    return false
  }
}

function probe(hex: string): Uint8Array {
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  for (let k = 0; k < hex.length; k += 2) bytes.push(Number.parseInt(hex.slice(k, k + 2), 16))
  return Uint8Array.from(bytes)
}
