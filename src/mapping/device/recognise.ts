import { isSignalName, sourceNames } from '../values/source-names.ts'
import type { DeviceIdentity } from '../../model/device.ts'
import { BridgeError } from '../../model/errors.ts'
import type { SignalName } from '../../model/signal.ts'
import { placeKey, placesOf } from '../values/address.ts'
import { passes } from '../language/compile.ts'
import { decodePoint } from '../values/decode.ts'
import { namesIn } from '../values/expression.ts'
import type { Expression } from '../values/expression.ts'
import type { Check, Mapping, ReadPoint } from '../mapping.ts'
import { planItems } from './plan.ts'
import type { RegisterReader } from './register-reader.ts'
import { takeSignals } from '../values/take-signals.ts'

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
    const needed = namesFor(mapping, name)
    await reader.refresh(
      items.filter((item) => item.names.some((one) => needed.has(one))),
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

/** The signal and everything that it is worked out from: points of a calculation, a scale factor, the lines of `state`. */
function namesFor(mapping: Mapping, signal: SignalName): ReadonlySet<string> {
  const names = new Set<string>([signal])
  const add = (expression: Expression | null): void => {
    for (const name of expression === null ? [] : namesIn(expression)) names.add(name)
  }
  if (signal === 'state' && mapping.state?.kind === 'rules') for (const { when } of mapping.state.rules) add(when)
  if (signal === 'state' && mapping.state?.kind === 'values') add(mapping.state.point.condition)
  if (signal === 'error') add(mapping.error?.point.condition ?? null)
  // Names that are found are looked through too: a set gives what is added while it is gone through.
  for (const name of names) {
    const source = mapping.points.get(name) ?? (isSignalName(name) ? mapping.signals.get(name) : undefined)
    for (const needed of source === undefined ? [] : sourceNames(source)) names.add(needed)
  }
  return names
}

function describe(check: Check, value: number | string | boolean | null): string {
  const where =
    check.target.kind === 'signal'
      ? check.target.signal
      : `${check.target.point.table} register ${check.target.point.addresses[0]?.base ?? 0}`
  const wanted = check.range === null ? check.values.join(' or ') : `${check.range.min} to ${check.range.max}`
  return `${where} ${value === null ? 'cannot be read' : `is ${JSON.stringify(value)}`}, expected ${wanted}`
}
