// QuickJS as WebAssembly: it evaluates a program, calls a host function, and reports an error.

import { QuickJSFFI } from 'file-of-quickjs/ffi'
import loadModule from 'file-of-quickjs/module'
import { newQuickJSWASMModuleFromVariant } from 'quickjs-emscripten-core'
import { evaluate } from '../quickjs.mjs'

const variant = {
  type: 'sync',
  importFFI: () => Promise.resolve(QuickJSFFI),
  importModuleLoader: () =>
    Promise.resolve((options) =>
      loadModule({ ...options, instantiateWasm: (imports, done) => void done(output.instantiateSync(imports)) }),
    ),
}
newQuickJSWASMModuleFromVariant(variant)
  .then((quickjs) => {
    const vm = quickjs.newContext()
    const { text, error } = evaluate(vm, 200)
    vm.dispose()
    print(JSON.stringify([text, error]))
  })
  .catch((e) => print(`failed: ${e}\n${e.stack}`))
