/** The site's own station at the CSMS: an id of its own, an upstream that is there, values that its keys take. Pure. */
import type { ControllerConfig } from './site-config.ts'
import { checkStartValues, checkUpstreamIds, upstreamIdsOf } from './check-stations.ts'
import type { LoadOptions } from './load-options.ts'
import { error, type Finding } from './problem.ts'
import { checkId, type SiteEntries } from './site-entries.ts'
import type { ControllerEntry } from './site-schema.ts'

interface ParameterRange {
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
  readonly unit: string
}

/** The parameters of station controllers as the field names them, and what they may be. */
const PARAMETERS: Readonly<Record<string, ParameterRange>> = {
  percentsupplyuseable: { min: 1, max: 100, isWhole: false, unit: ' %' },
  currentreserve: { min: 0, max: 10_000, isWhole: false, unit: ' A' },
  numreserve: { min: 0, max: 1000, isWhole: true, unit: '' },
  tolerancechargecurrent: { min: 0, max: 100, isWhole: false, unit: ' A' },
  tolerancestationcurrent: { min: 0, max: 1000, isWhole: false, unit: ' A' },
}

export function checkController(
  entries: SiteEntries,
  ocppKeys: LoadOptions['ocppKeys'] | null,
  expectedValue: LoadOptions['expectedValue'] | null,
): readonly Finding[] {
  const { controller } = entries
  if (controller === null) return []
  const path = ['controller']
  const values = controller['start-values']
  const ownKeys = new Map(
    [...(ocppKeys ?? [])].map(([version, keys]) => [version, [...keys, ...Object.keys(PARAMETERS)]]),
  )
  const expected = (version: string, key: string, value: string): string | null => {
    const parameter = PARAMETERS[key.toLowerCase()]
    return parameter === undefined ? (expectedValue?.(version, key, value) ?? null) : expectedOf(parameter, value)
  }
  return [
    ...checkIdentity(controller, entries),
    ...checkUpstreamIds(path, controller.upstream, entries),
    ...checkStartValues(
      [...path, 'start-values'],
      values,
      upstreamIdsOf(controller.upstream),
      entries,
      ownKeys,
      expected,
    ),
  ]
}

export function controllerOf(entry: ControllerEntry | null): ControllerConfig | null {
  if (entry === null) return null
  const { identity, upstream, 'start-values': startValues } = entry
  return { identity, upstreamIds: upstreamIdsOf(upstream), startValues }
}

/** OCPP ids are compared without regard to case. */
function checkIdentity({ identity }: ControllerEntry, { stations, groups }: SiteEntries): readonly Finding[] {
  const path = ['controller', 'identity']
  const wrong = checkId(identity, true)
  if (wrong !== null) return [error(path, ...wrong)]
  const twin = [...stations.ids, ...groups.ids].find((id) => id.toLowerCase() === identity.toLowerCase())
  if (twin === undefined) return []
  return [error(path, `is the id of the station \`${twin}\``, 'the CSMS knows the site under an id of its own')]
}

/** What a parameter takes, or null when `value` is fine. */
function expectedOf({ min, max, isWhole, unit }: ParameterRange, value: string): string | null {
  const number = /^\d{1,9}(?:\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN
  const isFine = number >= min && number <= max && (!isWhole || Number.isInteger(number))
  return isFine ? null : `${isWhole ? 'a whole number' : 'a number'} from ${min} to ${max}${unit}`
}
