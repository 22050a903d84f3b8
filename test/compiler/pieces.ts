// Sizes for which a function is in as many pieces as there can be.
export const PIECES = { whole: 200, left: 100, piece: 4000, chunk: 150, least: -1000 }
