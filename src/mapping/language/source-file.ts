import { isMap, isPair, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml'
import type { Document, Node, ParsedNode } from 'yaml'
import { pathText } from './problem.ts'
import type { Path, Problem } from './problem.ts'

/** Limits on a file that may come from anywhere (H1, H24). The size is checked before anything is parsed. */
export const MAX_BYTES = 256 * 1024
const MAX_DEPTH = 16
const MAX_NODES = 40_000

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain }

/** A parsed YAML file that still knows where each value stands. */
export interface SourceFile {
  readonly name: string
  readonly data: Plain
  /** Keys of the map at `path` in the order of the file (a plain object would sort numbers first). */
  keysAt(path: Path): readonly string[]
  /** What stands at `path`; null: nothing. */
  kindAt(path: Path): 'map' | 'empty' | 'value' | null
  problem(path: Path, message: string, hint?: string): Problem
}

/**
 * YAML 1.2 core and nothing else: no tags, anchors, aliases or second documents. Linear in the file's size:
 * the library's own duplicate-key check and its anchors are quadratic, so both are settled here.
 */
export function parseSource(
  text: string,
  name: string,
): { readonly source: SourceFile } | { readonly problems: Problem[] } {
  const at = (line: number, column: number, message: string, hint: string): { problems: Problem[] } => ({
    problems: [{ file: name, line, column, path: '', message, hint }],
  })
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) {
    return at(1, 1, 'the file is larger than 256 KiB', 'one file describes one model')
  }
  const forbidden = scan(text)
  if (forbidden !== null) return at(forbidden.line, forbidden.column, forbidden.message, forbidden.hint)

  const lines = new LineCounter()
  let document: Document.Parsed<ParsedNode, false>
  try {
    document = parseDocument<ParsedNode, false>(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter: lines,
    })
  } catch (error) {
    return at(1, 1, `not readable as YAML: ${error instanceof Error ? error.message : String(error)}`, '')
  }
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    return {
      problems: faults.slice(0, 50).map((fault) => {
        const { line, col } = lines.linePos(fault.pos[0])
        return {
          file: name,
          line: Math.max(line, 1),
          column: Math.max(col, 1),
          path: '',
          message: fault.message,
          hint: 'YAML 1.2',
        }
      }),
    }
  }

  const problems: Problem[] = []
  let nodes = 0
  const convert = (node: unknown, path: Path): Plain => {
    nodes += 1
    if (nodes > MAX_NODES) {
      if (nodes === MAX_NODES + 1) problems.push(problemAt(node, path, 'more than 40000 values in one file', ''))
      return null
    }
    if (path.length > MAX_DEPTH) {
      problems.push(problemAt(node, path, `nested deeper than ${MAX_DEPTH} levels`, ''))
      return null
    }
    if (isMap(node)) return convertMap(node, path)
    if (isSeq(node)) return node.items.map((item, index) => convert(item, [...path, index]))
    if (isScalar(node)) return convertScalar(node, path)
    return null
  }
  const convertMap = (node: { items: readonly unknown[] }, path: Path): Plain => {
    const result: Record<string, Plain> = {}
    for (const pair of node.items) {
      if (!isPair(pair)) continue
      const key = keyText(pair.key)
      if (key === null) {
        problems.push(problemAt(pair.key, path, 'a key must be a word or a number', ''))
      } else if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
        problems.push(problemAt(pair.key, [...path, key], `"${key}" cannot be a key`, ''))
      } else if (Object.hasOwn(result, key)) {
        problems.push(problemAt(pair.key, [...path, key], `"${key}" stands here twice`, 'keep one of the two'))
      } else {
        result[key] = convert(pair.value, [...path, key])
      }
    }
    return result
  }
  const convertScalar = (node: { value: unknown }, path: Path): Plain => {
    const value = node.value
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value
      problems.push(problemAt(node, path, 'not a finite number', ''))
      return null
    }
    problems.push(problemAt(node, path, 'not a plain value', ''))
    return null
  }
  const position = (node: unknown): { line: number; column: number } => {
    const offset = hasRange(node) ? node.range[0] : 0
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problemAt = (node: unknown, path: Path, message: string, hint: string): Problem => ({
    file: name,
    ...position(node),
    path: pathText(path),
    message,
    hint,
  })

  if (document.contents === null) return at(1, 1, 'the file is empty', 'docs/mapping.md shows a short example')
  if (!isMap(document.contents)) return at(1, 1, 'a mapping file is a map of keys', 'it starts with `device: NAME`')
  const data = convert(document.contents, [])
  if (problems.length > 0) return { problems }

  /** The node at the path; the last key itself where the path names one, so that an editor jumps to the word. */
  const nodeAt = (path: Path): { key: unknown; value: unknown } => {
    let key: unknown = document.contents
    let value: unknown = document.contents
    for (const step of path) {
      let next: { key: unknown; value: unknown } | null = null
      if (isMap(value)) {
        const pair = value.items.find((item) => keyText(item.key) === String(step))
        if (pair !== undefined) next = { key: pair.key, value: pair.value }
      } else if (isSeq(value) && typeof step === 'number') {
        const item: unknown = value.items[step]
        if (item !== undefined) next = { key: item, value: item }
      }
      if (next === null) break
      key = next.key
      value = next.value
    }
    return { key, value }
  }
  return {
    source: {
      name,
      data,
      keysAt: (path) => {
        // `nodeAt` ends at the last node that is there: the place of a problem, but not this map.
        if (kindIn(data, path) !== 'map') return []
        const { value } = nodeAt(path)
        return isMap(value) ? value.items.map((pair) => keyText(pair.key) ?? '') : []
      },
      kindAt: (path) => kindIn(data, path),
      problem: (path, message, hint = '') => problemAt(nodeAt(path).key, path, message, hint),
    },
  }
}

/** What stands at a path of plain data; null: nothing. */
export function kindIn(data: Plain, path: Path): ReturnType<SourceFile['kindAt']> {
  let value: Plain | undefined = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return null
    if (Array.isArray(value)) value = typeof step === 'number' ? value[step] : undefined
    else value = Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined
    if (value === undefined) return null
  }
  if (value === null) return 'empty'
  return isPlainMap(value) ? 'map' : 'value'
}

export function isPlainMap(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function keyText(key: unknown): string | null {
  if (!isScalar(key)) return null
  const value = key.value
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function hasRange(node: unknown): node is Node & { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}

interface Forbidden {
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint: string
}

/** Looks at the tokens only, which is linear, and refuses what would make the parser slow or the file unsafe. */
function scan(text: string): Forbidden | null {
  let offset = 0
  let depth = 0
  let scalarNext = false
  let content = false
  const here = (message: string, hint: string): Forbidden => {
    const before = text.slice(0, offset)
    const line = before.split('\n').length
    return { line, column: offset - before.lastIndexOf('\n'), message, hint }
  }
  for (const token of new Lexer().lex(text)) {
    const control = token === '\u0002' || token === '\u0018' || token === '\u001f'
    if (scalarNext) {
      scalarNext = false
    } else if (token === '\u001f') {
      scalarNext = true
      content = true
    } else if (content && (token === '---' || token === '...')) {
      return here('a second document in one file', 'one file describes one model')
    } else if (token.startsWith('&') || token.startsWith('*')) {
      return here('anchors and aliases are not part of the language', 'write the value out')
    } else if (token.startsWith('!')) {
      return here(`the tag ${token.slice(0, 20)} is not part of the language`, 'plain YAML 1.2 values only')
    } else if (token.startsWith('%')) {
      return here('YAML directives are not part of the language', 'remove the line')
    } else if (token === '[' || token === '{') {
      depth += 1
      if (depth > MAX_DEPTH) return here(`nested deeper than ${MAX_DEPTH} levels`, '')
    } else if (token === ']' || token === '}') {
      depth -= 1
    }
    if (!control) offset += token.length
  }
  return null
}
