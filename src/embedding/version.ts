// The package's version; a test holds it against package.json.

/** anywasm's version. */
export const VERSION = '0.1.0'
