import { isSignalName, sourceNames } from './source-names.ts'
/** Set-points that are worked out (`calc: A * 230 * phases`), in reverse: what a number in the register means, and how fine it is. */
import { LOWEST_AMPS, refused, writtenNumber } from './encode.ts'
import { evaluate, namesIn, numbersIn } from './expression.ts'
import type { Expression, Value } from './expression.ts'
import type { Mapping, Source, WritePoint } from '../mapping.ts'
import { isText, limitsOf } from './number-codec.ts'

/** No file goes further (`range` ends at 1000 A). */
const HIGHEST_AMPS = 2000
/** Bisections: finer than any register counts. */
const HALVES = 60

/** Whether a calculation grows with the current. Null: it does not depend on it, or something that it needs is missing. */
export function growsWithCurrent(calc: Expression, valueOf: (name: string) => Value): boolean | null {
  const lowest = at(calc, 0, valueOf)
  const highest = at(calc, HIGHEST_AMPS, valueOf)
  return lowest === null || highest === null || lowest === highest ? null : highest > lowest
}

/**
 * The smallest current for which the calculation reaches `raw`, in A: what the number means. The calculation may have corners
 * (`min(A * 690, point)`), but must not turn back. Null: no current gives this number, or a value is missing.
 */
export function ampsBehind(calc: Expression, raw: number, valueOf: (name: string) => Value): number | null {
  const grows = growsWithCurrent(calc, valueOf)
  if (grows === null) return null
  const slack = 1e-9 * Math.max(1, Math.abs(raw))
  const reaches = (amps: number): boolean => {
    const value = at(calc, amps, valueOf)
    return value !== null && (grows ? value >= raw - slack : value <= raw + slack)
  }
  if (reaches(0)) return 0
  if (!reaches(HIGHEST_AMPS)) return null
  let low = 0
  let high = HIGHEST_AMPS
  for (let step = 0; step < HALVES; step++) {
    const middle = (low + high) / 2
    if (reaches(middle)) high = middle
    else low = middle
  }
  return Math.round(high * 1e6) / 1e6
}

function at(calc: Expression, amps: number, valueOf: (name: string) => Value): number | null {
  const value = evaluate(calc, (name) => (name === 'A' ? amps : valueOf(name)))
  return typeof value === 'number' ? value : null
}

/** What the words of a calculated set-point mean may not lie between 0 and 6 A: a value that was rounded down can. */
export function guardCalculated(
  point: WritePoint,
  words: readonly number[],
  valueOf: (name: string) => Value,
  what: string,
): void {
  const { calc } = point
  if (calc === null || !namesIn(calc).has('A')) return
  const raw = point.bits === null ? writtenNumber(point, words) : (words[0] ?? Number.NaN)
  const amps = ampsBehind(calc, raw, valueOf)
  if (amps === null || (amps > 0 && amps < LOWEST_AMPS - 1e-6))
    throw refused(`${what}: ${raw} in the device means ${amps === null ? 'no current' : `${amps.toFixed(2)} A`}`)
}

export interface CurrentGrid {
  /** The smallest current that the register can say, from 6 A. */
  readonly minAmps: number
  /** What one count means. */
  readonly stepAmps: number
}

/**
 * How coarse a calculated set-point is, whatever the device shows in the values that the calculation needs (one phase or three, ...): the
 * worst case. Null: it does not depend on the current.
 */
export function gridOfCalculation(mapping: Mapping, point: WritePoint): CurrentGrid | null {
  const { calc } = point
  if (calc === null || isText(point.type) || limitsOf(point.type, point.len) === null) return null
  let minAmps = LOWEST_AMPS
  let stepAmps = 0
  for (const valueOf of situations(mapping, calc)) {
    const grid = gridIn(calc, valueOf)
    if (grid === null) continue
    minAmps = Math.max(minAmps, grid.minAmps)
    stepAmps = Math.max(stepAmps, grid.stepAmps)
  }
  return stepAmps === 0 ? null : { minAmps, stepAmps }
}

function gridIn(calc: Expression, valueOf: (name: string) => Value): CurrentGrid | null {
  const lowest = at(calc, LOWEST_AMPS, valueOf)
  const next = at(calc, LOWEST_AMPS + 1, valueOf)
  if (lowest === null || next === null || lowest === next) return null
  const stepAmps = 1 / Math.abs(next - lowest)
  // A count that is coarser than the current itself is a guess of ours that no device shows.
  if (stepAmps > 2) return null
  const first = next > lowest ? Math.ceil(lowest - 1e-6) : Math.floor(lowest + 1e-6)
  const minAmps = ampsBehind(calc, first, valueOf)
  return minAmps === null ? null : { minAmps: Math.max(LOWEST_AMPS, minAmps), stepAmps }
}

/** Values that a helper may have: numbers that the rules compare with, their neighbours, none and many. */
const MANY = 1_000_000
const MOST_SITUATIONS = 4096

function* situations(mapping: Mapping, calc: Expression): Generator<(name: string) => Value> {
  const sources = new Map<string, Source>()
  const numbers = new Set([0, 1, MANY])
  const collect = (names: Iterable<string>): void => {
    for (const name of names) {
      const source = mapping.points.get(name) ?? (isSignalName(name) ? mapping.signals.get(name) : undefined)
      if (source === undefined || sources.has(name)) continue
      sources.set(name, source)
      if (source.kind === 'calc')
        for (const number of numbersIn(source.calculation.expression))
          for (const near of [number - 1, number, number + 1]) if (near >= 0) numbers.add(near)
      collect(sourceNames(source))
    }
  }
  collect(namesIn(calc))
  const leaves = [...sources].flatMap(([name, source]) =>
    source.kind === 'point' ? [{ name, values: valuesOf(name, source, numbers) }] : [],
  )
  let made = 0
  for (const chosen of combinations(leaves.map(({ values }) => values))) {
    if (made++ >= MOST_SITUATIONS) return
    const known = new Map<string, Value>(leaves.map(({ name }, index) => [name, chosen[index] ?? null]))
    const valueOf = (name: string): Value => {
      const source = sources.get(name)
      if (source?.kind === 'calc') return evaluate(source.calculation.expression, valueOf)
      const option = mapping.optionValues.get(name)
      return known.get(name) ?? (typeof option === 'number' ? option : null)
    }
    yield valueOf
  }
}

function valuesOf(
  name: string,
  source: Extract<Source, { kind: 'point' }>,
  numbers: Iterable<number>,
): readonly Value[] {
  const { point } = source
  const plain: readonly number[] =
    name === 'phases'
      ? [1, 3]
      : point.unit?.quantity === 'V'
        ? [230]
        : point.map !== null
          ? [...new Set(point.map.values())]
          : [...numbers]
  return point.perPhase ? plain.map((value) => point.addresses.map(() => value)) : plain
}

function* combinations(lists: readonly (readonly Value[])[]): Generator<readonly Value[]> {
  const [first, ...rest] = lists
  if (first === undefined) {
    yield []
    return
  }
  for (const value of first) for (const others of combinations(rest)) yield [value, ...others]
}
