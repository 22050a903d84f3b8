// What this build is: constants that scripts/build.mjs puts in place.

declare const ANYWASM_VERSION: string | undefined
declare const ANYWASM_BUILD: string | undefined

/** The version of package.json. */
export const VERSION = typeof ANYWASM_VERSION === 'string' ? ANYWASM_VERSION : 'unbuilt'

/** Differs between builds of different sources. */
export const BUILD = typeof ANYWASM_BUILD === 'string' ? ANYWASM_BUILD : 'unbuilt'
