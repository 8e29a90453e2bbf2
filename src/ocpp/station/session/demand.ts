/** Whether a car wants current, and why not: what the balancing core hears of a session. Pure. */
import type { Demand } from '../station-contract.ts'
import type { Session } from './session-contract.ts'

/** A cable is in, and a vehicle at its other end. */
export function vehicleIsThere({ plugged, vehicle }: Pick<Session, 'plugged' | 'vehicle'>): boolean {
  return plugged && vehicle !== null && vehicle !== 'A'
}

/** What holds for an EVSE that the station does not have. */
export const NO_DEMAND: Demand = { wanted: false, refusal: 'unavailable', profile: null }

/**
 * @param mayDraw a transaction runs that may draw now
 * @param operative the EVSE was not taken out of service; a transaction that runs goes on all the same
 */
export function demandOf(
  session: Pick<Session, 'plugged' | 'vehicle' | 'transaction'>,
  mayDraw: boolean,
  operative: boolean,
  profile: Demand['profile'],
): Demand {
  if (mayDraw) return { wanted: true, refusal: null, profile }
  if (session.transaction === null && !operative) return { ...NO_DEMAND, profile }
  return { wanted: false, refusal: vehicleIsThere(session) ? 'not-authorised' : 'no-vehicle', profile }
}
