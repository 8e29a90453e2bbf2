/** YAML text -> plain data, and for every path the place in the text. YAML 1.2 core; no tags, no merge keys, limited aliases and depth. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Node,
  type Pair,
  type YAMLParseError,
} from 'yaml'
import { error, type ConfigPath, type Finding } from './problem.ts'

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlSource {
  readonly data: unknown
  /** Problems of the text itself; `data` holds what could be read beside them. */
  readonly problems: readonly (Finding & Place)[]
  /** The place of a path, or of its nearest ancestor that is written in the file. */
  placeOf(path: ConfigPath, at: 'key' | 'value'): Place
}

const MAX_DEPTH = 32
const MAX_ALIASES = 100
/** Values after aliases are followed. */
const MAX_VALUES = 50_000
const MAX_PROBLEMS = 100

/** Names that reach into JavaScript's objects. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter()
  const problems: (Finding & Place)[] = []
  const offsets = new Map<string, { readonly key: number; readonly value: number }>()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const complain = (offset: number, path: ConfigPath, message: string, hint: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ ...error(path, message, hint), ...placeAt(offset) })
  }
  const source = (data: unknown): YamlSource => ({
    data,
    problems,
    placeOf: (path, at) => {
      for (let length = path.length; length > 0; length--) {
        const found = offsets.get(keyOf(path.slice(0, length)))
        if (found === undefined) continue
        // an ancestor is shown by its key: the value that is missing has no place
        return placeAt(at === 'value' && length === path.length ? found.value : found.key)
      }
      return { line: 1, column: 1 }
    },
  })

  let documents
  try {
    documents = parseAllDocuments(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: false, // quadratic in the library; checked below
      prettyErrors: false,
      lineCounter: lines,
      logLevel: 'silent',
    })
  } catch (fault) {
    // thousands of opening brackets exhaust the stack of the parser
    const deep = fault instanceof RangeError
    complain(0, [], deep ? 'is nested too deeply' : 'cannot be read as YAML', 'a site file has a few levels only')
    return source(undefined)
  }
  const [document, second] = 'empty' in documents ? [] : documents
  if (document === undefined) {
    complain(0, [], 'is empty', 'config/example.yaml is a file to start from')
    return source(undefined)
  }
  if (second !== undefined) {
    complain(second.range[0], [], 'a second document begins here', 'a site file is one document: delete the line `---`')
  }
  const directive = document.directives?.yaml
  if (directive?.explicit === true && directive.version !== '1.2') {
    complain(0, [], 'asks for another YAML version', 'delete the line `%YAML`: site files are YAML 1.2')
  }
  // the parser meets the end of its own stack as a fault among others
  const overflow = document.errors.find(({ message }) => /call stack|regular expression/i.test(message))
  for (const fault of overflow === undefined ? document.errors : [overflow]) {
    const [message, hint] = explainFault(fault)
    complain(fault.pos[0], [], message, hint)
  }

  const anchors = new Map<string, Node>()
  let aliases = 0
  let values = 0
  let gaveUp = false

  const data = document.contents === null ? undefined : walk(document.contents, [], 0)
  if (document.contents === null && problems.length === 0) {
    complain(0, [], 'is empty', 'config/example.yaml is a file to start from')
  }
  return source(data)

  function walk(node: unknown, path: ConfigPath, depth: number): unknown {
    if (gaveUp) return undefined
    values++
    if (depth > MAX_DEPTH || values > MAX_VALUES) {
      gaveUp = true
      complain(
        startOf(node),
        path,
        depth > MAX_DEPTH ? 'is nested too deeply' : 'holds too many values',
        'make it smaller',
      )
      return undefined
    }
    if (isAlias(node)) {
      aliases++
      const target = anchors.get(node.source)
      if (target === undefined || aliases > MAX_ALIASES) {
        complain(
          startOf(node),
          path,
          target === undefined ? 'no such anchor stands before this alias' : 'has too many aliases',
          'write the value out',
        )
        return undefined
      }
      return walk(target, path, depth + 1)
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.tag !== undefined) {
        complain(startOf(node), path, 'has a tag', 'tags (`!...`) are not used here: delete it')
        return undefined
      }
    }
    let result: unknown
    if (isScalar(node)) {
      result = node.value
    } else if (isSeq(node)) {
      result = node.items.map((item, index) => {
        const place = startOf(item)
        const itemPath = [...path, index]
        offsets.set(keyOf(itemPath), { key: place, value: place })
        return walk(item, itemPath, depth + 1)
      })
    } else if (isMap(node)) {
      result = walkMap(node.items, path, depth)
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) {
      // kept after the walk: an alias to a value that holds it never resolves
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
    }
    return result
  }

  function walkMap(items: readonly Pair[], path: ConfigPath, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    for (const { key, value } of items) {
      const place = startOf(key)
      if (!isScalar(key) || key.tag !== undefined) {
        complain(place, path, 'a key here is not a plain word', 'write `key: value`')
        continue
      }
      // the key as written: `007` is an id, not the number 7
      const name = key.source ?? String(key.value)
      const keyPath = [...path, name]
      if (FORBIDDEN_KEYS.has(name)) {
        complain(place, keyPath, 'this name may not be used', 'choose another')
      } else if (Object.hasOwn(result, name)) {
        complain(place, keyPath, 'is written twice', 'delete one of them')
      } else {
        offsets.set(keyOf(keyPath), { key: place, value: value === null ? place : startOf(value, place) })
        result[name] = walk(value, keyPath, depth + 1)
      }
    }
    return result
  }
}

function startOf(node: unknown, fallback = 0): number {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0] ?? fallback
  return fallback
}

function keyOf(path: ConfigPath): string {
  return path.join('\n')
}

function explainFault(fault: YAMLParseError): [message: string, hint: string] {
  if (/call stack|regular expression/i.test(fault.message))
    return ['is nested too deeply', 'a site file has a few levels only']
  if (fault.code === 'TAB_AS_INDENT') return ['a tab indents this line', 'indent with spaces']
  return [`is not YAML: ${firstSentence(fault.message)}`, 'check indentation, colons, quotes and brackets']
}

/** Without the library's advice and without what the file says there (it might be a secret). */
function firstSentence(message: string): string {
  const [first = ''] = message.split(/[:\n]|\. /)
  return first.charAt(0).toLowerCase() + first.slice(1)
}
