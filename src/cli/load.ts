// Reads a module from a file, binary or text, decodes and validates it.
import { readFileSync } from 'node:fs'
import { decode } from '../binary/decode.ts'
import type { Module } from '../syntax/module.ts'
import { parseModule } from '../text/parse.ts'
import { validate } from '../valid/module.ts'
import { systemFailure } from './failure.ts'

export function readBytes(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path === '-' ? 0 : path))
  } catch (e) {
    throw systemFailure(path, e)
  }
}

/** The binary of a module: a text is recognised by its name or by not beginning as a binary does. */
export function moduleBytes(path: string): Uint8Array {
  const bytes = readBytes(path)
  const binary = bytes[0] === 0 && bytes[1] === 0x61
  return path.endsWith('.wat') || (!binary && !path.endsWith('.wasm') && bytes.length > 0) ? parseModule(bytes) : bytes
}

export function loadModule(path: string): Module {
  const module = decode(moduleBytes(path))
  validate(module)
  return module
}
