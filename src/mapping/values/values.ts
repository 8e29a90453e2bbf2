import { CONNECTOR, isSignalName, sourceNames } from './source-names.ts'
import { decodePoint } from './decode.ts'
import { evaluate, isList } from './expression.ts'
import type { Expression, Scalar, Value } from './expression.ts'
import type { Mapping, ReadPoint, Source, Word } from '../mapping.ts'
import { isNumericSignal, plausible } from './plausible.ts'
import type { NumericSignal } from './plausible.ts'
import { inRange } from './quantity.ts'

/** Words of one value and when they came; null when they are not there. */
export type WordsOf = (
  point: ReadPoint,
  phase: number,
) => { readonly words: readonly Word[]; readonly at: number } | null

/** A named value with its age. Text is kept apart: expressions know no text. */
export interface Taken {
  readonly value: Value | string
  /** Monotonic ms of the oldest word it was made of; null when missing. */
  readonly at: number | null
}
const MISSING: Taken = { value: null, at: null }

/** Remembers good values of one connector for points that say `hold`. */
export type Hold = (name: string, taken: Taken, holdMs: number) => Taken
const NO_HOLD: Hold = (_name, taken) => taken

/** Points and signals of one connector by name. */
export interface NamedValues {
  /** The value, worked out once until `renew`. */
  readonly take: (name: string) => Taken
  /** From now on values are made from the words of now. */
  readonly renew: () => void
}

interface Named {
  readonly source: Source | undefined
  /** Which signal it is, to judge what can be. */
  readonly signal: NumericSignal | null
  /** Names that a calculation reads: the oldest of them is its age. */
  readonly needs: readonly string[]
  turn: number
  taken: Taken
}

/** What is the same at each poll (which source, which names) is looked up once; polls call `renew`. */
export function namedValues(mapping: Mapping, wordsOf: WordsOf, connector: number, hold: Hold = NO_HOLD): NamedValues {
  const known = new Map<string, Named>()
  const own: Taken = { value: connector, at: null }
  let turn = 0
  const look = (name: string): Named => {
    const point = mapping.points.get(name)
    const source = point ?? (isSignalName(name) ? mapping.signals.get(name) : undefined)
    const needs = source?.kind === 'calc' ? [...sourceNames(source)] : []
    const signal = point === undefined && isNumericSignal(name) ? name : null
    const named = { source, signal, needs, turn: turn - 1, taken: MISSING }
    known.set(name, named)
    return named
  }
  const take = (name: string): Taken => {
    if (name === CONNECTOR) return own
    const named = known.get(name) ?? look(name)
    if (named.turn === turn) return named.taken
    named.turn = turn
    named.taken = MISSING // a name that needs itself is refused by the loader; this only ends a recursion
    const { source } = named
    if (source === undefined) return MISSING
    const fresh = believable(named.signal, takeSource(source, named.needs, wordsOf, take))
    const holdMs = source.kind === 'point' ? source.point.holdMs : 0
    named.taken = holdMs > 0 ? hold(name, fresh, holdMs) : fresh
    return named.taken
  }
  return { take, renew: () => void turn++ }
}

/** Gives every point and signal its value, once, from the words of one connector. */
export function nameResolver(mapping: Mapping, wordsOf: WordsOf, connector: number): (name: string) => Taken {
  return namedValues(mapping, wordsOf, connector).take
}

/** What cannot be is missing, also where another value or an order is worked out from it. */
function believable(signal: NumericSignal | null, taken: Taken): Taken {
  if (signal === null) return taken
  const judge = (scalar: Scalar): Scalar => (typeof scalar === 'number' ? plausible(signal, scalar) : scalar)
  const { value } = taken
  if (typeof value === 'number') return plausible(signal, value) === null ? MISSING : taken
  return typeof value !== 'string' && isList(value) ? { ...taken, value: value.map(judge) } : taken
}

function takeSource(source: Source, needs: readonly string[], wordsOf: WordsOf, take: (name: string) => Taken): Taken {
  const condition = source.kind === 'calc' ? source.calculation.condition : source.point.condition
  if (condition !== null && !holds(condition, take)) return MISSING
  if (source.kind === 'point') return takePoint(source.point, wordsOf, take)
  const { expression, range } = source.calculation
  const value = evaluate(expression, valueOf(take))
  const inItsRange = (scalar: Scalar): Scalar =>
    range === null || (typeof scalar === 'number' && inRange(scalar, range)) ? scalar : null
  return { value: isList(value) ? value.map(inItsRange) : inItsRange(value), at: oldestOf(needs, take) }
}

function takePoint(point: ReadPoint, wordsOf: WordsOf, take: (name: string) => Taken): Taken {
  let factor: number | null = 1
  if (point.times !== null) {
    const times = take(point.times).value
    factor = typeof times === 'number' ? times : null
  }
  if (!point.perPhase) {
    const part = wordsOf(point, 0)
    const value = part === null ? null : decodePoint(point, part.words, factor)
    return part === null || value === null ? MISSING : { value, at: part.at }
  }
  const values: (number | null)[] = []
  let at: number | null = null
  for (let phase = 0; phase < point.addresses.length; phase++) {
    const part = wordsOf(point, phase)
    const value = part === null ? null : decodePoint(point, part.words, factor)
    if (part !== null && value !== null) at = older(at, part.at)
    values.push(typeof value === 'number' ? value : null)
  }
  return { value: values, at }
}

/** True only when the condition is known and true. */
export function holds(condition: Expression, take: (name: string) => Taken): boolean {
  const value = evaluate(condition, valueOf(take))
  return value !== null && value !== false && value !== 0 && !isList(value)
}

export function valueOf(take: (name: string) => Taken): (name: string) => Value {
  return (name) => asValue(take(name).value)
}

/** When the oldest of these was read (monotonic ms); null when none has been. */
export function oldestOf(names: readonly string[], take: (name: string) => Taken): number | null {
  let at: number | null = null
  for (const name of names) at = older(at, take(name).at)
  return at
}

function older(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}

/** A memory for `hold`: a missing value is replaced by the last good one while that is young enough; its age stays honest. */
export function holdMemory(now: () => number): Hold {
  const last = new Map<string, { readonly value: Value | string; readonly at: number }>()
  return (name, taken, holdMs) => {
    const scalar = asValue(taken.value)
    const missing = taken.value === null || (isList(scalar) && scalar.every((one) => one === null))
    if (!missing && taken.at !== null) {
      last.set(name, { value: taken.value, at: taken.at })
      return taken
    }
    const kept = last.get(name)
    return kept !== undefined && now() - kept.at <= holdMs ? kept : taken
  }
}

export function asValue(value: Value | string): Value {
  return typeof value === 'string' ? null : value
}
