/** What the running site answers about its decisions: read from the ledger, so that any past moment is as good as now. */
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { Decision } from '../../model/decision.ts'
import type { Unknown } from '../operations.ts'
import type { Place } from './decision-log.ts'
import { HISTORY, minuteAround, type Why, whyFrom } from './why.ts'

export interface DecisionOperations {
  /** Stations by the id that CSMSs know. `at`: wall ms, null: now. Faults: LEDGER_FAILED. */
  why(stationId: string, evse: number, at: number | null): Promise<Why | 'nothing-stored' | Unknown>
  /** The newest `limit` from `from` to `to` (wall ms, both inclusive), oldest first. Faults: LEDGER_FAILED. */
  decisions(
    stationId: string,
    evse: number,
    from: number,
    to: number,
    limit: number,
  ): Promise<readonly Decision[] | Unknown>
}

export function decisionOperations(
  ledger: Pick<Ledger, 'decisions' | 'siteSamples'>,
  clock: Clock,
  places: () => readonly Place[],
): DecisionOperations {
  const unknown = (stationId: string, evse: number): Unknown | null => {
    const ofStation = places().filter((place) => place.stationId === stationId)
    if (ofStation.length === 0) return 'unknown-station'
    return ofStation.some((place) => place.evse === evse) ? null : 'unknown-evse'
  }
  return {
    async why(stationId, evse, at) {
      const refused = unknown(stationId, evse)
      if (refused !== null) return refused
      const moment = at ?? clock.now()
      const [history, samples] = await Promise.all([
        ledger.decisions(stationId, evse, 0, moment, HISTORY),
        ledger.siteSamples(...minuteAround(moment)),
      ])
      return whyFrom(history, samples) ?? 'nothing-stored'
    },
    async decisions(stationId, evse, from, to, limit) {
      return unknown(stationId, evse) ?? ledger.decisions(stationId, evse, from, to, limit)
    },
  }
}
