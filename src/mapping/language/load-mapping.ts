import { compileViews } from './compile-views.ts'
import { inherit } from './inherit.ts'
import type { FindBase } from './inherit.ts'
import type { Mapping } from '../mapping.ts'
import type { Problem } from './problem.ts'
import { parseSource } from './source-file.ts'

/** More than this many problems help nobody. */
const MAX_PROBLEMS = 200

/**
 * A mapping from the text of its file, or every problem in it at once. Never throws on bad input. `base` finds the file that
 * `from:` names; a library gives its own.
 */
export function loadMapping(
  text: string,
  fileName: string,
  options: { readonly base?: FindBase } = {},
): { readonly mapping: Mapping } | { readonly problems: readonly Problem[] } {
  const parsed = parseSource(text, fileName)
  if ('problems' in parsed) return parsed
  const whole = inherit(parsed.source, options.base ?? null)
  if ('problems' in whole) return whole
  const problems: Problem[] = []
  const seen = new Set<string>()
  const mapping = compileViews(whole.source, (problem) => {
    // A wrong line is told once, though each variant of the file has it.
    const key = JSON.stringify([problem.file, problem.line, problem.column, problem.message])
    if (!seen.has(key) && problems.length < MAX_PROBLEMS) problems.push(problem)
    seen.add(key)
  })
  return problems.length > 0 || mapping === null ? { problems: inOrder(problems, fileName) } : { mapping }
}

/** By line; problems of the file itself before those of its bases. */
function inOrder(problems: readonly Problem[], file: string): readonly Problem[] {
  return problems.toSorted(
    (a, b) =>
      Number(a.file !== file) - Number(b.file !== file) ||
      a.file.localeCompare(b.file) ||
      a.line - b.line ||
      a.column - b.column,
  )
}
