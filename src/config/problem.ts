/** What is wrong with a site file, and where. Every problem of a file is told at once. */
import { BridgeError, type ErrorCode } from '../model/errors.ts'

/** Keys from the top of the file to the value: `['stations', 'CP-001', 'circuit']`. */
export type ConfigPath = readonly (string | number)[]

/** A problem before its place in the text is known. `at` says whether the key or its value is to be shown. */
export interface Finding {
  readonly path: ConfigPath
  readonly at: 'key' | 'value'
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  readonly severity: 'error' | 'warning'
  readonly code: ErrorCode
}

export interface ConfigProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** `stations.CP-001.circuit`; `(file)` for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly hint: string
  readonly severity: 'error' | 'warning'
  readonly code: ErrorCode
}

/** `file:line:column: path: message`, then the hint. */
export function formatProblem(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}: ${problem.path}`
  const word = problem.severity === 'warning' ? 'warning: ' : ''
  return `${place}: ${word}${problem.message}${problem.hint === '' ? '' : ` (${problem.hint})`}`
}

export function formatPath(path: ConfigPath): string {
  if (path.length === 0) return '(file)'
  return path.map((part) => String(part).slice(0, 60)).join('.')
}

/** The problems as one fault, for callers that cannot go on. */
export function problemsAsError(problems: readonly ConfigProblem[]): BridgeError {
  const [first] = problems
  const code = first?.code === 'CONFIG_UNREADABLE' ? 'CONFIG_UNREADABLE' : 'CONFIG_INVALID'
  return new BridgeError(code, problems.map(formatProblem).join('\n'), { details: { problems: problems.length } })
}

export function error(path: ConfigPath, message: string, hint: string, at: 'key' | 'value' = 'value'): Finding {
  return { path, at, message, hint, severity: 'error', code: 'CONFIG_INVALID' }
}

export function warning(path: ConfigPath, message: string, hint: string, at: 'key' | 'value' = 'value'): Finding {
  return { path, at, message, hint, severity: 'warning', code: 'CONFIG_INVALID' }
}
