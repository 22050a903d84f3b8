// Makes dist/ahead-runtime.json: what runs modules that were compiled ahead of time, as statements that say which others they need, so that
// `anywasm compile` puts into its output those that a module needs. Twice: as ES2020 and, by TypeScript, as ES5.
import { readFileSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import * as esbuild from 'esbuild'
import ts from 'typescript'

/** Rooms whose exports generated code may call, as compiler/builtins.ts has them. */
function rooms() {
  const source = readFileSync('src/compiler/builtins.ts', 'utf8')
  return [...source.matchAll(/^import \* as \w+ from '(.*)'$/gm)].map(([, path]) => `./${posix.join('compiler', path)}`)
}

/** The rows of instructions that stand in constant expressions; bodies are empty. Opcodes become numbers, so that their names are dropped. */
const fewInstructions = {
  name: 'few-instructions',
  setup(build) {
    build.onLoad({ filter: /syntax[\\/]instructions\.ts$/ }, async () => {
      const all = await esbuild.build({
        entryPoints: ['src/syntax/instructions.ts'],
        bundle: true,
        format: 'esm',
        write: false,
      })
      const { rows } = await import(`data:text/javascript,${encodeURIComponent(all.outputFiles[0].text)}`)
      const kept = rows.filter((row) => row !== undefined && (CONSTANT.test(row.name) || row.name === 'end'))
      const entries = kept.map(({ op, name, imms }) => `[${op}]: ${JSON.stringify({ op, name, imms })}`)
      const length = Math.max(...kept.map((row) => row.op)) + 1
      return {
        contents: `export const rows = Object.assign([], {${entries.join(',')}, length: ${length}})`,
        loader: 'ts',
      }
    })
  },
}
const CONSTANT =
  /^(?:\w+\.const|i(?:32|64)\.(?:add|sub|mul)|global\.get|ref\.(?:null|func|i31)|\w+\.convert_\w+|struct\.new(?:_default)?|array\.new(?:_default|_fixed)?)$/

/** All that outputs may need, in one module, whose last statement exports it. */
async function bundle() {
  const exports = ['./presets/ahead.ts', ...rooms()].map((path) => `export * from '${path}'`)
  const { outputFiles } = await esbuild.build({
    stdin: { contents: exports.join('\n'), resolveDir: 'src', loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2020',
    minifySyntax: true,
    plugins: [fewInstructions],
    // Fields are assigned: no class here has one that its parent has a setter for.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    write: false,
    logLevel: 'warning',
  })
  return outputFiles[0].text
}

/** ES5 with the library of later years: no syntax that is newer. */
async function lowered(source) {
  const { code } = await esbuild.transform(source, {
    target: 'es2020',
    supported: { bigint: false },
    logLevel: 'error',
  })
  const { outputText, diagnostics } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES5, module: ts.ModuleKind.ESNext, downlevelIteration: true },
    reportDiagnostics: true,
  })
  const errors = diagnostics.filter((d) => d.category === ts.DiagnosticCategory.Error)
  if (errors.length > 0)
    throw new Error(errors.map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n')).join('\n'))
  return outputText
}

/** Names that a node mentions, wherever they are bound: more than it refers to. */
function mentions(node, into = new Set()) {
  if (ts.isIdentifier(node)) into.add(node.text)
  else if (ts.isPropertyAccessExpression(node)) mentions(node.expression, into)
  else ts.forEachChild(node, (child) => void mentions(child, into))
  return into
}

function bound(name, into) {
  if (ts.isIdentifier(name)) into.push(name.text)
  else for (const element of name.elements) if (!ts.isOmittedExpression(element)) bound(element.name, into)
}

function declared(statement) {
  const names = []
  if (ts.isVariableStatement(statement)) for (const d of statement.declarationList.declarations) bound(d.name, names)
  else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) names.push(statement.name.text)
  return names
}

/** Statements of a variable each, since those that stand together need not be needed together. */
function separate(statement, file) {
  if (!ts.isVariableStatement(statement)) return [[statement, statement.getText(file)]]
  const [first, ...others] = statement.declarationList.declarations
  if (others.length === 0) return [[statement, statement.getText(file)]]
  const keyword = statement.getText(file).slice(0, first.getStart(file) - statement.getStart(file))
  return [first, ...others].map((d) => {
    const names = ts.factory.createVariableStatement([], [d])
    return [names, `${keyword}${d.getText(file)};`]
  })
}

/**
 * A module as its statements in order, `[code, what it needs]`, needs being statements by number; and which statement, under which name, each export is.
 * A statement that declares nothing is needed wherever the first name that it mentions is.
 */
function graph(source) {
  const file = ts.createSourceFile('runtime.js', source, ts.ScriptTarget.ES2022, true)
  const list = file.statements.filter((s) => !ts.isExportDeclaration(s)).flatMap((s) => separate(s, file))
  const owner = new Map()
  list.forEach(([s], k) => {
    for (const name of declared(s)) owner.set(name, k)
  })
  const statements = list.map(([s, text], k) => {
    const needs = [...mentions(s)].flatMap((name) => owner.get(name) ?? []).filter((n) => n !== k)
    return [text, [...new Set(needs)].sort((a, b) => a - b)]
  })
  list.forEach(([s], k) => {
    if (declared(s).length > 0) return
    const [first] = statements[k][1]
    if (first === undefined) throw new Error(`a statement of the runtime belongs to no other: ${statements[k][0]}`)
    statements[first][1].push(k)
  })
  const exports = {}
  for (const s of file.statements.filter(ts.isExportDeclaration))
    for (const { name, propertyName = name } of s.exportClause.elements)
      exports[name.text] = [owner.get(propertyName.text), propertyName.text]
  return { statements, exports }
}

export async function aheadRuntime(out) {
  const source = await bundle()
  const targets = { es2020: graph(source), es5: graph(await lowered(source)) }
  writeFileSync(`${out}/ahead-runtime.json`, JSON.stringify(targets))
}
