/** Start values of OCPP keys, checked before a site runs. */
import { MAX_CONNECTORS } from '../config/site-schema.ts'
import type { StationDescription } from '../model/station.ts'
import { settingProblems } from '../ocpp/station/settings.ts'
import type { Registry } from './registry.ts'

/** How many connectors the charger has is not known here: a value for any of them is fine. */
const ANY_STATION: StationDescription = {
  id: 'any',
  identity: { vendor: 'any', model: 'any', serial: null, firmware: null, meterType: null, meterSerial: null },
  evses: Array.from({ length: MAX_CONNECTORS }, (_, index) => ({
    evse: index + 1,
    phases: 3,
    minAmps: 6,
    maxAmps: 32,
    stepAmps: 1,
    canUnlock: false,
    hasReader: false,
  })),
}

/** What `key` of an OCPP version expects instead of `value`; null when the value is fine or the key unknown. */
export function startValueExpectation(registry: Registry, version: string, key: string, value: string): string | null {
  const setting = registry.versions.find(({ id }) => id === version)?.settingOfKey(key) ?? null
  if (setting === null) return null
  const [problem] = settingProblems(ANY_STATION, new Map([[setting, value]]))
  return problem?.expected ?? null
}
