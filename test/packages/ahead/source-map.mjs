// source-map: its module reads a map's mappings and gives them back in order of the generated code.

import { mappings } from 'mappings'
import readWasm from 'source-map/lib/wasm.js'

readWasm().then(({ exports, withMappingCallback }) => {
  const at = exports.allocate_mappings(mappings.length)
  const bytes = new Uint8Array(exports.memory.buffer, at, mappings.length)
  for (let k = 0; k < mappings.length; k++) bytes[k] = mappings.charCodeAt(k)
  const map = exports.parse_mappings(at)
  let count = 0
  let sum = 0
  const add = (m) => {
    count++
    sum = (sum * 31 + m.generatedLine * 7 + m.generatedColumn + (m.originalLine ?? 0) * 3 + (m.originalColumn ?? 0)) | 0
  }
  withMappingCallback(add, () => exports.by_generated_location(map))
  const [all, last] = [count, sum]
  withMappingCallback(add, () => exports.original_location_for(map, 40, 10, 1))
  exports.free_mappings(map)
  exports.parse_mappings(exports.allocate_mappings(4))
  print(JSON.stringify([all, last, count, sum, exports.get_last_error()]))
})
