// @dimforge/rapier3d-simd: a world of forty bodies, ninety steps. The package is for bundlers, so it is bundled first.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'

/** What bundlers make of an imported module: an instance whose imports are the modules that it names. */
const wasmModules = {
  name: 'wasm modules',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents:
        `const module = new WebAssembly.Module(process.getBuiltinModule('node:fs').readFileSync(${JSON.stringify(path)}))
        const glue = require('./rapier_wasm3d_bg.js')
        exports = module.exports = new WebAssembly.Instance(module, { './rapier_wasm3d_bg.js': glue }).exports`.replace(
          /\bmodule\b(?!\.exports)/g,
          'compiled',
        ),
    }))
  },
}

export async function load() {
  const dir = mkdtempSync(join(tmpdir(), 'anywasm-rapier-'))
  const outfile = join(dir, 'rapier.mjs')
  const entry = createRequire(import.meta.url).resolve('@dimforge/rapier3d-simd/rapier.js')
  await esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [wasmModules],
    logLevel: 'error',
  })
  const rapier = await import(pathToFileURL(outfile).href)
  rmSync(dir, { recursive: true })
  return rapier.default
}

export function task(RAPIER) {
  const world = new RAPIER.World({ x: 0, y: -9.81, z: 0 })
  world.createCollider(RAPIER.ColliderDesc.cuboid(20, 0.1, 20))
  const bodies = []
  for (let i = 0; i < 40; i++) {
    const desc = RAPIER.RigidBodyDesc.dynamic().setTranslation(
      (i % 5) * 1.1 - 2,
      0.7 + i * 0.2,
      ((i * 7) % 5) * 1.05 - 2,
    )
    const body = world.createRigidBody(desc.setLinvel(Math.sin(i), 0, Math.cos(i)))
    const shape =
      i % 3 === 0
        ? RAPIER.ColliderDesc.ball(0.5)
        : i % 3 === 1
          ? RAPIER.ColliderDesc.cuboid(0.4, 0.5, 0.3)
          : RAPIER.ColliderDesc.capsule(0.3, 0.3)
    world.createCollider(shape.setRestitution(0.4).setFriction(0.6), body)
    bodies.push(body)
  }
  for (let i = 0; i < 90; i++) world.step()
  const places = bodies.map((b) => [b.translation(), b.rotation(), b.linvel(), b.isSleeping()])
  const hit = world.castRay(new RAPIER.Ray({ x: 0, y: 30, z: 0 }, { x: 0.1, y: -1, z: 0.05 }), 100, true)
  const snapshot = world.takeSnapshot()
  world.free()
  return { version: RAPIER.version(), places, hit: hit?.timeOfImpact, snapshot }
}
