import type { DeviceIdentity } from '../model/device.ts'
import { BridgeError } from '../model/errors.ts'
import { placeKey, placesOf } from './address.ts'
import { passes } from './compile.ts'
import { decodePoint } from './decode.ts'
import type { Check, Mapping, ReadPoint } from './mapping.ts'
import { planItems } from './plan.ts'
import type { RegisterReader } from './register-reader.ts'
import { takeSignals } from './take-signals.ts'

/**
 * Looks whether the device is the model that the mapping describes, and reads who it is. Throws DEVICE_NOT_RECOGNISED; settings
 * that should be different (`require`) come back as warnings.
 */
export async function recognise(
  mapping: Mapping,
  reader: RegisterReader,
  unit: number,
  signal: AbortSignal,
): Promise<{ readonly identity: DeviceIdentity; readonly warnings: readonly string[] }> {
  const read = async (point: ReadPoint): Promise<number | string | null> => {
    const [place] = placesOf(point, mapping, unit, 1)
    const words = place === undefined ? null : await reader.readOnce(place, signal)
    return words === null ? null : decodePoint(point, words, 1)
  }
  const valueOf = async (check: Check): Promise<number | string | boolean | null> => {
    if (check.target.kind === 'point') return read(check.target.point)
    const name = check.target.signal
    const items = planItems(mapping, unit, 1)
    await reader.refresh(
      items.filter((item) => item.names.includes(name)),
      signal,
    )
    const { values } = takeSignals(
      mapping,
      (point, phase) => {
        const place = placesOf(point, mapping, unit, 1)[phase]
        return place === undefined ? null : reader.cell(placeKey(place)).stored
      },
      1,
    )
    const value = values[name]
    return typeof value === 'object' ? null : value
  }
  for (const check of mapping.detect) {
    const value = await valueOf(check)
    if (!passes(check, value)) {
      throw new BridgeError('DEVICE_NOT_RECOGNISED', `this is not a ${mapping.device}: ${describe(check, value)}`)
    }
  }
  const warnings: string[] = []
  for (const check of mapping.require) {
    const value = await valueOf(check)
    if (!passes(check, value))
      warnings.push(`${check.text ?? 'a setting of the device is not as required'} (${describe(check, value)})`)
  }
  const text = async (point: ReadPoint | null): Promise<string | null> => {
    const value = point === null ? null : await read(point)
    return value === null ? null : String(value)
  }
  return {
    identity: {
      vendor: mapping.vendor,
      model: mapping.model,
      serial: await text(mapping.identity.serial),
      firmware: await text(mapping.identity.firmware),
    },
    warnings,
  }
}

function describe(check: Check, value: number | string | boolean | null): string {
  const where =
    check.target.kind === 'signal'
      ? check.target.signal
      : `${check.target.point.table} register ${check.target.point.addresses[0]?.base ?? 0}`
  const wanted = check.range === null ? check.values.join(' or ') : `${check.range.min} to ${check.range.max}`
  return `${where} ${value === null ? 'cannot be read' : `is ${JSON.stringify(value)}`}, expected ${wanted}`
}
