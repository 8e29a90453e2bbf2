import type { RegisterRead } from '../../model/driver.ts'
import type { CellWrite } from '../device/cells.ts'
import { placesOf, writePlaceOf } from '../values/address.ts'
import type { Place } from '../values/address.ts'
import type {
  Check,
  Example,
  Mapping,
  ReadPoint,
  ReadTable,
  Source,
  Step,
  Word,
  WritePoint,
  WriteTable,
} from '../mapping.ts'
import { illegalAddress } from '../examples/memory-link.ts'
import { encodeText, isText } from '../values/number-codec.ts'
import { rawWords } from './reverse.ts'
import { everyWrite, widthOf } from '../language/safety.ts'

type AnyTable = ReadTable | WriteTable

/** A place that a device has, and the words it starts with when no example knows better. */
export interface SimulatedPlace extends Omit<Place, 'table'> {
  readonly table: ReadTable | WriteTable
  readonly words: readonly Word[]
  /** True: the words of the file's checks win over those of examples. */
  readonly fixed: boolean
}

/** Everything that the file reads or writes, for all connectors. */
export function simulatedPlaces(mapping: Mapping, unit: number, connectors: number): readonly SimulatedPlace[] {
  const places: SimulatedPlace[] = []
  const read = (point: ReadPoint, connector: number, words: readonly Word[] | null): void => {
    for (const place of placesOf(point, mapping, unit, connector)) {
      places.push({ ...place, words: words ?? zeros(place.count), fixed: words !== null })
    }
  }
  const source = (item: Source, connector: number): void => {
    if (item.kind === 'point') read(item.point, connector, null)
  }
  const write = (point: WritePoint, connector: number): void => {
    const count = widthOf(point)
    places.push({
      ...writePlaceOf(point, mapping, unit, connector),
      table: point.table,
      count,
      words: zeros(count),
      fixed: false,
    })
    if (point.readback !== null) read(point.readback, connector, null)
  }
  for (let connector = 1; connector <= connectors; connector++) {
    if (mapping.state?.kind === 'values') read(mapping.state.point, connector, null)
    for (const item of mapping.points.values()) source(item, connector)
    for (const item of mapping.signals.values()) source(item, connector)
    if (mapping.error !== null) read(mapping.error.point, connector, null)
    for (const { point } of mapping.write === null ? [] : everyWrite(mapping.write)) write(point, connector)
    for (const point of verifyPoints(mapping)) read(point, connector, null)
    for (const point of [mapping.write?.failsafe?.currentReadback, mapping.write?.failsafe?.timeoutReadback]) {
      if (point !== null && point !== undefined) read(point, connector, null)
    }
  }
  for (const point of [mapping.identity.serial, mapping.identity.firmware])
    if (point !== null) read(point, 1, identityWords(point))
  const { count } = mapping.connectors
  if (typeof count !== 'number') read(count, 1, rawWords(count, connectors, []))
  // Last, so that a device recognises itself whatever stands there otherwise.
  for (const check of [...mapping.require, ...mapping.detect])
    if (check.target.kind === 'point') read(check.target.point, 1, checkWords(check, check.target.point))
  return places
}

function zeros(count: number): readonly number[] {
  return Array.from({ length: count }, () => 0)
}

function verifyPoints(mapping: Mapping): readonly ReadPoint[] {
  const write = mapping.write
  if (write === null) return []
  const lists: readonly (readonly Step[])[] = [
    write.start,
    write.stop,
    write.current,
    write.pause,
    write.resume,
    write.wake,
    write.unlock,
    write.reserved,
    write.unreserved,
    write.phases?.one ?? [],
    write.phases?.three ?? [],
  ]
  return lists.flat().flatMap((step) => (step.kind === 'verify' ? [step.point] : []))
}

function identityWords(point: ReadPoint): readonly Word[] {
  if (point.table === 'field') return ['SIM00001']
  return isText(point.type)
    ? encodeText('SIM00001', point.type, point.order, point.words)
    : rawWords(
        point,
        1,
        Array.from({ length: point.words }, () => 0),
      )
}

function checkWords(check: Check, point: ReadPoint): readonly Word[] {
  const [value] = check.values
  if (point.table === 'field') return [value ?? check.range?.min ?? 0]
  if (typeof value === 'string')
    return isText(point.type) ? encodeText(value, point.type, point.order, point.words) : []
  return rawWords(
    point,
    value ?? check.range?.min ?? 0,
    Array.from({ length: point.words }, () => 0),
  )
}

/** The registers of one unit. Reading where nothing is gives exception 2, as on a real device. */
export class SimulatedImage {
  readonly #tables = new Map<AnyTable, Map<number, Word>>()

  /** A place that exists, with the words of the first example that lists it. */
  add(place: SimulatedPlace, examples: readonly Example[]): void {
    for (let offset = 0; offset < place.count; offset++) {
      const address = place.address + offset
      const known = this.get(place.table, address)
      const seed = place.fixed
        ? place.words[offset]
        : (known ?? exampleWord(examples, place.table, address) ?? place.words[offset])
      this.#table(place.table).set(address, seed ?? 0)
    }
  }

  get(table: AnyTable, address: number): Word {
    return this.#tables.get(table)?.get(address) ?? null
  }

  set(table: AnyTable, address: number, words: readonly Word[]): void {
    for (const [offset, word] of words.entries()) this.#table(table).set(address + offset, word)
  }

  /** A register that the device does not have now. */
  remove(place: Pick<SimulatedPlace, 'table' | 'address' | 'count'>): void {
    for (let offset = 0; offset < place.count; offset++) this.#tables.get(place.table)?.delete(place.address + offset)
  }

  words(place: Pick<SimulatedPlace, 'table' | 'address' | 'count'>): readonly Word[] | null {
    const words = Array.from({ length: place.count }, (_, offset) => this.get(place.table, place.address + offset))
    return words.every((word) => word !== null) ? words : null
  }

  read(request: RegisterRead): readonly number[] {
    return Array.from({ length: request.count }, (_, offset) => {
      const word = this.get(request.table, request.address + offset)
      if (typeof word !== 'number') throw illegalAddress(request.table, request.address + offset)
      return word
    })
  }

  write(request: Pick<CellWrite, 'table' | 'address' | 'words'>): void {
    this.set(request.table, request.address, request.words)
  }

  #table(table: AnyTable): Map<number, Word> {
    const known = this.#tables.get(table)
    if (known !== undefined) return known
    const made = new Map<number, Word>()
    this.#tables.set(table, made)
    return made
  }
}

function exampleWord(examples: readonly Example[], table: AnyTable, address: number): Word {
  for (const example of examples) {
    for (const given of example.given) {
      if (given.table === table && address >= given.address && address < given.address + given.words.length)
        return given.words[address - given.address] ?? null
    }
  }
  return null
}
