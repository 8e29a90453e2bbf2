import { compileMapping } from './compile.ts'
import type { Mapping } from './mapping.ts'
import type { Problem, Report } from './problem.ts'
import { reportIssues } from './schema-problems.ts'
import { mappingSchema } from './schema.ts'
import { parseSource } from './source-file.ts'

/** More than this many problems help nobody. */
const MAX_PROBLEMS = 200

/** A mapping from the text of its file, or every problem in it at once. Never throws on bad input. */
export function loadMapping(
  text: string,
  fileName: string,
): { readonly mapping: Mapping } | { readonly problems: readonly Problem[] } {
  const parsed = parseSource(text, fileName)
  if ('problems' in parsed) return parsed
  const { source } = parsed
  const problems: Problem[] = []
  const report: Report = (path, message, hint) => {
    const problem = source.problem(path, message, hint)
    const known = problems.some((other) => other.path === problem.path && other.message === problem.message)
    if (!known && problems.length < MAX_PROBLEMS) problems.push(problem)
  }
  const shape = mappingSchema.safeParse(source.data)
  if (!shape.success) {
    reportIssues(shape.error, source.data, report)
    return { problems: inOrder(problems) }
  }
  const mapping = compileMapping(shape.data, source, report)
  return problems.length > 0 ? { problems: inOrder(problems) } : { mapping }
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
