// Code that outlives the process: an embedder that keeps it (the command line's cache) registers itself for a module, is told of every
// function that is compiled, and gives back in a later process what it has been told.
import type { Module } from '../syntax/module.ts'
import type { Factory } from './emit.ts'
import type { Compiled } from './func.ts'

/** A function compiled before. Its factory's body was made by `factoryBody`. */
export interface KeptFunc {
  factory: Factory
  names: readonly string[]
  /** Offsets of instructions by line, and the row in stack traces of the line before the first of them. */
  offsets: ArrayLike<number>
  row: number
  hasTailCall: boolean
}

export interface CodeKeeper {
  /** @param id the name that the function must have in its source */
  find(index: number, id: string): KeptFunc | undefined
  keep(index: number, id: string, compiled: Compiled): void
}

/** Who keeps the code of a module. Kept code is only good for the same engine, the same metering and the first instance of a store. */
export const keepers = new WeakMap<Module, CodeKeeper>()
