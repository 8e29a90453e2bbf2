/** What one poll says of a connector: all signals with their ages. */
import type { DeviceFault, DeviceReading, PerPhase, SignalName } from '../../model/signal.ts'
import type { PilotState } from '../../model/pilot-state.ts'
import { decodeRaw, takeBits } from './decode.ts'
import { evaluate, isList, namesIn } from './expression.ts'
import type { ErrorRule, Mapping, ReadPoint, StateRule } from '../mapping.ts'
import type { NumericSignal } from './plausible.ts'
import { asValue, holds, namedValues, oldestOf, valueOf } from './values.ts'
import type { Hold, Taken, WordsOf } from './values.ts'

/** Makes the signals from the words of now. */
export type SignalTaker = () => Omit<DeviceReading, 'connector'>

/** All signals of one connector, once. */
export function takeSignals(mapping: Mapping, wordsOf: WordsOf, connector: number): ReturnType<SignalTaker> {
  return signalTaker(mapping, wordsOf, connector)()
}

/** Prepared for many polls of one connector. `hold` remembers good values for points that ask for it. */
export function signalTaker(mapping: Mapping, wordsOf: WordsOf, connector: number, hold?: Hold): SignalTaker {
  const { take, renew } = namedValues(mapping, wordsOf, connector, hold)
  const ruleNames = mapping.state?.kind === 'rules' ? namesOfRules(mapping.state.rules) : []
  let takenAt: Partial<Record<SignalName, number>> = {}
  const note = (signal: SignalName, { at }: Taken): void => {
    if (at !== null) takenAt[signal] = at
  }
  const number = (signal: NumericSignal): number | null => {
    if (!mapping.signals.has(signal)) return null
    const taken = take(signal)
    const value = typeof taken.value === 'number' ? taken.value : null
    if (value !== null) note(signal, taken)
    return value
  }
  const perPhase = (signal: NumericSignal): PerPhase | null => {
    if (!mapping.signals.has(signal)) return null
    const taken = take(signal)
    const given = asValue(taken.value)
    const values: (number | null)[] = []
    let known = false
    for (const one of isList(given) ? given : [given]) {
      const value = typeof one === 'number' ? one : null
      if (value !== null) known = true
      values.push(value)
    }
    if (!known) return null
    note(signal, taken)
    return values
  }
  const text = (signal: SignalName): string | null => {
    if (!mapping.signals.has(signal)) return null
    const taken = take(signal)
    const value =
      typeof taken.value === 'string' ? taken.value : typeof taken.value === 'number' ? String(taken.value) : null
    if (value !== null) note(signal, taken)
    return value
  }
  const truth = (signal: SignalName): boolean | null => {
    if (!mapping.signals.has(signal)) return null
    const taken = take(signal)
    const value =
      typeof taken.value === 'number' ? taken.value !== 0 : typeof taken.value === 'boolean' ? taken.value : null
    if (value !== null) note(signal, taken)
    return value
  }
  return () => {
    renew()
    takenAt = {}
    const state = mapping.state === null ? NO_RULE : takeState(mapping.state, ruleNames, wordsOf, take)
    if (state.value !== null && state.at !== null) takenAt.state = state.at
    const error = mapping.error === null ? NO_RULE : takeError(mapping.error, wordsOf, take)
    if (error.at !== null) takenAt.error = error.at
    const values = {
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
    }
    return { values, takenAt }
  }
}

/** A state or error rule that the mapping does not have. */
const NO_RULE = { value: null, at: null }

/** Names that the lines of `state` read: together they make its age. */
function namesOfRules(rules: Extract<StateRule, { kind: 'rules' }>['rules']): readonly string[] {
  return [...new Set(rules.flatMap(({ when }) => (when === null ? [] : [...namesIn(when)])))]
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
  ruleNames: readonly string[],
  wordsOf: WordsOf,
  take: (name: string) => Taken,
): { readonly value: PilotState | null; readonly at: number | null } {
  if (rule.kind === 'values') {
    const { value, at } = takeRaw(rule.point, wordsOf, take)
    if (value === null) return { value: null, at }
    return { value: typeof value === 'number' ? (rule.numbers.get(value) ?? null) : stateOfText(value, rule.texts), at }
  }
  const at = oldestOf(ruleNames, take)
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
  // the maker's manual knows it, or nobody
  if (named === undefined) return { value: { code, kind: 'OtherError', text: `The charger reports fault ${code}` }, at }
  return { value: { code: named.name ?? code, kind: named.kind, text: named.text }, at }
}
