/** Names in expressions: what they may stand for. */
import { SIGNALS } from '../../model/signal.ts'
import type { SignalName } from '../../model/signal.ts'
import { namesIn } from './expression.ts'
import type { Expression } from './expression.ts'
import type { Source } from '../mapping.ts'

/** In expressions: which connector it is, counted from 1. */
export const CONNECTOR = 'n'

const SIGNAL_NAMES: ReadonlySet<string> = new Set(SIGNALS)
export function isSignalName(name: string): name is SignalName {
  return SIGNAL_NAMES.has(name)
}

/** Names that a source reads directly. */
export function sourceNames(source: Source): ReadonlySet<string> {
  const names = new Set<string>()
  const add = (expression: Expression | null): void => {
    if (expression !== null) for (const name of namesIn(expression)) names.add(name)
  }
  if (source.kind === 'calc') {
    add(source.calculation.expression)
    add(source.calculation.condition)
  } else {
    add(source.point.condition)
    if (source.point.times !== null) names.add(source.point.times)
  }
  return names
}
