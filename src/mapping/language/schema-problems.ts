import { z } from 'zod'
import { nearestName } from '../../model/nearest-name.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'
import { mappingSchema } from './schema.ts'

/** Keys that the language knows and this version does not carry out. They are refused, never ignored. */
const LATER: Readonly<Record<string, string>> = {
  sources: 'the block is called `http`, `mqtt`, `udp` or `telegram`',
  node: 'there is no OPC UA client',
}
/** Words that people use for keys of the language and that no spelling distance finds. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  address: 'at',
  register: 'at',
  reg: 'at',
  scale: 'unit, as in `unit: 0.1 A`',
  factor: 'unit, as in `unit: 0.1 A`',
  heartbeat: 'alive',
  watchdog: 'alive or failsafe',
  slave: 'unit',
  id: 'unit',
  function: 'table (read) or fc (write)',
  length: 'len',
  count: 'len, or `type: u32` for two registers',
  off: 'pause',
  on: 'resume',
}

/** Says what zod found in an electrician's words. */
export function reportIssues(error: z.ZodError, root: unknown, report: Report): void {
  for (const issue of withoutEchoes(error.issues, root)) reportIssue(issue, root, [], report)
}

type Issue = z.core.$ZodIssue

/** A misspelt key that must be there is one slip, not two: an unknown key and a missing one. */
function withoutEchoes(issues: readonly Issue[], input: unknown): readonly Issue[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ key, parent: JSON.stringify(issue.path) })) : [],
  )
  return issues.filter((issue) => {
    const name = issue.path.at(-1)
    if (typeof name !== 'string' || valueAt(input, issue.path) !== undefined) return true
    const parent = JSON.stringify(issue.path.slice(0, -1))
    return !unknown.some((slip) => slip.parent === parent && nearestName(slip.key, [name]) !== null)
  })
}

function reportIssue(issue: Issue, input: unknown, prefix: Path, report: Report): void {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  const value = valueAt(input, issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) reportKey(key, [...path, key], report)
      return
    case 'invalid_union': {
      const branch = bestBranch(issue.errors)
      if (branch === null) report(path, `${describe(value)} does not fit here`, expectedOf(issue.errors))
      else for (const inner of withoutEchoes(branch, value)) reportIssue(inner, value, path, report)
      return
    }
    case 'invalid_type':
      if (value === undefined) report(path, 'is missing', `write ${article(issue.expected)}`)
      else report(path, `${describe(value)} does not fit here`, `write ${article(issue.expected)}`)
      return
    case 'invalid_value': {
      const words = issue.values.map(String)
      report(
        path,
        `${describe(value)} does not fit here`,
        typeof value === 'string' ? didYouMean(value, words) : `one of: ${words.join(', ')}`,
      )
      return
    }
    case 'invalid_key':
      report(path, 'the name is not allowed', issue.issues.map((inner) => inner.message).join('; '))
      return
    default:
      report(path, issue.message)
  }
}

function reportKey(key: string, path: Path, report: Report): void {
  const later = LATER[key]
  if (Object.hasOwn(LATER, key) && later !== undefined) {
    report(path, `\`${key}\` is not supported by this version`, later)
    return
  }
  const other = Object.hasOwn(OTHER_WORDS, key) ? OTHER_WORDS[key] : undefined
  const known = keysAt(mappingSchema, path.slice(0, -1))
  report(path, `unknown key "${key}"`, other === undefined ? didYouMean(key, known) : `the language says ${other}`)
}

/** Valid keys at a place of the file: zod's issue does not carry them, so the schema is walked. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path)
  if (schema instanceof z.ZodUnion) return [...new Set(schema.options.flatMap((option) => keysAt(option, path)))]
  const [step, ...rest] = path
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape
    if (step === undefined) return Object.keys(shape)
    const inner = Object.hasOwn(shape, step) ? shape[step] : undefined
    return inner === undefined ? [] : keysAt(inner, rest)
  }
  if (step === undefined) return schema instanceof z.ZodRecord ? namesOf(schema.keyType) : []
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest)
  if (schema instanceof z.ZodRecord) return keysAt(schema.valueType, rest)
  return []
}

/** Keys of a map whose names are fixed, as `expect` of an example. */
function namesOf(keys: z.core.$ZodType): readonly string[] {
  return keys instanceof z.ZodEnum ? keys.options.map(String) : []
}

/** The branch of a union that the author most likely meant: the one whose outer type fits. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const fitting = branches.filter(
    (issues) =>
      !issues.some(
        (issue) => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value'),
      ),
  )
  const [best = null] = fitting.toSorted((a, b) => a.length - b.length)
  return best
}

function expectedOf(branches: readonly (readonly Issue[])[]): string {
  const words = branches.flatMap((issues) =>
    issues.flatMap((issue) => {
      if (issue.code === 'invalid_type') return [article(issue.expected)]
      if (issue.code === 'invalid_value') return issue.values.map(String)
      return issue.code === 'invalid_union' ? [expectedOf(issue.errors)] : []
    }),
  )
  return [...new Set(words)]
    .filter((word) => word !== '')
    .map((word, index) => (index === 0 && !word.startsWith('write') ? `write ${word}` : word.replace(/^write /u, '')))
    .join(' or ')
}

function article(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'keys and values',
    record: 'keys and values',
  }
  return words[expected] ?? expected
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'an empty value'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return JSON.stringify(value).slice(0, 60)
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, step)
  }
  return value
}
