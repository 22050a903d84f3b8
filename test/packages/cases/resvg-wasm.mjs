// @resvg/resvg-wasm: renders a drawing with gradients, filters, clips and paths to PNG.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initWasm, Resvg } from '@resvg/resvg-wasm'

export const load = () =>
  initWasm(readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')))

const shapes = Array.from({ length: 120 }, (_, i) => {
  const [x, y] = [300 + 250 * Math.cos(i / 7), 200 + 160 * Math.sin(i / 5)]
  return `<path d="M${x} ${y} q ${i % 40} ${(i * 7) % 60} 30 10 t 20 -${i % 30} z" fill="hsl(${i * 3}, 70%, 50%)" opacity="${0.3 + (i % 7) / 10}" transform="rotate(${i} ${x} ${y})"/>`
}).join('')
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400">
  <defs><linearGradient id="g" gradientTransform="rotate(30)"><stop stop-color="#246"/><stop offset="1" stop-color="#fe8"/></linearGradient>
  <radialGradient id="r"><stop stop-color="white"/><stop offset="1" stop-color="red" stop-opacity="0"/></radialGradient>
  <filter id="b"><feGaussianBlur stdDeviation="4"/><feTurbulence baseFrequency=".02" result="t"/><feDisplacementMap in="SourceGraphic" in2="t" scale="12"/></filter>
  <clipPath id="c"><circle cx="300" cy="200" r="180"/></clipPath></defs>
  <rect width="600" height="400" fill="url(#g)"/><g clip-path="url(#c)">${shapes}</g>
  <circle cx="420" cy="120" r="90" fill="url(#r)" filter="url(#b)"/><path d="M20 380 C 200 100 400 500 580 40" stroke="#000" stroke-dasharray="9 4 2" fill="none" stroke-width="3.5"/></svg>`

export function task() {
  const image = new Resvg(SVG, { fitTo: { mode: 'width', value: 900 }, font: { loadSystemFonts: false } }).render()
  return { width: image.width, height: image.height, png: image.asPng() }
}
