/** The site's own station at the CSMS: an id of its own, an upstream that is there, values that its keys take. Pure. */
import { checkNumber, expectedNumber } from '../model/number-rule.ts'
import { PARAMETER_NAMES, PARAMETER_TABLE, type ParameterName, parameterOfKey } from '../model/parameter-table.ts'
import type { ControllerConfig } from './site-config.ts'
import { checkStartValues, checkUpstreamIds, upstreamIdsOf } from './check-stations.ts'
import { checkId } from './entry-ids.ts'
import type { LoadOptions } from './load-options.ts'
import { error, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'
import type { ControllerEntry } from './site-schema.ts'

const PARAMETER_KEYS = PARAMETER_NAMES.map((name) => PARAMETER_TABLE[name].key)

export function checkController(
  entries: SiteEntries,
  ocppKeys: LoadOptions['ocppKeys'] | null,
  expectedValue: LoadOptions['expectedValue'] | null,
): readonly Finding[] {
  const { controller } = entries
  if (controller === null) return []
  const path = ['controller']
  const values = controller['start-values']
  const ownKeys = new Map([...(ocppKeys ?? [])].map(([version, keys]) => [version, [...keys, ...PARAMETER_KEYS]]))
  const expected = (version: string, key: string, value: string): string | null => {
    const parameter = parameterOfKey(key)
    return parameter === null ? (expectedValue?.(version, key, value) ?? null) : expectedOf(parameter, value)
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
function expectedOf(parameter: ParameterName, value: string): string | null {
  const { rule, unit } = PARAMETER_TABLE[parameter]
  return checkNumber(rule, value) === null ? `${expectedNumber(rule, value)}${unit === '' ? '' : ` ${unit}`}` : null
}
