import { isSignalName } from './names.ts'
import { NO_SIGNALS } from '../model/signal.ts'
import type { DeviceFault, PerPhase, SignalName, SignalValues } from '../model/signal.ts'
import type { PilotState } from '../model/pilot-state.ts'
import { decodePoint, decodeRaw, takeBits } from './decode.ts'
import { evaluate, isList } from './expression.ts'
import type { Expression, Scalar, Value } from './expression.ts'
import type { ErrorRule, Mapping, ReadPoint, Source, StateRule } from './mapping.ts'
import { sourceNames } from './names.ts'
import { type NumericSignal, plausible } from './plausible.ts'
import { inRange } from './quantity.ts'

/** Words of one value and when they came; null when they are not there. */
export type WordsOf = (
  point: ReadPoint,
  phase: number,
) => { readonly words: readonly number[]; readonly at: number } | null

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

/** Gives every point and signal its value, once, from the words of one connector. */
export function nameResolver(mapping: Mapping, wordsOf: WordsOf, hold: Hold = NO_HOLD): (name: string) => Taken {
  const done = new Map<string, Taken>()
  const take = (name: string): Taken => {
    const known = done.get(name)
    if (known !== undefined) return known
    done.set(name, MISSING) // a name that needs itself is refused by the loader; this only ends a recursion
    const source = mapping.points.get(name) ?? sourceOfSignal(mapping, name)
    const fresh = source === undefined ? MISSING : takeSource(source, wordsOf, take)
    const taken = source?.kind === 'point' && source.point.holdMs > 0 ? hold(name, fresh, source.point.holdMs) : fresh
    done.set(name, taken)
    return taken
  }
  return take
}

function sourceOfSignal(mapping: Mapping, name: string): Source | undefined {
  return isSignalName(name) ? mapping.signals.get(name) : undefined
}

function takeSource(source: Source, wordsOf: WordsOf, take: (name: string) => Taken): Taken {
  const condition = source.kind === 'calc' ? source.calculation.condition : source.point.condition
  if (condition !== null && !holds(condition, take)) return MISSING
  if (source.kind === 'point') return takePoint(source.point, wordsOf, take)
  const { expression, range } = source.calculation
  const value = evaluate(expression, valueOf(take))
  const inItsRange = (scalar: Scalar): Scalar =>
    range === null || (typeof scalar === 'number' && inRange(scalar, range)) ? scalar : null
  return {
    value: isList(value) ? value.map(inItsRange) : inItsRange(value),
    at: oldest([...sourceNames(source)].map((name) => take(name).at)),
  }
}

function takePoint(point: ReadPoint, wordsOf: WordsOf, take: (name: string) => Taken): Taken {
  let factor: number | null = 1
  if (point.times !== null) {
    const times = take(point.times).value
    factor = typeof times === 'number' ? times : null
  }
  const parts = point.addresses.map((_, phase) => wordsOf(point, phase))
  const values = parts.map((part) => (part === null ? null : decodePoint(point, part.words, factor)))
  const at = oldest(parts.map((part, phase) => (part === null || values[phase] === null ? null : part.at)))
  if (!point.perPhase) return { value: values[0] ?? null, at }
  return { value: values.map((value) => (typeof value === 'number' ? value : null)), at }
}

/** True only when the condition is known and true. */
export function holds(condition: Expression, take: (name: string) => Taken): boolean {
  const value = evaluate(condition, valueOf(take))
  return value !== null && value !== false && value !== 0 && !isList(value)
}

export function valueOf(take: (name: string) => Taken): (name: string) => Value {
  return (name) => {
    const { value } = take(name)
    return typeof value === 'string' ? null : value
  }
}

function oldest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.min(...known)
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

/** All signals of one connector with their ages. */
export function takeSignals(
  mapping: Mapping,
  wordsOf: WordsOf,
  hold: Hold = NO_HOLD,
): { readonly values: SignalValues; readonly takenAt: Partial<Record<SignalName, number>> } {
  const take = nameResolver(mapping, wordsOf, hold)
  const takenAt: Partial<Record<SignalName, number>> = {}
  const note = (signal: SignalName, taken: Taken, value: unknown): void => {
    if (value !== null && taken.at !== null) takenAt[signal] = taken.at
  }
  const number = (signal: NumericSignal): number | null => {
    const taken = mapping.signals.has(signal) ? take(signal) : MISSING
    const value = typeof taken.value === 'number' ? plausible(signal, taken.value) : null
    note(signal, taken, value)
    return value
  }
  const perPhase = (signal: NumericSignal): PerPhase | null => {
    const taken = mapping.signals.has(signal) ? take(signal) : MISSING
    const given = asValue(taken.value)
    const list = isList(given) ? given : [given]
    const values = list.map((one) => (typeof one === 'number' ? plausible(signal, one) : null))
    const known = values.some((value) => value !== null) ? values : null
    note(signal, taken, known)
    return known
  }
  const text = (signal: SignalName): string | null => {
    const taken = mapping.signals.has(signal) ? take(signal) : MISSING
    const value =
      typeof taken.value === 'string' ? taken.value : typeof taken.value === 'number' ? String(taken.value) : null
    note(signal, taken, value)
    return value
  }
  const truth = (signal: SignalName): boolean | null => {
    const taken = mapping.signals.has(signal) ? take(signal) : MISSING
    const value =
      typeof taken.value === 'number' ? taken.value !== 0 : typeof taken.value === 'boolean' ? taken.value : null
    note(signal, taken, value)
    return value
  }
  const state = mapping.state === null ? { value: null, at: null } : takeState(mapping.state, wordsOf, take)
  if (state.value !== null && state.at !== null) takenAt.state = state.at
  const error = mapping.error === null ? { value: null, at: null } : takeError(mapping.error, wordsOf, take)
  if (error.at !== null) takenAt.error = error.at
  return {
    values: {
      ...NO_SIGNALS,
      state: state.value,
      error: error.value,
      enabled: truth('enabled'),
      current: perPhase('current'),
      voltage: perPhase('voltage'),
      power: number('power'),
      powers: perPhase('powers'),
      energy: number('energy'),
      export: number('export'),
      session: number('session'),
      frequency: number('frequency'),
      tag: text('tag'),
      soc: number('soc'),
      evid: text('evid'),
      temperature: number('temperature'),
      limit: number('limit'),
      phases: number('phases'),
    },
    takenAt,
  }
}

function asValue(value: Value | string): Value {
  return typeof value === 'string' ? null : value
}

/** The raw number or text of a single-value point, with its condition. */
function takeRaw(
  point: ReadPoint,
  wordsOf: WordsOf,
  take: (name: string) => Taken,
): { readonly value: number | string | null; readonly at: number | null } {
  if (point.condition !== null && !holds(point.condition, take)) return { value: null, at: null }
  const part = wordsOf(point, 0)
  return part === null ? { value: null, at: null } : { value: decodeRaw(point, part.words), at: part.at }
}

function takeState(
  rule: StateRule,
  wordsOf: WordsOf,
  take: (name: string) => Taken,
): { readonly value: PilotState | null; readonly at: number | null } {
  if (rule.kind === 'values') {
    const { value, at } = takeRaw(rule.point, wordsOf, take)
    if (value === null) return { value: null, at }
    return { value: typeof value === 'number' ? (rule.numbers.get(value) ?? null) : stateOfText(value, rule.texts), at }
  }
  const at = oldest(
    rule.rules.flatMap((line) =>
      line.when === null
        ? []
        : [...sourceNames({ kind: 'calc', calculation: { expression: line.when, condition: null, range: null } })].map(
            (name) => take(name).at,
          ),
    ),
  )
  for (const line of rule.rules) {
    if (line.when === null) return { value: line.state, at }
    const truth = evaluate(line.when, valueOf(take))
    // An unknown line could have been the true one: going on to the next would be a guess.
    if (truth === null || isList(truth)) return { value: null, at: null }
    if (truth !== false && truth !== 0) return { value: line.state, at }
  }
  return { value: null, at: null }
}

/** The exact text first, then the longest listed beginning (so `A` stands for `A1` too). */
function stateOfText(text: string, texts: ReadonlyMap<string, PilotState>): PilotState | null {
  const exact = texts.get(text)
  if (exact !== undefined) return exact
  let best: PilotState | null = null
  let longest = 0
  for (const [start, state] of texts) {
    if (start.length > longest && text.startsWith(start)) {
      best = state
      longest = start.length
    }
  }
  return best
}

/** `at` is the time of reading also when there is no error: "no error" is a reading too. */
function takeError(
  rule: ErrorRule,
  wordsOf: WordsOf,
  take: (name: string) => Taken,
): { readonly value: DeviceFault | null; readonly at: number | null } {
  const { value: shown, at } = takeRaw(rule.point, wordsOf, take)
  const quiet =
    typeof shown !== 'number'
      ? 0
      : rule.quietBits.reduce((sum, bit) => sum + takeBits(shown, { high: bit, low: bit }) * 2 ** bit, 0)
  const value = typeof shown === 'number' ? shown - quiet : shown
  if (typeof value !== 'number' || (value === 0 && rule.values.get(0) === undefined)) return { value: null, at }
  const code = rule.point.hex ? `0x${value.toString(16).toUpperCase()}` : String(value)
  const named =
    rule.values.get(value) ?? rule.bits.find(({ bit }) => takeBits(value, { high: bit, low: bit }) === 1)?.fault
  if (named === undefined) {
    const knownBits = rule.bits.length > 0 && rule.values.size === 0
    return {
      value: { code, kind: 'OtherError', text: knownBits ? 'A fault that the mapping does not name' : null },
      at,
    }
  }
  return { value: { code: named.name ?? code, kind: named.kind, text: named.text }, at }
}
