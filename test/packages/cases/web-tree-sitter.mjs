// web-tree-sitter: loads a grammar as a dynamic library, parses a file and its edit, queries the tree.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Language, Parser, Query } from 'web-tree-sitter'

const require = createRequire(import.meta.url)
const source = readFileSync(require.resolve('web-tree-sitter'), 'utf8')

export async function load() {
  await Parser.init()
  const language = await Language.load(require.resolve('tree-sitter-javascript/tree-sitter-javascript.wasm'))
  const parser = new Parser()
  parser.setLanguage(language)
  return { parser, language }
}

export function task({ parser, language }) {
  const tree = parser.parse(source)
  const query = new Query(
    language,
    '(function_declaration name: (identifier) @f) (class_declaration name: (identifier) @c)',
  )
  const names = query.captures(tree.rootNode).map(({ name, node }) => [name, node.text, node.startPosition])
  const at = source.indexOf('{')
  const point = (index) => ({
    row: source.slice(0, index).split('\n').length - 1,
    column: index - 1 - source.lastIndexOf('\n', index - 1),
  })
  tree.edit({
    startIndex: at,
    oldEndIndex: at,
    newEndIndex: at + 3,
    startPosition: point(at),
    oldEndPosition: point(at),
    newEndPosition: { ...point(at), column: point(at).column + 3 },
  })
  const edited = parser.parse(`${source.slice(0, at)}{ (${source.slice(at)}`, tree)
  const result = {
    names,
    nodes: tree.rootNode.descendantCount,
    sexp: tree.rootNode.toString().length,
    error: edited.rootNode.hasError,
    edited: edited.rootNode.descendantCount,
  }
  tree.delete()
  edited.delete()
  query.delete()
  return result
}
