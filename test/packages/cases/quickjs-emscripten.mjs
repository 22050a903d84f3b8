// quickjs-emscripten: a JavaScript engine that evaluates a program, calls a host function, and is interrupted.
import { getQuickJS, shouldInterruptAfterDeadline } from 'quickjs-emscripten'
import { evaluate, failure } from '../quickjs.mjs'

export const load = () => getQuickJS()

export function task(quickjs) {
  const vm = quickjs.newContext()
  const { text, error } = evaluate(vm, 2000)
  vm.runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + 50))
  const interrupted = failure(vm, 'for (;;);')
  vm.dispose()
  return { text, error, interrupted }
}
