/** The local authorisation lists of the stations (OCPP 1.6 §3.5.2): one version and its entries each. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { IdTokenInfo } from '../model/csms.ts'
import type { LocalListEntry } from '../model/csms-request.ts'
import { BridgeError } from '../model/errors.ts'
import type { LocalList } from './ledger.ts'
import { MAX_LOCAL_LIST_ENTRIES } from './records.ts'
import { numberOf, numberOrNull, textOf, textOrNull } from './row.ts'

export interface LocalListTable {
  read(stationId: string): LocalList
  replace(stationId: string, list: LocalList): void
  /** Throws LEDGER_REFUSED when the list would become too long: the caller's commit is rolled back. */
  change(stationId: string, list: LocalList): void
}

const STATUSES: Readonly<Record<string, IdTokenInfo['status']>> = {
  accepted: 'accepted',
  blocked: 'blocked',
  expired: 'expired',
  invalid: 'invalid',
  'concurrent-tx': 'concurrent-tx',
}

export function openLocalLists(database: DatabaseSync): LocalListTable {
  const version = database.prepare('SELECT version FROM local_lists WHERE station_id = ?')
  const saveVersion = database.prepare(
    `INSERT INTO local_lists (station_id, version) VALUES (?, ?)
     ON CONFLICT (station_id) DO UPDATE SET version = excluded.version`,
  )
  const entries = database.prepare('SELECT * FROM local_list_entries WHERE station_id = ? ORDER BY number')
  const count = database.prepare('SELECT count(*) AS count FROM local_list_entries WHERE station_id = ?')
  const clear = database.prepare('DELETE FROM local_list_entries WHERE station_id = ?')
  const remove = database.prepare('DELETE FROM local_list_entries WHERE station_id = ? AND token_key = ?')
  const save = database.prepare(
    `INSERT INTO local_list_entries (station_id, token_key, id_token, status, expires_at, parent_id_token)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (station_id, token_key) DO UPDATE SET id_token = excluded.id_token, status = excluded.status,
       expires_at = excluded.expires_at, parent_id_token = excluded.parent_id_token`,
  )

  function put(stationId: string, { idToken, info }: LocalListEntry): void {
    const key = idToken.toLowerCase()
    if (info === null) remove.run(stationId, key)
    else save.run(stationId, key, idToken, info.status, info.expiresAt, info.parentIdToken)
  }

  return {
    read: (stationId) => ({
      version: numberOrNull(version.get(stationId)?.['version'] ?? null) ?? 0,
      entries: entries.all(stationId).map(entryOf),
    }),
    replace(stationId, list) {
      clear.run(stationId)
      for (const entry of list.entries) put(stationId, entry)
      saveVersion.run(stationId, list.version)
    },
    change(stationId, list) {
      for (const entry of list.entries) put(stationId, entry)
      saveVersion.run(stationId, list.version)
      const length = numberOf(count.get(stationId)?.['count'])
      if (length > MAX_LOCAL_LIST_ENTRIES)
        throw new BridgeError(
          'LEDGER_REFUSED',
          `the local list would have ${length} entries, ${MAX_LOCAL_LIST_ENTRIES} are the limit`,
        )
    },
  }
}

function entryOf(row: Record<string, SQLOutputValue>): LocalListEntry {
  const status = STATUSES[textOf(row['status'])]
  if (status === undefined)
    throw new BridgeError('LEDGER_DAMAGED', 'a stored row of a local list holds no status that there is')
  return {
    idToken: textOf(row['id_token']),
    info: {
      status,
      expiresAt: numberOrNull(row['expires_at']),
      parentIdToken: textOrNull(row['parent_id_token']),
    },
  }
}
