/** What a station keeps besides its transactions: settings, charging profiles; and the site's events. */
import type { DatabaseSync } from 'node:sqlite'
import type { LedgerEvent } from './ledger.ts'
import { numberOf, textOf, textOrNull } from './row.ts'

export interface StationTables {
  settings(stationId: string): (readonly [string, string])[]
  saveSetting(stationId: string, name: string, value: string | null): void
  profiles(stationId: string): string[]
  saveProfile(stationId: string, profileId: number, body: string): void
  removeProfiles(stationId: string, ids: readonly number[]): void
  recordEvent(event: LedgerEvent): void
  /** Newest first. */
  events(limit: number): LedgerEvent[]
  pruneEvents(keep: number): void
}

const PRUNE_STEP = 200

export function openStationTables(database: DatabaseSync): StationTables {
  const settings = database.prepare('SELECT name, value FROM settings WHERE station_id = ? ORDER BY name')
  const saveSetting = database.prepare(
    `INSERT INTO settings (station_id, name, value) VALUES (?, ?, ?)
     ON CONFLICT (station_id, name) DO UPDATE SET value = excluded.value`,
  )
  const removeSetting = database.prepare('DELETE FROM settings WHERE station_id = ? AND name = ?')
  const profiles = database.prepare('SELECT body FROM profiles WHERE station_id = ? ORDER BY profile_id')
  const saveProfile = database.prepare(
    `INSERT INTO profiles (station_id, profile_id, body) VALUES (?, ?, ?)
     ON CONFLICT (station_id, profile_id) DO UPDATE SET body = excluded.body`,
  )
  const removeProfile = database.prepare('DELETE FROM profiles WHERE station_id = ? AND profile_id = ?')
  const recordEvent = database.prepare('INSERT INTO events (at, station_id, kind, text) VALUES (?, ?, ?, ?)')
  const events = database.prepare('SELECT * FROM events ORDER BY number DESC LIMIT ?')
  const pruneEvents = database.prepare(
    'DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ? AND number <= (SELECT min(number) FROM events) + ?',
  )
  let stored = numberOf(database.prepare('SELECT count(*) AS count FROM events').get()?.['count'])
  return {
    settings: (stationId) => settings.all(stationId).map((row) => [textOf(row['name']), textOf(row['value'])] as const),
    saveSetting(stationId, name, value) {
      if (value === null) removeSetting.run(stationId, name)
      else saveSetting.run(stationId, name, value)
    },
    profiles: (stationId) => profiles.all(stationId).map((row) => textOf(row['body'])),
    saveProfile(stationId, profileId, body) {
      saveProfile.run(stationId, profileId, body)
    },
    removeProfiles(stationId, ids) {
      for (const id of ids) removeProfile.run(stationId, id)
    },
    recordEvent({ at, stationId, kind, text }) {
      recordEvent.run(at, stationId, kind, text)
      stored += 1
    },
    events: (limit) =>
      events.all(limit).map((row) => ({
        at: numberOf(row['at']),
        stationId: textOrNull(row['station_id']),
        kind: textOf(row['kind']),
        text: textOf(row['text']),
      })),
    pruneEvents(keep) {
      if (stored < keep + PRUNE_STEP) return
      stored -= Number(pruneEvents.run(keep, PRUNE_STEP).changes)
    },
  }
}
