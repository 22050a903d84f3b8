// Small modules begin in the interpreter too, and functions and loops move up after a few turns.
import { tiering } from '../../src/tiered/engine.ts'

export const tierEarly = (): void =>
  void Object.assign(tiering, { least: 0, heat: 3, perByte: 0, eager: Infinity, share: 1 })
