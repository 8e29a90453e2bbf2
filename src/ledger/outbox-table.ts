/** The ordered outbox, its dead letters, and what each upstream answered to a transaction's start. */
import { crc32 } from 'node:zlib'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { BridgeError } from '../model/errors.ts'
import type { Counters } from './journal.ts'
import type { Queue, StoredDeadLetter, StoredDraft, StoredQueued } from './operations.ts'
import { numberOf, textOf, textOrNull } from './row.ts'

export interface OutboxTable {
  append(drafts: readonly StoredDraft[], at: number): void
  /** Oldest first, with the upstream's names of their transactions. */
  next(queue: Queue, limit: number, onUnreadable: (text: string) => void): StoredQueued[]
  /** False when the entry is not waiting (any more). */
  delivered(sequence: number, csmsTransactionId: string | null): boolean
  /** Attempts so far; 0 when the entry is not waiting. */
  failed(sequence: number): number
  deadLetter(sequence: number, reason: string, at: number): boolean
  deadLetters(limit: number): StoredDeadLetter[]
  backlog(queue: Queue): number
  csmsTransactionId(upstreamId: string, transactionId: string): string | null
  /** Removes a bounded batch of what was delivered behind the newest `keepDelivered` numbers. */
  pruneDelivered(keepDelivered: number): void
  /** Removes the oldest `limit` that were delivered; false when there was none. */
  pruneAllDelivered(limit: number): boolean
  /** Removes a bounded batch of the oldest dead letters. */
  pruneDeadLetters(keep: number): void
}

const PRUNE_STEP = 500
const START = 'transaction-started'

type Row = Record<string, SQLOutputValue>

function draftOf(row: Row): StoredDraft {
  return {
    upstreamId: textOf(row['upstream_id']),
    stationId: textOf(row['station_id']),
    messageId: textOf(row['message_id']),
    transactionId: textOrNull(row['transaction_id']),
    kind: textOf(row['kind']),
    body: textOf(row['body']),
  }
}

function isColumns(row: unknown): row is SQLOutputValue[] {
  return Array.isArray(row)
}

export function openOutbox(database: DatabaseSync, counters: Counters): OutboxTable {
  const insert = database.prepare(
    'INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (message_id, upstream_id, station_id) DO NOTHING',
  )
  const same = database.prepare('SELECT body FROM outbox WHERE message_id = ? AND upstream_id = ? AND station_id = ?')
  const next = database.prepare(
    `SELECT sequence, message_id, transaction_id, kind, body, checksum, attempts FROM outbox
     WHERE upstream_id = ? AND station_id = ? AND delivered = 0 ORDER BY sequence LIMIT ?`,
  )
  next.setReturnArrays(true)
  const waiting = database.prepare('SELECT * FROM outbox WHERE sequence = ? AND delivered = 0')
  const transactionOf = database.prepare('SELECT upstream_id, transaction_id FROM outbox WHERE sequence = ?')
  const markDelivered = database.prepare('UPDATE outbox SET delivered = 1 WHERE sequence = ? AND delivered = 0')
  const dropDelivered = database.prepare('DELETE FROM outbox WHERE sequence = ? AND delivered = 0')
  const remove = database.prepare('DELETE FROM outbox WHERE sequence = ?')
  const countAttempt = database.prepare(
    'UPDATE outbox SET attempts = attempts + 1 WHERE sequence = ? AND delivered = 0 RETURNING attempts',
  )
  const followers = database.prepare(
    'SELECT * FROM outbox WHERE transaction_id = ? AND upstream_id = ? AND station_id = ? AND delivered = 0 AND sequence > ? ORDER BY sequence',
  )
  const bury = database.prepare('INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const listDead = database.prepare('SELECT * FROM dead_letters ORDER BY sequence DESC LIMIT ?')
  const count = database.prepare(
    'SELECT count(*) AS count FROM outbox WHERE upstream_id = ? AND station_id = ? AND delivered = 0',
  )
  const upstream = database.prepare(
    'SELECT csms_transaction_id, given_up FROM transaction_upstreams WHERE transaction_id = ? AND upstream_id = ?',
  )
  const setAnswer = database.prepare(
    `INSERT INTO transaction_upstreams (transaction_id, upstream_id, csms_transaction_id, given_up) VALUES (?, ?, ?, 0)
     ON CONFLICT (transaction_id, upstream_id) DO UPDATE SET csms_transaction_id = excluded.csms_transaction_id`,
  )
  const setGivenUp = database.prepare(
    `INSERT INTO transaction_upstreams (transaction_id, upstream_id, csms_transaction_id, given_up) VALUES (?, ?, NULL, 1)
     ON CONFLICT (transaction_id, upstream_id) DO UPDATE SET given_up = 1`,
  )
  const nameTransaction = database.prepare(
    'UPDATE transactions SET csms_transaction_id = ? WHERE id = ? AND csms_transaction_id IS NULL',
  )
  const sweep = database.prepare('DELETE FROM outbox WHERE sequence > ? AND sequence <= ? AND delivered = 1')
  const sweepAll = database.prepare(
    'DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox WHERE sequence > ? AND delivered = 1 ORDER BY sequence LIMIT ?)',
  )
  const pruneDead = database.prepare(
    'DELETE FROM dead_letters WHERE sequence IN (SELECT sequence FROM dead_letters ORDER BY sequence DESC LIMIT ? OFFSET ?)',
  )
  let dead = Number(database.prepare('SELECT count(*) AS count FROM dead_letters').get()?.['count'])

  function buryDraft(sequence: number, reason: string, at: number, draft: StoredDraft): void {
    const { upstreamId, stationId, messageId, transactionId, kind, body } = draft
    bury.run(sequence, reason, at, upstreamId, stationId, messageId, transactionId, kind, body)
    counters.outboxGone += 1
    dead += 1
  }

  function append(drafts: readonly StoredDraft[], at: number): void {
    for (const draft of drafts) {
      const { upstreamId, stationId, messageId, transactionId, kind, body } = draft
      const sequence = counters.outboxLast + 1
      if (transactionId !== null && upstream.get(transactionId, upstreamId)?.['given_up'] === 1) {
        counters.outboxLast = sequence
        buryDraft(sequence, 'the start of its transaction was given up', at, draft)
        continue
      }
      const checksum = crc32(body)
      const { changes } = insert.run(sequence, upstreamId, stationId, messageId, transactionId, kind, body, checksum)
      if (Number(changes) === 1) {
        counters.outboxLast = sequence
      } else if (same.get(messageId, upstreamId, stationId)?.['body'] !== body) {
        // the same message again is a repetition after a failure and is stored once; anything else is a mix-up
        throw new BridgeError('LEDGER_REFUSED', `message id ${messageId} of ${stationId} names two different messages`)
      }
    }
  }

  function discard(sequence: number): void {
    remove.run(sequence)
    counters.outboxGone += 1
  }

  function nameAt(upstreamId: string, transactionId: string): string | null {
    return textOrNull(upstream.get(transactionId, upstreamId)?.['csms_transaction_id'])
  }

  return {
    append,
    next(queue, limit, onUnreadable) {
      const { upstreamId, stationId } = queue
      const found: StoredQueued[] = []
      let transactionId: string | null = null
      let csmsTransactionId: string | null = null
      // arrays, for there are many of them
      const rows: unknown[] = next.all(upstreamId, stationId, limit)
      for (const row of rows) {
        if (!isColumns(row)) continue
        const [number, id, ownTransaction, kindText, bodyText, checksum, tries] = row
        const sequence = numberOf(number)
        const kind = textOf(kindText)
        const body = textOf(bodyText)
        if (crc32(body) !== numberOf(checksum)) {
          // bit rot inside a row: it must not block the queue behind it
          discard(sequence)
          onUnreadable(`message ${sequence} (${kind} of ${stationId}) is unreadable on disk and was left out`)
          continue
        }
        if (ownTransaction !== transactionId) {
          transactionId = textOrNull(ownTransaction)
          csmsTransactionId = transactionId === null ? null : nameAt(upstreamId, transactionId)
        }
        found.push({
          upstreamId,
          stationId,
          messageId: textOf(id),
          transactionId,
          kind,
          body,
          sequence,
          attempts: numberOf(tries),
          csmsTransactionId,
        })
      }
      // none of them could be read: what stands behind them must not wait
      if (found.length === 0 && rows.length > 0) return this.next(queue, limit, onUnreadable)
      return found
    },
    delivered(sequence, csmsTransactionId) {
      // read before the row may be gone
      const row = csmsTransactionId === null ? undefined : transactionOf.get(sequence)
      const isSwept = sequence <= counters.outboxSwept
      if (Number((isSwept ? dropDelivered : markDelivered).run(sequence).changes) === 0) return false
      if (isSwept) counters.outboxGone += 1
      const transactionId = textOrNull(row?.['transaction_id'])
      if (csmsTransactionId !== null && row !== undefined && transactionId !== null) {
        setAnswer.run(transactionId, textOf(row['upstream_id']), csmsTransactionId)
        nameTransaction.run(csmsTransactionId, transactionId)
      }
      return true
    },
    failed(sequence) {
      const row = countAttempt.get(sequence)
      return row === undefined ? 0 : numberOf(row['attempts'])
    },
    deadLetter(sequence, reason, at) {
      const row = waiting.get(sequence)
      if (row === undefined) return false
      const draft = draftOf(row)
      remove.run(sequence)
      buryDraft(sequence, reason, at, draft)
      if (draft.kind === START && draft.transactionId !== null) {
        setGivenUp.run(draft.transactionId, draft.upstreamId)
        for (const later of followers.all(draft.transactionId, draft.upstreamId, draft.stationId, sequence)) {
          const laterSequence = numberOf(later['sequence'])
          remove.run(laterSequence)
          buryDraft(laterSequence, `the start of its transaction was given up: ${reason}`, at, draftOf(later))
        }
      }
      return true
    },
    deadLetters: (limit) =>
      listDead.all(limit).map((row) => ({
        ...draftOf(row),
        sequence: numberOf(row['sequence']),
        reason: textOf(row['reason']),
        at: numberOf(row['at']),
      })),
    backlog: (queue) => numberOf(count.get(queue.upstreamId, queue.stationId)?.['count']),
    csmsTransactionId: nameAt,
    pruneDelivered(keepDelivered) {
      const upTo = counters.outboxSwept + PRUNE_STEP
      if (upTo > counters.outboxLast - keepDelivered) return
      counters.outboxGone += Number(sweep.run(counters.outboxSwept, upTo).changes)
      counters.outboxSwept = upTo
    },
    pruneAllDelivered(limit) {
      const removed = Number(sweepAll.run(counters.outboxSwept, limit).changes)
      counters.outboxGone += removed
      if (removed < limit) counters.outboxSwept = counters.outboxLast
      return removed > 0
    },
    pruneDeadLetters(keep) {
      if (dead >= keep + PRUNE_STEP) dead -= Number(pruneDead.run(PRUNE_STEP, keep).changes)
    },
  }
}
