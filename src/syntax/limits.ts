// Implementation limits, as the WebAssembly JavaScript API fixes them (js-api, "Implementation-defined Limits").

export const MAX_MODULE_SIZE = 1024 * 1024 * 1024
export const MAX_TYPES = 1_000_000
export const MAX_REC_GROUPS = 1_000_000
export const MAX_REC_GROUP_SIZE = 1_000_000
export const MAX_SUBTYPING_DEPTH = 63
export const MAX_FUNCS = 1_000_000
export const MAX_IMPORTS = 1_000_000
export const MAX_EXPORTS = 1_000_000
export const MAX_GLOBALS = 1_000_000
export const MAX_TAGS = 1_000_000
export const MAX_DATA_SEGMENTS = 100_000
export const MAX_ELEM_SEGMENTS = 10_000_000
export const MAX_TABLES = 100_000
export const MAX_MEMORIES = 100
export const MAX_TABLE_SIZE = 10_000_000
export const MAX_MEMORY32_PAGES = 65_536
/** Pages of 64 KiB that the JavaScript API allows a 64-bit memory. */
export const MAX_MEMORY64_PAGES = 262_144
export const MAX_PARAMS = 1_000
export const MAX_RESULTS = 1_000
export const MAX_STRUCT_FIELDS = 10_000
export const MAX_ARRAY_NEW_FIXED = 10_000
export const MAX_BODY_SIZE = 7_654_321
export const MAX_LOCALS = 50_000
export const PAGE_SIZE = 65_536
