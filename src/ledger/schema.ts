/**
 * The tables, as a list of migrations: the place in the list is SQLite's `user_version`. A migration that was released
 * is never edited. Every table has an integer key, so that salvage can walk around damaged pages.
 */
import { existsSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { BridgeError } from '../model/errors.ts'

/** 'AMPL': tells our file from any other SQLite database. */
export const APPLICATION_ID = 0x414d504c

const FIRST = `
  CREATE TABLE ledger (number INTEGER PRIMARY KEY, ledger_id TEXT NOT NULL) STRICT;

  -- One row per change. The counters ride along, so that keeping them costs no page of their own:
  -- outbox_last: newest message number; outbox_gone: numbers up to it that were pruned, moved or are known lost.
  CREATE TABLE journal (
    record INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    outbox_last INTEGER NOT NULL, outbox_gone INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE transactions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, station_id TEXT NOT NULL, evse INTEGER NOT NULL,
    id_token TEXT NOT NULL, started_at REAL NOT NULL, start_wh REAL NOT NULL, ended_at REAL, end_wh REAL,
    stop_reason TEXT, csms_transaction_id TEXT, remote_started INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX transactions_open ON transactions (station_id) WHERE ended_at IS NULL;

  -- given_up: the start was dead-lettered at this upstream, so everything later goes the same way (OCPP 1.6 §3.7.1).
  CREATE TABLE transaction_upstreams (
    number INTEGER PRIMARY KEY, transaction_id TEXT NOT NULL, upstream_id TEXT NOT NULL,
    csms_transaction_id TEXT, given_up INTEGER NOT NULL, UNIQUE (transaction_id, upstream_id)
  ) STRICT;

  CREATE TABLE energy_meters (
    number INTEGER PRIMARY KEY, station_id TEXT NOT NULL, evse INTEGER NOT NULL,
    last_register_wh REAL, offset_wh REAL NOT NULL, UNIQUE (station_id, evse)
  ) STRICT;

  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY, upstream_id TEXT NOT NULL, station_id TEXT NOT NULL, message_id TEXT NOT NULL,
    transaction_id TEXT, kind TEXT NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL,
    attempts INTEGER NOT NULL, delivered INTEGER NOT NULL
  ) STRICT;
  -- The transaction rides along: an index of its own would cost every message, stored and delivered, one more page.
  CREATE INDEX outbox_waiting ON outbox (upstream_id, station_id, sequence, transaction_id) WHERE delivered = 0;
  CREATE UNIQUE INDEX outbox_message ON outbox (message_id, upstream_id, station_id);

  CREATE TABLE dead_letters (
    sequence INTEGER PRIMARY KEY, reason TEXT NOT NULL, at REAL NOT NULL, upstream_id TEXT NOT NULL,
    station_id TEXT NOT NULL, message_id TEXT NOT NULL, transaction_id TEXT, kind TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE settings (
    number INTEGER PRIMARY KEY, station_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    UNIQUE (station_id, name)
  ) STRICT;

  CREATE TABLE profiles (
    number INTEGER PRIMARY KEY, station_id TEXT NOT NULL, profile_id INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (station_id, profile_id)
  ) STRICT;

  CREATE TABLE events (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, station_id TEXT, kind TEXT NOT NULL, text TEXT NOT NULL
  ) STRICT;
`

const SECOND = `
  CREATE TABLE local_lists (
    number INTEGER PRIMARY KEY, station_id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL
  ) STRICT;

  -- token_key: the identifier in lower case; identifiers compare without case (OCPP 1.6 §7.28).
  CREATE TABLE local_list_entries (
    number INTEGER PRIMARY KEY, station_id TEXT NOT NULL, token_key TEXT NOT NULL, id_token TEXT NOT NULL,
    status TEXT NOT NULL, expires_at REAL, parent_id_token TEXT, UNIQUE (station_id, token_key)
  ) STRICT;

  CREATE TABLE security_events (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, station_id TEXT NOT NULL, type TEXT NOT NULL, tech_info TEXT
  ) STRICT;
`

const THIRD = `
  -- body: binding and rank as JSON, guarded by the checksum.
  CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, station_id TEXT NOT NULL, evse INTEGER NOT NULL,
    session_id TEXT, amps REAL NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX decisions_outlet ON decisions (station_id, evse, at);

  -- One row.
  CREATE TABLE balance_memory (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;

  CREATE TABLE site_samples (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, circuit_id TEXT NOT NULL,
    mean_l1 REAL NOT NULL, mean_l2 REAL NOT NULL, mean_l3 REAL NOT NULL,
    highest_l1 REAL NOT NULL, highest_l2 REAL NOT NULL, highest_l3 REAL NOT NULL, UNIQUE (at, circuit_id)
  ) STRICT;

  CREATE TABLE visits (
    number INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, station_id TEXT NOT NULL, evse INTEGER NOT NULL,
    circuit_id TEXT NOT NULL, arrived_at REAL NOT NULL, left_at REAL, energy_wh REAL NOT NULL, is_full INTEGER NOT NULL,
    phases INTEGER, highest_amps REAL, wanted_wh REAL, departs_at REAL, committed_wh REAL, committed_by REAL,
    priority REAL NOT NULL, pauses INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE site_limits (
    number INTEGER PRIMARY KEY, source TEXT NOT NULL, limit_id TEXT NOT NULL, circuit_id TEXT NOT NULL,
    max_l1 REAL, max_l2 REAL, max_l3 REAL, cars_max_watts REAL, priority REAL NOT NULL, since REAL NOT NULL,
    until REAL, UNIQUE (source, limit_id)
  ) STRICT;

  -- body: the whole entry as JSON, guarded by the checksum.
  CREATE TABLE limit_proofs (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX limit_proofs_at ON limit_proofs (at);
`

export const MIGRATIONS: readonly string[] = [FIRST, SECOND, THIRD]

export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

/** Throws LEDGER_FAILED when a newer ampbridge wrote the file: it is left untouched. */
export function refuseNewer(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  const version = schemaVersion(database)
  if (version > migrations.length) {
    throw new BridgeError(
      'LEDGER_FAILED',
      `the ledger was written by a newer ampbridge (schema ${version}, this one knows ${migrations.length}); install that version again, or go back to the backup it made`,
    )
  }
}

/** Brings the tables up to date in one commit; an older ledger is first copied to `<path>.v<version>.backup`. */
export function migrate(database: DatabaseSync, path: string, migrations: readonly string[] = MIGRATIONS): void {
  refuseNewer(database, migrations)
  const version = schemaVersion(database)
  if (version === migrations.length) return
  if (version > 0) {
    const backup = `${path}.v${version}.backup`
    if (existsSync(backup)) rmSync(backup)
    database.prepare('VACUUM INTO ?').run(backup)
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const migration of migrations.slice(version)) database.exec(migration)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
  // Lays the tables out from the first page on, in every ledger alike, whatever version it was born with: repair counts on it.
  database.exec('VACUUM')
}
