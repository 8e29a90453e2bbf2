/** The parameters as configuration keys of the controller's station: what a CSMS reads and changes. Keys compare without case. */
import type { OwnSettingValue } from '../../model/setting.ts'
import type { OwnSettings } from '../../ocpp/station/own-settings.ts'
import { PARAMETER_TABLE } from '../../model/parameter-table.ts'
import type { LiveParameters } from './live-parameters.ts'
import type { ParameterPlace } from './parameter-place.ts'

/** OCPP 1.6: CiString50Type. What is longer is for the API only. */
const MAX_KEY_CHARACTERS = 50
/** So many are told to a CSMS that asks for everything; of a larger site only the maxima that are set. Each can be asked for by name. */
export const MAX_LISTED = 200

export const OUTLET_KEY = 'maxcurrent'
export const CIRCUIT_KEY = 'maxcircuitcurrent'

export function controllerKeys(parameters: LiveParameters): OwnSettings {
  const keys = keysOf(parameters.places)
  const valueOf = (key: string, place: ParameterPlace): OwnSettingValue => ({
    key,
    value: String(parameters.valueAt(place) ?? ''),
  })
  return {
    list: () => {
      const all = [...keys.values()]
      const told =
        all.length <= MAX_LISTED
          ? all
          : all.filter(({ place }) => place.kind === 'parameter' || parameters.valueAt(place) !== null)
      return told.slice(0, MAX_LISTED).map(({ key, place }) => valueOf(key, place))
    },
    find: (key) => {
      const found = keys.get(key.toLowerCase())
      return found === undefined ? null : valueOf(found.key, found.place)
    },
    change: async (key, value, by) => {
      const found = keys.get(key.toLowerCase())
      if (found === undefined) return 'not-supported'
      const wrong = await parameters.change([{ place: found.place, value }], `the CSMS ${by}`)
      return wrong.length === 0 ? 'accepted' : 'rejected'
    },
  }
}

interface Keyed {
  readonly key: string
  readonly place: ParameterPlace
}

/** By the key in lower case. A key that would mean two places (ids may differ by case alone, and hold points) means none. */
function keysOf(places: readonly ParameterPlace[]): ReadonlyMap<string, Keyed> {
  const outlets = new Map<string, number>()
  for (const place of places)
    if (place.kind === 'outlet') outlets.set(place.stationId, (outlets.get(place.stationId) ?? 0) + 1)
  const keyed = places
    .map((place) => ({ key: keyOf(place, outlets), place }))
    .filter(({ key }) => key.length <= MAX_KEY_CHARACTERS)
  const keys = new Map<string, Keyed>()
  const ambiguous = new Set<string>()
  for (const one of keyed) {
    const plain = one.key.toLowerCase()
    if (keys.has(plain)) ambiguous.add(plain)
    keys.set(plain, one)
  }
  for (const plain of ambiguous) keys.delete(plain)
  return keys
}

/** @param outlets how many each station has: the number is left out where there is but one */
function keyOf(place: ParameterPlace, outlets: ReadonlyMap<string, number>): string {
  switch (place.kind) {
    case 'parameter':
      return PARAMETER_TABLE[place.name].key
    case 'outlet': {
      const { stationId, evse } = place
      return outlets.get(stationId) === 1 ? `${OUTLET_KEY}.${stationId}` : `${OUTLET_KEY}.${stationId}.${evse}`
    }
    case 'circuit':
      return `${CIRCUIT_KEY}.${place.circuitId}`
  }
}
