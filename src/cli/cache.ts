// `anywasm cache`: where the cache is, and emptying it.
import { cacheDir, cacheUse, cleanCache, distrust } from './cache-files.ts'
import { writeOut } from './output.ts'

const UNITS = ['bytes', 'KiB', 'MiB'] as const

function size(bytes: number): string {
  let unit = 0
  let n = bytes
  while (n >= 1024 && unit < UNITS.length - 1) {
    n /= 1024
    unit++
  }
  return `${unit === 0 ? n : n.toFixed(1)} ${UNITS[unit]}`
}

const counted = (n: number) => (n === 1 ? '1 file' : `${n} files`)

export function showCacheDir(json: boolean): void {
  const dir = cacheDir()
  const unused = distrust(dir)
  if (json) writeOut(`${JSON.stringify({ dir, ...cacheUse(), unused: unused ?? null }, undefined, 2)}\n`)
  else writeOut(`${dir}${unused === undefined ? '' : ` (not used: it ${unused})`}\n`)
}

export function clean(): void {
  const { files, bytes } = cleanCache()
  writeOut(files === 0 ? 'the cache is empty\n' : `deleted ${counted(files)}, ${size(bytes)}\n`)
}
