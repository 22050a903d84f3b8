// A chart of ratios to native as SVG: a group of bars per program, logarithmic, warm tasks above and starts below.
const COLOURS = ['#1f77b4', '#7fb3d9', '#d95f02', '#7a7a7a', '#2ca02c']
const [WIDTH, LEFT, HEIGHT, TOP] = [960, 46, 220, 60]
const quote = (s) => s.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`)

/** One panel of bars, its origin at `y`. */
function panel(rows, programs, columns, key, title, y) {
  const ratio = (program, column) => {
    const of = (c) => rows.find((r) => r.program === program && r.column === c)
    return of(column)?.error || of('native')?.error ? undefined : of(column)[key] / of('native')[key]
  }
  const most = Math.max(10, ...programs.flatMap((p) => columns.map((c) => ratio(p, c) ?? 1)))
  const scale = (HEIGHT - 40) / Math.log10(most * 1.1)
  const base = y + HEIGHT - 20
  const out = [`<text x="${LEFT}" y="${y + 4}" font-weight="bold">${title}</text>`]
  for (const tick of [1, 2, 4, 10, 20, 40, 100, 200].filter((t) => t <= most * 1.1)) {
    const at = base - Math.log10(tick) * scale
    out.push(
      `<path d="M${LEFT} ${at}H${WIDTH - 10}" stroke="#ddd"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${tick}×</text>`,
    )
  }
  const group = (WIDTH - LEFT - 10) / programs.length
  const bar = (group * 0.8) / columns.length
  programs.forEach((program, p) => {
    const x = LEFT + p * group + group * 0.1
    out.push(`<text x="${x + group * 0.4}" y="${base + 16}" text-anchor="middle">${quote(program)}</text>`)
    columns.forEach((column, c) => {
      const value = ratio(program, column)
      const at = (x + c * bar).toFixed(1)
      if (value === undefined) out.push(`<text x="${at}" y="${base - 3}" fill="${COLOURS[c % 5]}">×</text>`)
      else {
        const height = Math.max(1, Math.log10(Math.max(value, 1)) * scale)
        const tip = `${program}, ${column}: ${value.toFixed(2)} × native`
        out.push(
          `<rect x="${at}" y="${(base - height).toFixed(1)}" width="${(bar * 0.9).toFixed(1)}" height="${height.toFixed(1)}" fill="${COLOURS[c % 5]}"><title>${quote(tip)}</title></rect>`,
        )
      }
    })
  })
  return out.join('\n')
}

/** @returns the chart as the text of an SVG file */
export function chart(rows, [, ...columns], about) {
  const programs = [...new Set(rows.map((r) => r.program))]
  const legend = columns.map(
    (c, k) =>
      `<rect x="${LEFT + k * 150}" y="26" width="12" height="12" fill="${COLOURS[k % 5]}"/><text x="${LEFT + 17 + k * 150}" y="36">${quote(c)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${TOP + 2 * HEIGHT + 60}" font-family="sans-serif" font-size="12">
<title>Real programs, time relative to native WebAssembly</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="16">Real programs, time ÷ native WebAssembly, lower is better (× fails). ${quote(about)}</text>
${legend.join('\n')}
${panel(rows, programs, columns, 'warm', 'Warm task', TOP)}
${panel(rows, programs, columns, 'start', 'Load and first task', TOP + HEIGHT + 40)}
</svg>
`
}
