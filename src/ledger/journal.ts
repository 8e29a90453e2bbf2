/** The numbered journal: one record per change, without gaps, carrying the outbox's counters. */
import type { DatabaseSync } from 'node:sqlite'

export interface Counters {
  /** Newest journal record. */
  record: number
  /** Newest outbox sequence number. */
  outboxLast: number
  /** Outbox numbers up to it that are no longer in the outbox, for a known reason. */
  outboxGone: number
  /** Up to this number delivered messages are removed at once. Not stored: found again by looking. */
  outboxSwept: number
}

export interface Journal {
  readonly counters: Counters
  /** Stores one record; call it last, when the counters are right. */
  append(at: number, kind: string, subject: string): void
  /** Removes a bounded batch of the oldest records behind the newest `keep`; false: not so many yet. */
  prune(keep: number): boolean
}

const PRUNE_STEP = 500

export function readCounters(database: DatabaseSync): Counters | null {
  const row = database.prepare('SELECT * FROM journal ORDER BY record DESC LIMIT 1').get()
  if (row === undefined) return null
  return {
    record: Number(row['record']),
    outboxLast: Number(row['outbox_last']),
    outboxGone: Number(row['outbox_gone']),
    outboxSwept: 0,
  }
}

export function openJournal(database: DatabaseSync, counters: Counters): Journal {
  const insert = database.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM journal WHERE record <= ?')
  let oldest = Number(database.prepare('SELECT coalesce(min(record), 1) AS oldest FROM journal').get()?.['oldest'])
  return {
    counters,
    append(at, kind, subject) {
      counters.record += 1
      insert.run(counters.record, at, kind, subject, counters.outboxLast, counters.outboxGone)
    },
    prune(keep) {
      const upTo = Math.min(counters.record - keep, oldest + PRUNE_STEP)
      if (upTo - oldest < PRUNE_STEP) return false
      remove.run(upTo)
      oldest = upTo + 1
      return true
    },
  }
}
