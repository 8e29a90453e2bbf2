import type { DeviceFault, SignalValues } from '../../model/signal.ts'
import type { PilotState } from '../../model/pilot-state.ts'
import { placeKey } from '../values/address.ts'
import type { Place } from '../values/address.ts'
import { namesIn, numbersIn } from '../values/expression.ts'
import type { Expression } from '../values/expression.ts'
import type { Mapping, ReadPoint, Word } from '../mapping.ts'
import { encodeText, isText } from '../values/number-codec.ts'
import { rawWords } from './reverse.ts'
import type { SimulatedImage } from './simulated-image.ts'

export interface ShowStateRequest {
  readonly mapping: Mapping
  readonly state: PilotState
  /** Null: does not matter. */
  readonly enabled: boolean | null
  readonly error: DeviceFault | null
  placesOf(point: ReadPoint): readonly Place[]
  imageOf(unit: number): SimulatedImage
  /** What the bridge would read of the registers as they are. */
  read(): SignalValues
  /** States that the other outlets show: registers that they share must not change these. */
  neighbours(): string
  /** Registers that the bridge writes: what stands there is an order and not ours to change. */
  isOrder(place: Place): boolean
}

/** More tries than any real rule needs (KEBA 40, ABB 150). */
const MAX_TRIES = 4000

/**
 * State rules in reverse: looks for register values that the bridge reads as the wanted state, and as the wanted `enabled` and
 * error where that is possible too. The file's examples are tried first because they are what the real box shows.
 */
export function showState(request: ShowStateRequest): void {
  const unknown = unknownPoints(request)
  const places = unknown.flatMap((point) => request.placesOf(point))
  const others = request.neighbours()
  const before = places.map((place) => request.imageOf(place.unit).words(place))
  let best: { readonly score: number; readonly words: readonly (readonly Word[] | null)[] } | null = null
  const restore = (words: readonly (readonly Word[] | null)[]): void => {
    for (const [index, place] of places.entries()) {
      const kept = words[index]
      if (kept !== null && kept !== undefined) request.imageOf(place.unit).set(place.table, place.address, kept)
    }
  }
  /** True when nothing better can come. */
  const judge = (): boolean => {
    const shown = request.read()
    if (shown.state !== request.state) return false
    const enabledFits = request.enabled === null || shown.enabled === request.enabled
    const errorFits = request.error === null ? shown.error === null : shown.error?.kind === request.error.kind
    const score = 1 + (request.neighbours() === others ? 4 : 0) + (errorFits ? 2 : 0) + (enabledFits ? 1 : 0)
    if (best === null || score > best.score)
      best = { score, words: places.map((place) => request.imageOf(place.unit).words(place)) }
    return score === 8
  }
  let tries = 0
  for (const attempt of [...fromExamples(request, places), null]) {
    restore(before)
    if (attempt !== null) restore(attempt)
    tries += 1
    if (judge()) return
  }
  for (const assignment of combinations(unknown.map((point) => candidates(request.mapping, point, request.state)))) {
    tries += 1
    if (tries > MAX_TRIES) break
    restore(before)
    for (const [index, value] of assignment.entries()) {
      const point = unknown[index]
      const [place] = point === undefined ? [] : request.placesOf(point)
      if (point === undefined || place === undefined) continue
      const image = request.imageOf(place.unit)
      const words =
        typeof value === 'string' && point.table === 'field'
          ? [value]
          : typeof value === 'string' && isText(point.type)
            ? encodeText(value, point.type, point.order, point.words)
            : rawWords(point, Number(value), image.words(place) ?? [0, 0])
      image.set(place.table, place.address, words)
    }
    if (judge()) return
  }
  restore(best === null ? before : (best as { readonly words: readonly (readonly Word[] | null)[] }).words)
}

/** Points that decide the state (and `enabled`), without those that are orders or show another signal. */
function unknownPoints(request: ShowStateRequest): readonly ReadPoint[] {
  const { mapping } = request
  const taken = new Set<string>()
  for (const source of mapping.signals.values()) {
    if (source.kind === 'point') for (const place of request.placesOf(source.point)) taken.add(placeKey(place))
  }
  const names = new Set<string>()
  const add = (expression: Expression | null): void => {
    if (expression !== null) for (const name of namesIn(expression)) names.add(name)
  }
  if (mapping.state?.kind === 'rules') for (const rule of mapping.state.rules) add(rule.when)
  const enabled = mapping.signals.get('enabled')
  if (enabled?.kind === 'calc') {
    add(enabled.calculation.expression)
    add(enabled.calculation.condition)
  }
  const points: ReadPoint[] = mapping.state?.kind === 'values' ? [mapping.state.point] : []
  for (const name of names) {
    const source = mapping.points.get(name)
    if (source?.kind === 'point' && !source.point.perPhase) points.push(source.point)
  }
  return points.filter((point) =>
    request.placesOf(point).every((place) => !taken.has(placeKey(place)) && !request.isOrder(place)),
  )
}

/** Words that the file's examples show for this state; those that also agree about `enabled` first. */
function fromExamples(
  request: ShowStateRequest,
  places: readonly Place[],
): readonly (readonly (readonly Word[] | null)[])[] {
  const fitting = request.mapping.examples.filter((example) => example.expect.state === request.state)
  const sorted = fitting.toSorted(
    (a, b) => Number(b.expect.enabled === request.enabled) - Number(a.expect.enabled === request.enabled),
  )
  return sorted.map((example) =>
    places.map((place) => {
      const given = example.given.find(
        (block) =>
          block.table === place.table &&
          block.address <= place.address &&
          place.address + place.count <= block.address + block.words.length,
      )
      return given === undefined
        ? null
        : given.words.slice(place.address - given.address, place.address - given.address + place.count)
    }),
  )
}

/** Values worth trying: those that the rules compare with, their neighbours, 0 and 1. */
function candidates(mapping: Mapping, point: ReadPoint, state: PilotState): readonly (number | string)[] {
  if (mapping.state?.kind === 'values') {
    if (point === mapping.state.point) {
      const listed: (number | string)[] = []
      for (const [value, letter] of mapping.state.numbers) if (letter === state) listed.push(value)
      for (const [value, letter] of mapping.state.texts) if (letter === state) listed.push(value)
      return listed
    }
  }
  if (point.map !== null) return [...point.map.keys()]
  const numbers = new Set([0, 1])
  const expressions: (Expression | null)[] =
    mapping.state?.kind === 'rules' ? mapping.state.rules.map((rule) => rule.when) : []
  const enabled = mapping.signals.get('enabled')
  if (enabled?.kind === 'calc') expressions.push(enabled.calculation.expression, enabled.calculation.condition)
  for (const expression of expressions) {
    for (const number of expression === null ? [] : numbersIn(expression))
      for (const value of [number, number + 1, number - 1]) if (value >= 0) numbers.add(value)
  }
  const highest = point.bits === null ? Number.MAX_SAFE_INTEGER : 2 ** (point.bits.high - point.bits.low + 1) - 1
  return [...numbers].filter((value) => value <= highest)
}

function* combinations(lists: readonly (readonly (number | string)[])[]): Generator<readonly (number | string)[]> {
  const [first, ...rest] = lists
  if (first === undefined) {
    yield []
    return
  }
  for (const value of first) for (const others of combinations(rest)) yield [value, ...others]
}
