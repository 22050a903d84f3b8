// `anywasm parse` and `anywasm print`: between the text format and the binary.
import { decode } from '../binary/decode.ts'
import { decodeNames } from '../binary/name-section.ts'
import { parseModule } from '../text/parse.ts'
import { printModule } from '../text/print.ts'
import { EXIT, explain, Failure } from './failure.ts'
import { moduleBytes, readBytes } from './load.ts'
import { mustDiffer, writeFile } from './output.ts'
import { beginProgress } from './progress.ts'
import { isTerminal } from './terminal.ts'

/** @param output the input with .wasm if it isn't given; standard output if there is no name to take */
export function parse(file: string, output: string = file === '-' ? '-' : `${file.replace(/\.wat$/, '')}.wasm`): void {
  if (output === '-' && isTerminal(1))
    throw new Failure('parse: a binary is nothing for a terminal; name a file with -o', EXIT.usage)
  mustDiffer('parse', file, output)
  let bytes: Uint8Array
  try {
    const text = readBytes(file)
    beginProgress(`parsing ${file}`, text.length)
    bytes = parseModule(text)
  } catch (e) {
    throw explain(e, file)
  }
  writeFile(output, bytes)
}

export async function print(file: string, output = '-'): Promise<void> {
  mustDiffer('print', file, output)
  let text: string
  try {
    const module = decode(await moduleBytes(file))
    text = printModule(module, decodeNames(module))
  } catch (e) {
    throw explain(e, file)
  }
  writeFile(output, text)
}
