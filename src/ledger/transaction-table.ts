/** Transactions and the billing meters behind them. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { STOP_REASONS, type StopReason, type Transaction } from '../model/transaction.ts'
import type { EnergyMeterState } from './ledger.ts'
import { numberOf, numberOrNull, textOf, textOrNull } from './row.ts'

export interface TransactionTable {
  /** False when the id exists already: then nothing is stored. */
  begin(transaction: Transaction): boolean
  /** False when it had ended already: then nothing is stored. */
  end(transaction: Transaction): boolean
  open(stationId: string): Transaction[]
  byId(id: string): Transaction | null
  /** Newest first, in the order in which they began. */
  recent(limit: number): Transaction[]
  saveMeter(meter: EnergyMeterState): void
  meters(stationId: string): EnergyMeterState[]
  /** Removes a bounded batch of the oldest ended transactions of which every message is settled. */
  prune(keep: number): void
}

const PRUNE_STEP = 100

function stopReasonOf(text: string | null): StopReason | null {
  if (text === null) return null
  return STOP_REASONS.find((reason) => reason === text) ?? 'other'
}

function transactionOf(row: Record<string, SQLOutputValue>): Transaction {
  return {
    id: textOf(row['id']),
    stationId: textOf(row['station_id']),
    evse: numberOf(row['evse']),
    idToken: textOf(row['id_token']),
    startedAt: numberOf(row['started_at']),
    startWh: numberOf(row['start_wh']),
    endedAt: numberOrNull(row['ended_at']),
    endWh: numberOrNull(row['end_wh']),
    stopReason: stopReasonOf(textOrNull(row['stop_reason'])),
    csmsTransactionId: textOrNull(row['csms_transaction_id']),
    remoteStarted: numberOf(row['remote_started']) === 1,
  }
}

export function openTransactionTable(database: DatabaseSync): TransactionTable {
  const insert = database.prepare(
    `INSERT INTO transactions (id, station_id, evse, id_token, started_at, start_wh, ended_at, end_wh, stop_reason,
       csms_transaction_id, remote_started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  )
  const end = database.prepare(
    'UPDATE transactions SET ended_at = ?, end_wh = ?, stop_reason = ? WHERE id = ? AND ended_at IS NULL',
  )
  const open = database.prepare('SELECT * FROM transactions WHERE station_id = ? AND ended_at IS NULL ORDER BY number')
  const byId = database.prepare('SELECT * FROM transactions WHERE id = ?')
  const recent = database.prepare('SELECT * FROM transactions ORDER BY number DESC LIMIT ?')
  const saveMeter = database.prepare(
    `INSERT INTO energy_meters (station_id, evse, last_register_wh, offset_wh) VALUES (?, ?, ?, ?)
     ON CONFLICT (station_id, evse) DO UPDATE
     SET last_register_wh = excluded.last_register_wh, offset_wh = excluded.offset_wh`,
  )
  const meters = database.prepare('SELECT * FROM energy_meters WHERE station_id = ? ORDER BY evse')
  const settled = database.prepare(
    `SELECT number, id FROM transactions WHERE ended_at IS NOT NULL
     AND id NOT IN (SELECT transaction_id FROM outbox WHERE delivered = 0 AND transaction_id IS NOT NULL)
     ORDER BY number LIMIT ?`,
  )
  const remove = database.prepare('DELETE FROM transactions WHERE number = ?')
  const removeUpstreams = database.prepare('DELETE FROM transaction_upstreams WHERE transaction_id = ?')
  let stored = numberOf(database.prepare('SELECT count(*) AS count FROM transactions').get()?.['count'])
  /** Look again only when as many more have come: while an upstream is away, nothing may be settled. */
  let lookAt = 0

  function add(transaction: Transaction): boolean {
    const { id, stationId, evse, idToken, startedAt, startWh, endedAt, endWh, stopReason } = transaction
    const remote = transaction.remoteStarted ? 1 : 0
    const answer = transaction.csmsTransactionId
    const values = [id, stationId, evse, idToken, startedAt, startWh, endedAt, endWh, stopReason, answer, remote]
    const added = Number(insert.run(...values).changes) === 1
    if (added) stored += 1
    return added
  }

  return {
    begin: (transaction) => add(transaction),
    end(transaction) {
      const { id, endedAt, endWh, stopReason } = transaction
      if (Number(end.run(endedAt, endWh, stopReason, id).changes) === 1) return true
      // no open row: ended already, or its start was lost with a damaged ledger; then the end carries all there is
      return add(transaction)
    },
    open: (stationId) => open.all(stationId).map(transactionOf),
    byId(id) {
      const row = byId.get(id)
      return row === undefined ? null : transactionOf(row)
    },
    recent: (limit) => recent.all(limit).map(transactionOf),
    saveMeter({ stationId, evse, lastRegisterWh, offsetWh }) {
      saveMeter.run(stationId, evse, lastRegisterWh, offsetWh)
    },
    meters: (stationId) =>
      meters.all(stationId).map((row) => ({
        stationId: textOf(row['station_id']),
        evse: numberOf(row['evse']),
        lastRegisterWh: numberOrNull(row['last_register_wh']),
        offsetWh: numberOf(row['offset_wh']),
      })),
    prune(keep) {
      if (stored < Math.max(keep + PRUNE_STEP, lookAt)) return
      lookAt = stored + PRUNE_STEP
      for (const row of settled.all(Math.min(PRUNE_STEP, stored - keep))) {
        remove.run(numberOf(row['number']))
        removeUpstreams.run(textOf(row['id']))
        stored -= 1
      }
    },
  }
}
