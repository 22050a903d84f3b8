// source-map: reads a large map, resolves positions both ways, visits every mapping.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const map = JSON.parse(readFileSync(require.resolve('web-tree-sitter').replace(/\.c?js$/, '.js.map'), 'utf8'))

export const load = () => require('source-map')

export async function task({ SourceMapConsumer }) {
  return SourceMapConsumer.with(map, null, (consumer) => {
    let sum = 0
    let count = 0
    consumer.eachMapping((m) => {
      count++
      sum =
        (sum * 31 + m.generatedLine * 7 + m.generatedColumn + (m.originalLine ?? 0) * 3 + (m.originalColumn ?? 0)) | 0
    })
    const positions = Array.from({ length: 300 }, (_, i) =>
      consumer.originalPositionFor({ line: 1 + i * 5, column: (i * 13) % 60 }),
    )
    const source = consumer.sources[0]
    const back = Array.from({ length: 100 }, (_, i) =>
      consumer.allGeneratedPositionsFor({ source, line: 1 + i * 3, column: 0 }),
    )
    return { count, sum, positions, back }
  })
}
