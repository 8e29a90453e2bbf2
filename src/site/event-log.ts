/** What happens at the stations, in words for people: a line in the log, and a row in the ledger for those who come later. */
import type { Ledger } from '../ledger/ledger.ts'
import { describeEvent, type StationEvent } from '../model/event.ts'
import { type Log, logFault } from './log.ts'

/** Tells of one event; of those that say nothing to people (frames) it tells nothing. Never waits for the disk. */
export function eventLog(log: Log, ledger: Pick<Ledger, 'recordEvent'>): (event: StationEvent) => void {
  return (event) => {
    const text = describeEvent(event)
    if (text === null) return
    const line = `${event.stationId}: ${text}`
    if (event.kind === 'station-fault' || event.kind === 'dead-letter') log.warn({ station: event.stationId }, line)
    else log.info({ station: event.stationId, event: event.kind }, line)
    // The decisions' own table has them.
    if (event.kind === 'set-point') return
    const { at, stationId, kind } = event
    ledger
      .recordEvent({ at, stationId, kind, text })
      .catch((error: unknown) => logFault(log, error, 'an event was not stored'))
  }
}
