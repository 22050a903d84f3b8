// Reads a module from a file, binary or text, decodes and validates it.
import { readFileSync } from 'node:fs'
import { decode } from '../binary/decode.ts'
import type { Module } from '../syntax/module.ts'
import { validate } from '../valid/module.ts'
import { Failure, systemFailure } from './failure.ts'
import { beginProgress } from './progress.ts'

const OWN = 1 << 16

/** The bytes of a file, or of standard input for `-`. */
export function readBytes(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path === '-' ? 0 : path)
    // Small buffers share their memory with others; large ones need not be copied.
    return bytes.length < OWN ? new Uint8Array(bytes) : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  } catch (e) {
    throw systemFailure(path === '-' ? 'standard input' : path, e)
  }
}

/** The layer that a binary is of: 0 for modules, 1 for components. */
const LAYER_AT = 6

/** The binary of a module: a text is recognised by its name or by not beginning as a binary does. */
export async function moduleBytes(path: string): Promise<Uint8Array> {
  const bytes = readBytes(path)
  beginProgress(`reading ${path}`, bytes.length)
  const binary = bytes[0] === 0 && bytes[1] === 0x61
  if (binary && bytes[LAYER_AT] === 1)
    throw new Failure(`${path}: is a component, and anywasm runs core modules; compile for wasm32-wasip1`)
  if (!path.endsWith('.wat') && (binary || path.endsWith('.wasm') || bytes.length === 0)) return bytes
  const { parseModule } = await import('../text/parse.ts')
  return parseModule(bytes)
}

export async function loadModule(path: string): Promise<Module> {
  const module = decode(await moduleBytes(path))
  validate(module)
  return module
}

/** Bytes of a module from which on keeping its code pays. */
const CODE_FROM = 1 << 15

/** A module that is to run, and what stands for its contents where keeping its code pays. */
export interface Loaded {
  module: Module
  content: string | undefined
}

/** The same for a module that is to run: one that has been found valid before is not validated again. */
export async function loadCached(path: string): Promise<Loaded> {
  const bytes = await moduleBytes(path)
  if (bytes.length < CODE_FROM) {
    const module = decode(bytes)
    validate(module)
    return { module, content: undefined }
  }
  const { contentHash, knownValid, noteValid } = await import('./code-cache.ts')
  const content = contentHash(bytes)
  const known = knownValid(content, bytes.length)
  const module = decode(bytes, known)
  if (!known) {
    validate(module)
    noteValid(content, bytes.length)
  }
  return { module, content }
}
