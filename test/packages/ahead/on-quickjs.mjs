// Runs a script on QuickJS, the engine (compiled to WebAssembly, on Node's), which has no WebAssembly of its own: node on-quickjs.mjs SCRIPT.
import { readFileSync } from 'node:fs'
import { getQuickJS } from 'quickjs-emscripten'

const quickjs = await getQuickJS()
const vm = quickjs.newContext()
vm.runtime.setMaxStackSize(0)
vm.newFunction('print', (text) => console.log(vm.getString(text))).consume((f) => vm.setProp(vm.global, 'print', f))
const result = vm.evalCode(readFileSync(process.argv[2], 'utf8'), 'script.js')
const jobs = vm.runtime.executePendingJobs()
const error = result.error ?? jobs.error
if (error !== undefined) {
  const { name, message, stack } = vm.dump(error)
  console.error(`${name}: ${message}\n${stack}`)
  process.exitCode = 1
}
