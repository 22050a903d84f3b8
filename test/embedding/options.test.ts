// What is given in the wrong form is told by its name, before anything happens.
import { describe, expect, test } from 'vitest'
import { Func } from '../../src/embedding/func.ts'
import { Global } from '../../src/embedding/global.ts'
import { Instance } from '../../src/embedding/instance.ts'
import { Linker } from '../../src/embedding/linker.ts'
import { Memory } from '../../src/embedding/memory.ts'
import { Module } from '../../src/embedding/module.ts'
import { Store } from '../../src/embedding/store.ts'
import { Table } from '../../src/embedding/table.ts'
import { Tag } from '../../src/embedding/tag.ts'
import { Engine } from '../../src/presets/embedding.ts'
import { thrown } from './engines.ts'

const engine = new Engine()
const store = new Store(engine)
const module = new Module(engine, '(module (func (export "f") (param i32)))')
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript would refuse
const any = (x: unknown): any => x

describe('options', () => {
  test.each([
    [1, 'an engine: the options must be an object, got the number 1'],
    [null, 'an engine: the options must be an object, got null'],
    [{ executer: 'host' }, 'an engine: there is no option "executer"; there are "features", "deterministic"'],
    [{ executor: 'compilr' }, 'there is no executor "compilr"; did you mean "compiler"?'],
    [{ executor: 1 }, 'an executor must be the name of one, or one itself, got the number 1'],
    [{ features: 'mvp' }, 'an engine: features must be an array, got the string "mvp"'],
    [{ features: ['smid'] }, `unknown feature 'smid'; did you mean "simd"?`],
    [{ features: ['thread'] }, `unknown feature 'thread'; did you mean "threads"?`],
    [{ deterministic: 'yes' }, 'an engine: deterministic must be true or false, got the string "yes"'],
  ])('of an engine: %j', (options, message) => {
    const error = thrown(() => new Engine(any(options)))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(message)
  })

  test.each([
    ['x', 'the options must be an object, got the string "x"'],
    [{ fule: 1 }, 'there is no option "fule"; did you mean "fuel"?'],
    [{ limits: 1 }, 'limits must be an object, got the number 1'],
    [{ limits: null }, 'limits must be an object, got null'],
    [{ costs: 1 }, 'costs must be an object, got the number 1'],
    [{ signal: new EventTarget() }, 'signal must be an AbortSignal, got an EventTarget'],
    [{ flag: 1 }, 'flag must be an Int32Array, got the number 1'],
    [{ flag: new Int32Array() }, 'flag must be an Int32Array'],
    [{ interruptible: 1 }, 'interruptible must be true or false, got the number 1'],
    [{ mayGrow: 1 }, 'mayGrow must be a function, got the number 1'],
    [{ onTrap: 'x' }, 'onTrap must be a function, got the string "x"'],
    [{ onOutOfFuel: 5 }, 'onOutOfFuel must be a function, got the number 5'],
    [{ factory: { memory: 1 } }, 'factory must be an object with the functions memory, table, global, got an object'],
    [{ heap: 1 }, 'heap must be an object with the functions collect, release, used, got the number 1'],
  ])('of a store: %j', (options, message) => {
    const error = thrown(() => new Store(engine, any(options)))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(`a store: ${message}`)
  })

  test('of a linker, and a deadline', () => {
    const message = 'a linker: there is no option "shadow"; there is "shadowing"'
    expect(() => new Linker(store, any({ shadow: true }))).toThrow(message)
    const stoppable = new Store(engine, { interruptible: true })
    expect(() => stoppable.setDeadline(any('soon'))).toThrow('expected a number of milliseconds, got the string "soon"')
    expect(() => stoppable.setDeadline(Number.NaN)).toThrow(TypeError)
  })

  test('that are undefined are as if they were not given', () => {
    expect(new Store(engine, any({ signal: undefined, limits: undefined, mayGrow: undefined })).exceeded).toBe(
      undefined,
    )
  })
})

test.each([
  ['a store', () => new Store(any(undefined)), 'the first argument of a store must be an Engine, got undefined'],
  ['a module', () => new Module(any('(module)'), any(engine)), 'must be an Engine, got the string "(module)"'],
  ['an instance', () => new Instance(any(module), any(store)), 'the first argument of an instance must be a Store'],
  ['its module', () => new Instance(store, any(undefined)), 'must be a Module, got undefined'],
  [
    'its imports',
    () => new Instance(store, module, any(1)),
    'the imports must be an object of modules, got the number 1',
  ],
  ['a linker', () => new Linker(any(engine)), 'the first argument of a linker must be a Store, got an Engine'],
  ['names to register', () => new Linker(store).register('m', any(undefined)), 'an object of names, got undefined'],
  ['all imports', () => new Linker(store).all(any(1)), 'the imports must be an object of modules, got the number 1'],
  ['parameters', () => new Func(store, any('i32'), [], () => {}), 'parameters: expected an array of value types, got'],
  ['results', () => new Func(store, [], any(undefined), () => {}), 'results: expected an array of value types, got'],
  ['a tag', () => new Tag(store, any(undefined)), 'parameters: expected an array of value types, got undefined'],
  ['a memory', () => new Memory(store, any(undefined)), 'must be an object such as { minimum: 1 }, got undefined'],
  ['its size', () => new Memory(store, any({ minimum: '1' })), 'from 0 to 65536, got the string "1"'],
  ['a table', () => new Table(store, any(5)), 'the type of a table must be an object such as'],
  ['a global', () => new Global(store, any('i32'), any(1)), 'the type of a global must be an object such as'],
  [
    'half a type',
    () => any(new Instance(store, module)).func('f', ['i32']),
    'results: expected an array of value types',
  ],
])('%s that is none', (_, make, message) => {
  const error = thrown(make)
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(message)
})
