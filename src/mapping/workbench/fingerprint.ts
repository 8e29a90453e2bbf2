/** Which mappings a device could be: their own checks, tried without writing anything. */
import type { RegisterLink, RequestOptions } from '../../model/driver.ts'
import { isBridgeError } from '../../model/errors.ts'
import { placesOf } from '../values/address.ts'
import { passes } from '../language/compile.ts'
import { decodePoint } from '../values/decode.ts'
import type { Check, Mapping, ReadPoint } from '../mapping.ts'
import { bindSunSpec, chainOf } from '../device/sunspec.ts'

export interface Fit {
  readonly mapping: string
  readonly device: string
  /** True: a register of its own names the model; false: values only look as they would. */
  readonly isSure: boolean
}

/** Reads once what several mappings ask for. Null: the device does not have it. */
export type ReadOnce = (request: {
  readonly unit: number
  readonly table: 'holding' | 'input' | 'coil' | 'discrete'
  readonly address: number
  readonly count: number
}) => Promise<readonly number[] | null>

export function readOnceOf(link: RegisterLink, options: RequestOptions): ReadOnce {
  const known = new Map<string, Promise<readonly number[] | null>>()
  return (request) => {
    const key = JSON.stringify(request)
    const answer = known.get(key) ?? read(link, request, options)
    known.set(key, answer)
    return answer
  }
}

async function read(
  link: RegisterLink,
  request: Parameters<ReadOnce>[0],
  options: RequestOptions,
): Promise<readonly number[] | null> {
  try {
    return await link.read({ kind: 'registers', ...request }, options)
  } catch (error) {
    if (isBridgeError(error, 'DEVICE_EXCEPTION') || isBridgeError(error, 'REQUEST_INVALID')) return null
    // A device may be silent where it has nothing; one that is silent everywhere was never called found.
    if (isBridgeError(error, 'DEVICE_TIMEOUT') || isBridgeError(error, 'DEVICE_BAD_ANSWER')) return null
    throw error
  }
}

/** All mappings whose checks pass, the sure ones first. `onProgress` gets the share that is done. */
export async function fittingMappings(
  mappings: readonly Mapping[],
  unit: number,
  readOnce: ReadOnce,
  onProgress: (share: number) => void = () => {},
): Promise<readonly Fit[]> {
  const fits: Fit[] = []
  for (const [index, mapping] of mappings.entries()) {
    onProgress(index / mappings.length)
    if (mapping.documents !== null || mapping.detect.length === 0) continue
    const found = await asFound(mapping, unit, readOnce)
    if (found === null) continue
    let passed = true
    for (const check of found.detect) {
      passed = await holds(check, found, unit, readOnce)
      if (!passed) break
    }
    if (passed) fits.push({ mapping: mapping.name, device: mapping.device, isSure: mapping.detect.some(namesModel) })
  }
  return fits.toSorted((a, b) => Number(b.isSure) - Number(a.isSure))
}

/** With SunSpec the registers are those of this device; null: it has no SunSpec, or not these models. */
async function asFound(mapping: Mapping, unit: number, readOnce: ReadOnce): Promise<Mapping | null> {
  const bases = mapping.transport.sunspec
  if (bases === null) return mapping
  const chain = await chainOf(bases, (address, count) => readOnce({ unit, table: 'holding', address, count }))
  const bound = chain === null ? null : bindSunSpec(mapping, chain)
  return bound === null || bound.missing.length > 0 ? null : bound.mapping
}

/** Small numbers stand in any device; a text or a code of the maker's own stands in one. */
const SMALL = 256

function namesModel({ target, values, range }: Check): boolean {
  if (target.kind !== 'point' || target.point.unit !== null) return false
  if (range !== null) return range.min >= SMALL
  return values.every((value) => typeof value === 'string' || value >= SMALL)
}

async function holds(check: Check, mapping: Mapping, unit: number, readOnce: ReadOnce): Promise<boolean> {
  const point = pointOf(check, mapping)
  if (point === null) return false
  const [place] = placesOf(point, mapping, unit, 1)
  if (place === undefined || place.table === 'field') return false
  const { table, address, count } = place
  const words = await readOnce({ unit: place.unit, table, address, count })
  return words !== null && passes(check, decodePoint(point, words, await factorOf(point, mapping, unit, readOnce)))
}

/** The value that multiplies it; null: not available. */
async function factorOf(point: ReadPoint, mapping: Mapping, unit: number, readOnce: ReadOnce): Promise<number | null> {
  if (point.times === null) return 1
  const source = mapping.points.get(point.times)
  if (source?.kind === 'calc') {
    const { expression } = source.calculation
    return expression.kind === 'number' ? expression.value : null
  }
  const [place] = source === undefined ? [] : placesOf(source.point, mapping, unit, 1)
  if (source === undefined || place === undefined || place.table === 'field') return null
  const { table, address, count } = place
  const words = await readOnce({ unit: place.unit, table, address, count })
  const value = words === null ? null : decodePoint(source.point, words, 1)
  return typeof value === 'number' ? value : null
}

function pointOf({ target }: Check, mapping: Mapping): ReadPoint | null {
  if (target.kind === 'point') return target.point
  const source = mapping.signals.get(target.signal)
  return source?.kind === 'point' ? source.point : null
}
