/** Keeps a table that only grows at its newest rows: the oldest go, a bounded batch at a commit. */
import type { DatabaseSync } from 'node:sqlite'
import { numberOf } from './row.ts'

export interface Ring {
  /** Rows were inserted. */
  grew(rows: number): void
  /** Removes the oldest rows behind the newest `keep`, a bounded batch of them, and not for a few. */
  prune(keep: number): void
  /** Removes the `rows` oldest; returns how many there were. */
  giveUp(rows: number): number
}

/** For a few rows no commit is made larger. */
const SLACK = 200
/** More than one commit brings, so that the table does not outgrow its pruning. */
const STEP = 4_000

/** `table`: with an integer key `number`; insertion order is its order. */
export function openRing(database: DatabaseSync, table: string): Ring {
  const remove = database.prepare(
    `DELETE FROM ${table} WHERE number IN (SELECT number FROM ${table} ORDER BY number LIMIT ?)`,
  )
  const count = database.prepare(`SELECT count(*) AS count FROM ${table}`)
  /** Null: not counted yet; who only reads need not wait for it. */
  let stored: number | null = null

  function giveUp(rows: number): number {
    const removed = Number(remove.run(rows).changes)
    if (stored !== null) stored -= removed
    return removed
  }

  return {
    grew(rows) {
      if (stored !== null) stored += rows
    },
    prune(keep) {
      stored ??= numberOf(count.get()?.['count'])
      if (stored >= keep + SLACK) giveUp(Math.min(STEP, stored - keep))
    },
    giveUp,
  }
}
