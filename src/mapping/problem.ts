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

/** The candidate nearest to a misspelt word, or null when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase().slice(0, 64), candidate.toLowerCase().slice(0, 64))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates)
  return near === null ? `one of: ${candidates.join(', ')}` : `did you mean "${near}"?`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap))
    }
    row = next
  }
  return row[b.length] ?? 0
}
