/** What people do at a station without its CSMS: a kiosk, an app, a booking system. Stations by the id that CSMSs know. */
import type { Presented } from '../ocpp/station/virtual-station.ts'
import type { SiteStation } from './site-station.ts'
import type { Wish } from './wish.ts'

export type { Presented } from '../ocpp/station/virtual-station.ts'

/** There is no such station, or no such EVSE in it. */
export type Unknown = 'unknown-station' | 'unknown-evse'

export interface SiteOperations {
  /** As if a card were shown. `evse` null: wherever it is meant in the station. */
  presentToken(stationId: string, evse: number | null, idToken: string): Promise<Presented | Unknown>
  /** Ends the session of an EVSE; resolves when that is stored. */
  stopSession(stationId: string, evse: number): Promise<'stopped' | 'no-session' | Unknown>
  /** What the driver of an EVSE's session wants. Resolves when it is stored; `problem` says why it is none. */
  setWish(
    stationId: string,
    evse: number,
    wish: Wish,
  ): Promise<'stored' | 'no-session' | { readonly problem: string } | Unknown>
  /** Takes it back. */
  removeWish(stationId: string, evse: number): Promise<'removed' | 'no-session' | Unknown>
  /** Ends the session, if there is one, and opens the socket's lock. */
  unlock(stationId: string, evse: number): Promise<'unlocked' | 'failed' | 'not-supported' | Unknown>
}

/** @param station finds one by its id */
export function siteOperations(station: (id: string) => SiteStation | undefined): SiteOperations {
  const at = async <Result>(
    stationId: string,
    evse: number | null,
    act: (found: SiteStation) => Promise<Result>,
  ): Promise<Result | Unknown> => {
    const found = station(stationId)
    if (found === undefined) return 'unknown-station'
    if (evse !== null && !found.hasEvse(evse)) return 'unknown-evse'
    return act(found)
  }
  return {
    presentToken: (stationId, evse, idToken) => at(stationId, evse, (found) => found.presentToken(evse, idToken)),
    stopSession: (stationId, evse) =>
      at(stationId, evse, async (found) => ((await found.stopSession(evse)) ? 'stopped' : 'no-session')),
    setWish: (stationId, evse, wish) => at(stationId, evse, (found) => found.setWish(evse, wish)),
    removeWish: (stationId, evse) => at(stationId, evse, (found) => found.removeWish(evse)),
    unlock: (stationId, evse) =>
      at(stationId, evse, async (found) => {
        await found.stopSession(evse)
        return found.unlock(evse)
      }),
  }
}
