/** Looks at a ledger that is about to be used and says what is wrong with it. Changes nothing. */
import type { DatabaseSync } from 'node:sqlite'
import type { AnchorState } from './anchor.ts'
import { readCounters } from './journal.ts'
import type { Counters } from './journal.ts'
import { numberOf, textOf } from './row.ts'
import { APPLICATION_ID, MIGRATIONS, refuseNewer, schemaVersion } from './schema.ts'
import { storageFault } from './sqlite-fault.ts'

export type Inspection =
  /** Never finished its first start: nothing was promised yet. */
  | { readonly state: 'unborn' }
  | { readonly state: 'outdated' }
  | {
      readonly state: 'good'
      readonly ledgerId: string
      readonly counters: Counters
      readonly remarks: readonly string[]
    }
  | {
      readonly state: 'damaged'
      readonly what: string
      readonly ledgerId: string | null
      readonly counters: Counters | null
    }

function count(database: DatabaseSync, sql: string): number {
  return numberOf(Object.values(database.prepare(sql).get() ?? {})[0])
}

/** `5 to 9 (5)` */
export function span(first: number, last: number): string {
  return first === last ? `${first} (1)` : `${first} to ${last} (${last - first + 1})`
}

function ledgerIdOf(database: DatabaseSync): string | null {
  const row = database.prepare('SELECT ledger_id FROM ledger').get()
  return row === undefined ? null : textOf(row['ledger_id'])
}

/** What the numbers say: each journal record and each message must be there or known to be gone. */
function missingRows(database: DatabaseSync, counters: Counters): string | null {
  const journal = database.prepare('SELECT min(record) AS first, count(*) AS rows FROM journal').get() ?? {}
  const expected = counters.record - numberOf(journal['first']) + 1
  const rows = numberOf(journal['rows'])
  if (rows !== expected) return `${expected - rows} journal records are missing`
  const messages = count(database, 'SELECT count(*) FROM outbox')
  const due = counters.outboxLast - counters.outboxGone
  if (messages !== due) return `${due} messages should be in the outbox, ${messages} are`
  const newest = count(database, 'SELECT coalesce(max(sequence), 0) FROM outbox')
  if (newest > counters.outboxLast)
    return `the outbox holds message ${newest}, the journal knows ${counters.outboxLast}`
  return null
}

/** Compared with the anchor; the second anchor is what notices a write-ahead log that was cut or deleted. */
function lostSinceAnchor(counters: Counters, anchor: AnchorState): string | null {
  if (anchor.state !== 'good' || anchor.mark.record <= counters.record) return null
  const records = `records ${span(counters.record + 1, anchor.mark.record)}`
  const messages =
    anchor.mark.sequence > counters.outboxLast
      ? ` and messages ${span(counters.outboxLast + 1, anchor.mark.sequence)}`
      : ''
  return `the write-ahead log was cut or deleted, or the file is an older copy: ${records}${messages} are missing`
}

function remarksOn(ledgerId: string, anchor: AnchorState): string[] {
  const blind = 'so a loss of the newest records could not have been noticed this time; it was written anew'
  if (anchor.state === 'missing') return [`LEDGER_DAMAGED: the anchor file is missing, ${blind}`]
  if (anchor.state === 'damaged') return [`LEDGER_DAMAGED: the anchor file is unreadable, ${blind}`]
  if (anchor.mark.ledgerId !== ledgerId) {
    return [`LEDGER_DAMAGED: the anchor belongs to another ledger (were files copied between folders?), ${blind}`]
  }
  return []
}

function examine(database: DatabaseSync, anchor: AnchorState): Inspection {
  const version = schemaVersion(database)
  const tables = count(database, 'SELECT count(*) FROM sqlite_schema')
  const application = count(database, 'PRAGMA application_id')
  if (version === 0 && tables === 0) {
    if (anchor.state === 'good' && anchor.mark.record === 0) return { state: 'unborn' }
    return { state: 'damaged', what: 'the database is empty', ledgerId: null, counters: null }
  }
  if (application !== APPLICATION_ID) {
    return { state: 'damaged', what: 'the file is a database of another program', ledgerId: null, counters: null }
  }
  refuseNewer(database)
  const check = textOf(Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0])
  if (check !== 'ok') {
    return {
      state: 'damaged',
      what: `the file is damaged (${check.trim().replaceAll(/\s+/g, ' ')})`,
      ledgerId: null,
      counters: null,
    }
  }
  if (version < MIGRATIONS.length) return { state: 'outdated' }
  const ledgerId = ledgerIdOf(database)
  const counters = readCounters(database)
  if (ledgerId === null || counters === null) {
    if (anchor.state === 'good' && anchor.mark.record === 0) return { state: 'unborn' }
    return { state: 'damaged', what: 'the journal is empty', ledgerId, counters }
  }
  const sameLedger = anchor.state === 'good' && anchor.mark.ledgerId === ledgerId
  const what = missingRows(database, counters) ?? (sameLedger ? lostSinceAnchor(counters, anchor) : null)
  if (what !== null) return { state: 'damaged', what, ledgerId, counters }
  return { state: 'good', ledgerId, counters, remarks: remarksOn(ledgerId, anchor) }
}

/** `database`: open, for reading at least. Throws LEDGER_FAILED for a newer ampbridge's file, and faults of the disk. */
export function inspect(database: DatabaseSync, anchor: AnchorState): Inspection {
  try {
    return examine(database, anchor)
  } catch (error) {
    if (storageFault(error) !== 'damaged') throw error
    const what = `the file is damaged (${error instanceof Error ? error.message : String(error)})`
    return { state: 'damaged', what, ledgerId: null, counters: null }
  }
}
