/** `at: 203.W`: a value by the name that SunSpec gives it; where it stands is found in the device. */
import type { RawReadPoint } from './schema-read.ts'
import type { Path, Report } from './problem.ts'
import { didYouMean } from './problem.ts'
import { SUNSPEC_MODELS } from '../values/sunspec-models.ts'
import type { SunSpecPoint } from '../values/sunspec-models.ts'
import { parseUnit } from '../values/unit.ts'

/** One point in one model. */
export interface SunSpecPlace {
  readonly model: number
  readonly name: string
}

/** For each address of a line (one, or one per phase) the places where it may be, the best first. */
export type SunSpecPlaces = readonly (readonly SunSpecPlace[])[]

const REFERENCE = /^(\d{1,5}(?: ?\| ?\d{1,5})*)\.([A-Za-z]\w{0,31})$/u

export function isSunSpec(at: RawReadPoint['at']): boolean {
  return (Array.isArray(at) ? at : [at]).some((one) => typeof one === 'string' && REFERENCE.test(one.trim()))
}

/**
 * The places, and the line as if it were one with registers: type, table and patterns are the model's. Null after a reported problem.
 */
export function readSunSpec(
  raw: RawReadPoint,
  path: Path,
  report: Report,
): { readonly places: SunSpecPlaces; readonly raw: RawReadPoint } | null {
  for (const key of ['table', 'type', 'order', 'len', 'unit_id', 'times', 'shared'] as const)
    if (raw[key] !== undefined) report([...path, key], `\`${key}\` is known from the SunSpec model`, 'remove it')
  const list = Array.isArray(raw.at) ? raw.at : [raw.at]
  const places = list.flatMap((at, index) => {
    const found = placesOf(at, Array.isArray(raw.at) ? [...path, 'at', index] : [...path, 'at'], report)
    return found === null ? [] : [found]
  })
  const [first] = places[0] ?? []
  const point = first === undefined ? undefined : pointOf(first)
  if (places.length !== list.length || point === undefined) return null
  checkUnit(raw, point, path, report)
  const written = raw.none === undefined ? [] : Array.isArray(raw.none) ? raw.none : [raw.none]
  return {
    places,
    raw: {
      ...raw,
      // Phases need three different registers until the real ones are known.
      at: Array.isArray(raw.at) ? Array.from(list, (_, index) => index * point.words) : 0,
      table: 'holding',
      type: point.type,
      order: 'ABCD',
      ...(point.type === 'text' ? { len: point.words } : {}),
      ...(written.length + point.none.length === 0 ? {} : { none: [...point.none, ...written] }),
    },
  }
}

export function pointOf({ model, name }: SunSpecPlace): SunSpecPoint | undefined {
  return SUNSPEC_MODELS.get(model)?.get(name)
}

function placesOf(at: unknown, path: Path, report: Report): readonly SunSpecPlace[] | null {
  const match = typeof at === 'string' ? REFERENCE.exec(at.trim()) : null
  if (match === null) {
    report(path, `${JSON.stringify(at)} is not a SunSpec point`, 'e.g. 203.W or 201|203.W')
    return null
  }
  const [, models = '', name = ''] = match
  const places: SunSpecPlace[] = []
  for (const model of models.split('|').map((text) => Number(text.trim()))) {
    const points = SUNSPEC_MODELS.get(model)
    if (points === undefined) {
      report(path, `the SunSpec model ${model} is not known here`, `one of: ${[...SUNSPEC_MODELS.keys()].join(', ')}`)
      return null
    }
    if (!points.has(name)) {
      report(path, `the SunSpec model ${model} has no point "${name}"`, didYouMean(name, [...points.keys()]))
      return null
    }
    places.push({ model, name })
  }
  return places
}

/** The unit stands in the file for people; it must be the model's, or the same with its sign turned. */
function checkUnit(raw: RawReadPoint, point: SunSpecPoint, path: Path, report: Report): void {
  if (raw.unit === undefined || point.unit === null) return
  const written = parseUnit(raw.unit)
  const known = parseUnit(point.unit)
  if (typeof written === 'string' || typeof known === 'string' || written.quantity !== known.quantity) return
  if (Math.abs(written.numerator / written.denominator) !== known.numerator / known.denominator)
    report([...path, 'unit'], 'the scale factor is read from the device', `unit: ${point.unit}`)
}
