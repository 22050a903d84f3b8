// The names of the engines, for those who offer them without loading any.

/** What `engineByName` knows, `auto` first. */
export const ENGINE_NAMES = ['auto', 'host', 'tiered', 'compiler', 'interpreter'] as const
