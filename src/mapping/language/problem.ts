import { nearestName } from '../../model/nearest-name.ts'

/** One fault of a mapping file, where it is and what to do about it. */
export interface Problem {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly column: number
  /** Dotted path in the file, e.g. `read.energy.unit`. */
  readonly path: string
  readonly message: string
  readonly hint: string
}

/** `file:line:column: path: message (hint)` */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`
  const path = problem.path === '' ? '' : `${problem.path}: `
  return `${where}: ${path}${problem.message}${problem.hint === '' ? '' : ` (${problem.hint})`}`
}

export type Path = readonly (string | number)[]

export function pathText(path: Path): string {
  return path.map(String).join('.')
}

/** One value or a list of them: the language allows both in many places. */
export function isListOf<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

/** Collects what the compiler finds; it never stops at the first fault. */
export type Report = (path: Path, message: string, hint?: string) => void

export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearestName(word, candidates)
  return near === null ? `one of: ${candidates.join(', ')}` : `did you mean "${near}"?`
}
