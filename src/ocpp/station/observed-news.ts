/** What an observation tells that the one before did not. Pure. */
import type { StationHappening } from '../../model/event.ts'
import type { EvseState } from '../../model/station.ts'
import { faultOf } from './status/status-rules.ts'

export function observedNews(before: EvseState | null, state: EvseState): readonly StationHappening[] {
  const { evse } = state
  const news: StationHappening[] = []
  if (state.online !== (before?.online ?? null))
    news.push({ kind: state.online ? 'device-online' : 'device-offline', evse })
  if (!state.online) return news
  if (state.pilot !== null && state.pilot !== before?.pilot) news.push({ kind: 'pilot', evse, pilot: state.pilot })
  const fault = faultOf(state)
  const old = before === null ? null : faultOf(before)
  if (fault !== null && fault.code !== old?.code) news.push({ kind: 'fault', evse, fault })
  if (fault === null && old !== null) news.push({ kind: 'fault-cleared', evse })
  return news
}
