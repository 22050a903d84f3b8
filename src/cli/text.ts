// `anywasm parse` and `anywasm print`: between the text format and the binary.
import { writeFileSync, writeSync } from 'node:fs'
import { decode } from '../binary/decode.ts'
import { decodeNames } from '../binary/name-section.ts'
import { parseModule } from '../text/parse.ts'
import { printModule } from '../text/print.ts'
import { explain, systemFailure } from './failure.ts'
import { moduleBytes, readBytes } from './load.ts'

function write(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content)
  } catch (e) {
    throw systemFailure(path, e)
  }
}

export function parse(file: string, output: string = `${file.replace(/\.wat$/, '')}.wasm`): void {
  let bytes: Uint8Array
  try {
    bytes = parseModule(readBytes(file))
  } catch (e) {
    throw explain(e, file)
  }
  write(output, bytes)
}

export function print(file: string, output: string | undefined): void {
  let text: string
  try {
    const module = decode(moduleBytes(file))
    text = printModule(module, decodeNames(module))
  } catch (e) {
    throw explain(e, file)
  }
  if (output === undefined) writeSync(1, text)
  else write(output, text)
}
