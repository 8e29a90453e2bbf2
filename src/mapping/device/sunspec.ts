/** SunSpec: the list of models in a device, and a mapping with the registers where its points were found. */
import type { Mapping, ReadPoint, Source } from '../mapping.ts'
import { pointOf } from '../language/sunspec-points.ts'
import type { SunSpecPlace, SunSpecPlaces } from '../language/sunspec-points.ts'

/** `SunS` in two registers. */
export const MARKER: readonly number[] = [0x5375, 0x6e53]
const END_MODEL = 0xffff
/** The longest lists of real devices have about 25. A list that does not end is a fault of the device. */
const MAX_MODELS = 64

export interface SunSpecModel {
  readonly id: number
  /** Of the register that holds the id. */
  readonly address: number
  /** Registers after id and length. */
  readonly length: number
}

export interface SunSpecChain {
  /** Where the marker stands. */
  readonly base: number
  readonly models: readonly SunSpecModel[]
  /** Why the list ends before its end model; null: it does not. */
  readonly broken: string | null
}

interface Asked {
  readonly address: number
  readonly count: number
}

/**
 * Looks for the marker and goes through the list of models. Yields the registers to read; give it their words, or null where the device
 * has none. Null: there is no marker.
 */
function* searchChain(bases: readonly number[]): Generator<Asked, SunSpecChain | null, readonly number[] | null> {
  for (const base of bases) {
    const words = yield { address: base, count: MARKER.length }
    if (words === null || MARKER.some((word, index) => words[index] !== word)) continue
    const models: SunSpecModel[] = []
    let address = base + MARKER.length
    let broken: string | null = null
    while (broken === null) {
      if (address + 2 > 65_536) broken = 'it runs past the last register'
      else if (models.length >= MAX_MODELS) broken = `it has more than ${MAX_MODELS} models`
      else {
        const header: readonly number[] | null = yield { address, count: 2 }
        const [id, length] = header ?? []
        if (id === END_MODEL) break
        if (id === undefined || length === undefined) broken = `register ${address} cannot be read`
        else if (id === 0 || length === 0 || address + 2 + length > 65_536)
          broken = `the model ${id} at ${address} has the length ${length}`
        else {
          models.push({ id, address, length })
          address += 2 + length
        }
      }
    }
    return { base, models, broken }
  }
  return null
}

/** The chain that words in memory hold; null: none. */
export function chainIn(
  bases: readonly number[],
  words: (address: number, count: number) => readonly number[] | null,
): SunSpecChain | null {
  const search = searchChain(bases)
  let step = search.next()
  while (step.done !== true) step = search.next(words(step.value.address, step.value.count))
  return step.value
}

/** The chain of a device; `read` gives null where it has no register. Null: it has no marker. */
export async function chainOf(
  bases: readonly number[],
  read: (address: number, count: number) => Promise<readonly number[] | null>,
): Promise<SunSpecChain | null> {
  const search = searchChain(bases)
  let step = search.next()
  while (step.done !== true) step = search.next(await read(step.value.address, step.value.count))
  return step.value
}

/** A scale factor as the language would write it: a map from -10..10 to powers of ten; all else is not available. */
const POWERS: ReadonlyMap<number, number> = new Map(
  Array.from({ length: 21 }, (_, index) => [index - 10, Number(`1e${index - 10}`)]),
)

export interface BoundMapping {
  readonly mapping: Mapping
  /** Points of `detect` that the device does not have, e.g. `203.W`. */
  readonly missing: readonly string[]
}

/** The mapping with the registers of this device. What the device does not have is not available, and never 0. */
export function bindSunSpec(mapping: Mapping, chain: SunSpecChain): BoundMapping {
  const scaleFactors = new Map<string, ReadPoint>()
  const find = (places: SunSpecPlaces): { place: SunSpecPlace; model: SunSpecModel } | null => {
    for (const place of sharedPlaces(places)) {
      const model = chain.models.find(({ id }) => id === place.model)
      if (model !== undefined) return { place, model }
    }
    return null
  }
  const bound = (point: ReadPoint): ReadPoint | null => {
    if (point.sunspec === null) return point
    const first = find(point.sunspec)
    const facts = first === null ? undefined : pointOf(first.place)
    if (first === null || facts === undefined) return null
    const addresses = point.sunspec.map((places) => {
      const found = places.find(({ model }) => model === first.model.id)
      const at = found === undefined ? undefined : pointOf(found)
      return at === undefined || at.offset + at.words > first.model.length + 2 ? null : first.model.address + at.offset
    })
    // Short models leave their last points out.
    if (addresses.some((address) => address === null)) return null
    const scale = facts.scaleFactor === null ? null : scaleFactor(first.model, facts.scaleFactor, point)
    if (facts.scaleFactor !== null && scale === null) return null
    return {
      ...point,
      addresses: addresses.map((base) => ({ base: base ?? 0, expression: null })),
      type: facts.type,
      words: facts.words,
      none: [...new Set([...facts.none, ...point.none])],
      times: scale,
      ...(facts.isScaleFactor ? { unit: null } : {}),
      sunspec: null,
    }
  }
  const scaleFactor = (model: SunSpecModel, name: string, user: ReadPoint): string | null => {
    const facts = pointOf({ model: model.id, name })
    if (facts === undefined || facts.offset + 1 > model.length + 2) return null
    const key = `${model.id}.${name}`
    const known = scaleFactors.get(key)
    scaleFactors.set(key, {
      ...plainPoint(model.address + facts.offset),
      type: facts.type,
      none: facts.none,
      map: POWERS,
      // As often as the fastest value that needs it: both come in one request, so they belong together.
      poll: known === undefined ? user.poll : known.poll === 'fast' || user.poll === 'fast' ? 'fast' : user.poll,
    })
    return key
  }
  const source = (one: Source): Source => {
    if (one.kind !== 'point') return one
    const point = bound(one.point)
    return point === null ? NOT_AVAILABLE : { kind: 'point', point }
  }
  const points = new Map([...mapping.points].map(([name, one]) => [name, source(one)]))
  const signals = new Map([...mapping.signals].map(([name, one]) => [name, source(one)]))
  const missing: string[] = []
  const checks = (list: Mapping['detect'], needed: boolean): Mapping['detect'] =>
    list.flatMap((check) => {
      if (check.target.kind !== 'point') return [check]
      const point = bound(check.target.point)
      if (point !== null) return [{ ...check, target: { kind: 'point', point } }]
      if (needed) missing.push(nameOf(check.target.point))
      return []
    })
  const state = mapping.state?.kind === 'values' ? bound(mapping.state.point) : null
  const error = mapping.error === null ? null : bound(mapping.error.point)
  const detect = checks(mapping.detect, true)
  const require = checks(mapping.require, false)
  const { serial, firmware } = mapping.identity
  return {
    missing,
    mapping: {
      ...mapping,
      points: new Map([
        ...points,
        ...[...scaleFactors].map(([name, point]): [string, Source] => [name, { kind: 'point', point }]),
        ...headers(chain),
      ]),
      signals,
      detect,
      require,
      state:
        mapping.state?.kind === 'values' ? (state === null ? null : { ...mapping.state, point: state }) : mapping.state,
      error: mapping.error === null || error === null ? null : { ...mapping.error, point: error },
      identity: {
        serial: serial === null ? null : bound(serial),
        firmware: firmware === null ? null : bound(firmware),
      },
    },
  }
}

/**
 * A device of the kind that the file describes, where no real one is: for the simulator and for showing what is asked. The list of models
 * is that of the first example that has one, else each model that the file names, in the order of its lines.
 */
export function imaginedChain(mapping: Mapping): SunSpecChain {
  const bases = mapping.transport.sunspec ?? []
  for (const example of mapping.examples) {
    const word = (address: number): number | undefined => {
      const block = example.given.find(
        (one) => one.table === 'holding' && address >= one.address && address < one.address + one.words.length,
      )
      const found = block?.words[address - block.address]
      return typeof found === 'number' ? found : undefined
    }
    const chain = chainIn(bases, (address, count) => {
      const words = Array.from({ length: count }, (_, offset) => word(address + offset))
      return words.every((one) => one !== undefined) ? words : null
    })
    if (chain !== null && chain.broken === null) return chain
  }
  const base = bases[0] ?? 0
  const lines = sunSpecPoints(mapping).map(({ sunspec }) => sharedPlaces(sunspec ?? []).map(({ model }) => model))
  const ids = [1]
  // Lines that leave less choice come first, so that one model carries as many lines as it can.
  for (const line of lines.toSorted((a, b) => a.length - b.length)) {
    const [first] = line
    if (first !== undefined && !line.some((id) => ids.includes(id))) ids.push(first)
  }
  let address = base + MARKER.length
  const models = ids.map((id): SunSpecModel => {
    const model = { id, address, length: LENGTHS.find(({ models: known }) => known.includes(id))?.length ?? 1 }
    address += 2 + model.length
    return model
  })
  return { base, models, broken: null }
}

/** The mapping as it is on the imagined device. */
export function asImagined(mapping: Mapping): Mapping {
  return mapping.transport.sunspec === null ? mapping : bindSunSpec(mapping, imaginedChain(mapping)).mapping
}

/** Lengths that the models have in the definitions. */
const LENGTHS: readonly { readonly models: readonly number[]; readonly length: number }[] = [
  { models: [1], length: 66 },
  { models: [101, 102, 103], length: 50 },
  { models: [111, 112, 113], length: 60 },
  { models: [201, 202, 203, 204], length: 105 },
  { models: [211, 212, 213, 214], length: 124 },
]

/** The places of the first phase in models that have all phases of the line: its values belong together. */
function sharedPlaces(places: SunSpecPlaces): readonly SunSpecPlace[] {
  const [first = [], ...others] = places
  return first.filter(({ model }) => others.every((list) => list.some((place) => place.model === model)))
}

/** Every line of the file that names a SunSpec point. */
export function sunSpecPoints(mapping: Mapping): readonly ReadPoint[] {
  const points: ReadPoint[] = []
  const add = (point: ReadPoint | null): void => {
    if (point !== null && point.sunspec !== null) points.push(point)
  }
  for (const source of [...mapping.points.values(), ...mapping.signals.values()])
    if (source.kind === 'point') add(source.point)
  for (const { target } of [...mapping.detect, ...mapping.require]) if (target.kind === 'point') add(target.point)
  add(mapping.identity.serial)
  add(mapping.identity.firmware)
  if (mapping.state?.kind === 'values') add(mapping.state.point)
  add(mapping.error?.point ?? null)
  return points
}

/** Marker and model headers, read once per connect: a recorded example needs them. */
function headers({ base, models }: SunSpecChain): readonly [string, Source][] {
  const last = models.at(-1)
  const end = last === undefined ? base + MARKER.length : last.address + 2 + last.length
  return [base, ...models.map(({ address }) => address), end]
    .filter((address) => address + 2 <= 65_536)
    .map((address): [string, Source] => [
      `sunspec.${address}`,
      { kind: 'point', point: { ...plainPoint(address), type: 'u32', words: 2, poll: 'once' } },
    ])
}

const NOT_AVAILABLE: Source = {
  kind: 'calc',
  calculation: { expression: { kind: 'name', name: 'not.available' }, condition: null, range: null },
}

function nameOf(point: ReadPoint): string {
  return (point.sunspec?.[0] ?? []).map(({ model, name }) => `${model}.${name}`).join(' or ')
}

function plainPoint(address: number): ReadPoint {
  return {
    addresses: [{ base: address, expression: null }],
    perPhase: false,
    table: 'holding',
    type: 'u16',
    order: 'ABCD',
    words: 1,
    unitId: null,
    shared: true,
    bits: null,
    unit: null,
    offset: 0,
    abs: false,
    none: [],
    range: null,
    holdMs: 0,
    times: null,
    hex: false,
    strip: null,
    map: null,
    condition: null,
    poll: 'fast',
    sunspec: null,
  }
}
