// The scratch object through which result slots beyond the first travel (slot 1 of int kind in
// `hi`, every other slot k in the lane of its kind at index k). It belongs to no instance: a callee
// fills it last thing before it returns and the caller reads it at once.

/** Largest number of result slots a call can carry. */
export const MAX_RESULT_SLOTS = 4096

/** The result slots of the call or operator that returned last. */
export const ret = {
  /** Second slot if it is an int32: an i64's high half. */
  hi: 0,
  /** Further int32 slots, by slot index. */
  i: new Int32Array(MAX_RESULT_SLOTS),
  /** Further f32 and f64 slots, by slot index. */
  f: new Float64Array(MAX_RESULT_SLOTS),
  /** Further reference slots, by slot index. */
  r: [] as unknown[],
  /** A pending tail call: the function instance, or undefined. */
  tail: undefined as unknown,
  /** Its arguments, after a leading null. */
  args: [] as unknown[],
}
