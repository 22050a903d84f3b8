// Which proposals exist, and which are part of which release. An instruction row names its feature; gating follows from the tag.

/** A feature: the proposal that an instruction or type form came with. */
export type Feature =
  | 'mvp'
  | 'sign-extension'
  | 'saturating-float-to-int'
  | 'multi-value'
  | 'bulk-memory'
  | 'reference-types'
  | 'simd'
  | 'tail-call'
  | 'extended-const'
  | 'function-references'
  | 'gc'
  | 'exceptions'
  | 'memory64'
  | 'multi-memory'
  | 'relaxed-simd'
  | 'threads'
  | 'legacy-exceptions'
  | 'wide-arithmetic'
  | 'custom-page-sizes'

export const FEATURES_2_0: readonly Feature[] = [
  'mvp',
  'sign-extension',
  'saturating-float-to-int',
  'multi-value',
  'bulk-memory',
  'reference-types',
  'simd',
]
export const FEATURES_3_0: readonly Feature[] = [
  ...FEATURES_2_0,
  'tail-call',
  'extended-const',
  'function-references',
  'gc',
  'exceptions',
  'memory64',
  'multi-memory',
  'relaxed-simd',
]
/** Everything anywasm decodes and validates; the default. */
export const ALL_FEATURES: readonly Feature[] = [
  ...FEATURES_3_0,
  'threads',
  'legacy-exceptions',
  'wide-arithmetic',
  'custom-page-sizes',
]
