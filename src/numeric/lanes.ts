// Vectors at work: 128-bit values as four int32 slots of one buffer, seen through views of every lane type. The operators on them are in v128-*.ts.

/** Vectors lie at slot indices that are multiples of two; a vector takes four slots. */
export class Lanes {
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly i16: Int16Array
  readonly u16: Uint16Array
  readonly i8: Int8Array
  readonly u8: Uint8Array
  readonly f32: Float32Array
  readonly f64: Float64Array

  constructor(buffer: ArrayBufferLike) {
    this.i32 = new Int32Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i16 = new Int16Array(buffer)
    this.u16 = new Uint16Array(buffer)
    this.i8 = new Int8Array(buffer)
    this.u8 = new Uint8Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.f64 = new Float64Array(buffer)
  }
}
