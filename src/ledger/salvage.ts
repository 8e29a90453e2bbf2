/** Reads what can be read of a damaged ledger into a new file: row by row around pages that SQLite cannot read. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { schemaVersion } from './schema.ts'
import { isSqliteFault, SQLITE } from './sqlite-fault.ts'

export interface Rescue {
  /** Rows carried over. */
  readonly rows: number
  /** Ranges of keys per table that could not be read, as words: `outbox 300 to 317`. */
  readonly unreadable: readonly string[]
}

/** Everything but the journal, which begins anew with the counters, and the ledger's own row. */
const TABLES = [
  'transactions',
  'transaction_upstreams',
  'energy_meters',
  'outbox',
  'dead_letters',
  'settings',
  'profiles',
  'events',
  'local_lists',
  'local_list_entries',
  'security_events',
  'decisions',
  'balance_memory',
  'site_samples',
  'visits',
  'site_limits',
  'limit_proofs',
] as const
/** Tables that came with a later schema: an older file does not lack them. */
const SINCE: Readonly<Record<string, number>> = {
  local_lists: 2,
  local_list_entries: 2,
  security_events: 2,
  decisions: 3,
  balance_memory: 3,
  site_samples: 3,
  visits: 3,
  site_limits: 3,
  limit_proofs: 3,
}

const CHUNK = 4096
/** Enough to walk around some hundred damaged pages; more is a file that is lost as a whole. */
const MAX_PROBES = 20_000
const MAX_RANGES_NAMED = 20

interface Range {
  first: number
  last: number
}

/** Merges neighbours, so that the words are short. */
function add(ranges: Range[], first: number, last: number): void {
  const previous = ranges.at(-1)
  if (previous !== undefined && previous.last + 1 === first) previous.last = last
  else ranges.push({ first, last })
}

interface Column {
  readonly name: string
}

function columns(database: DatabaseSync, table: string): Column[] {
  return database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map((row) => ({ name: String(row['name']) }))
}

function rescueTable(from: DatabaseSync, to: DatabaseSync, table: string, newest: number, unreadable: Range[]): number {
  const names = columns(to, table).map((column) => column.name)
  const key = names[0] ?? 'number'
  const marks = names.map(() => '?').join(', ')
  const insert = to.prepare(`INSERT OR IGNORE INTO ${table} VALUES (${marks})`)
  const select = from.prepare(
    `SELECT ${names.join(', ')} FROM ${table} NOT INDEXED WHERE ${key} BETWEEN ? AND ? ORDER BY ${key}`,
  )
  let probes = 0
  let rows = 0

  function put(row: Record<string, SQLInputValue>): number {
    try {
      return Number(insert.run(...names.map((name) => row[name] ?? null)).changes)
    } catch (error) {
      // a row of a damaged page can hold anything; one that breaks the table's rules is none of ours
      if (!isSqliteFault(error, SQLITE.constraint)) throw error
      return 0
    }
  }

  function read(first: number, last: number): void {
    probes += 1
    let found: Record<string, SQLInputValue>[] | null = null
    try {
      found = select.all(first, last)
    } catch {
      // a damaged page somewhere in the range: halve it until the page is alone
    }
    if (found !== null) {
      for (const row of found) rows += put(row)
    } else if (first === last || probes > MAX_PROBES) {
      add(unreadable, first, last)
    } else {
      const middle = Math.floor((first + last) / 2)
      read(first, middle)
      read(middle + 1, last)
    }
  }

  for (let first = 0; first <= newest; first += CHUNK) read(first, Math.min(newest, first + CHUNK - 1))
  return rows
}

const LARGEST_KEY = 2 ** 40

/**
 * The newest key of a table. When its end is unreadable: some way behind the newest that can be read; `assumed` when nothing can.
 */
function newestKey(database: DatabaseSync, table: string, assumed: number): number {
  const whole = newestBelow(database, table, LARGEST_KEY)
  if (whole !== null) return whole
  let [readable, unreadable] = [0, LARGEST_KEY]
  while (unreadable - readable > 1) {
    const middle = Math.floor((readable + unreadable) / 2)
    if (newestBelow(database, table, middle) === null) unreadable = middle
    else readable = middle
  }
  return readable === 0 ? assumed : readable + CHUNK
}

/** Null: the page with that end of the table cannot be read. */
function newestBelow(database: DatabaseSync, table: string, key: number): number | null {
  try {
    const row = database.prepare(`SELECT coalesce(max(rowid), 0) AS newest FROM ${table} WHERE rowid <= ?`).get(key)
    return Number(row?.['newest'])
  } catch {
    return null
  }
}

/**
 * Copies into `to`, which has the tables and an open transaction. `newestSequence`: the outbox's newest known number.
 * Throws only when the new file cannot be written.
 */
export function rescue(from: DatabaseSync, to: DatabaseSync, newestSequence: number): Rescue {
  let rows = 0
  const words: string[] = []
  const version = versionOf(from)
  for (const table of TABLES.filter((name) => version === 0 || (SINCE[name] ?? 1) <= version)) {
    const unreadable: Range[] = []
    const newest = newestKey(from, table, table === 'outbox' ? newestSequence : CHUNK * 16)
    try {
      rows += rescueTable(from, to, table, table === 'outbox' ? Math.max(newest, newestSequence) : newest, unreadable)
    } catch (error) {
      if (!isMissingTable(error)) throw error
      words.push(`${table} as a whole`)
    }
    const [only] = unreadable
    if (unreadable.length === 1 && only?.first === 0 && only.last >= newest) {
      words.push(`${table} as a whole`)
      continue
    }
    for (const { first, last } of unreadable.slice(0, MAX_RANGES_NAMED)) words.push(`${table} ${first} to ${last}`)
    if (unreadable.length > MAX_RANGES_NAMED)
      words.push(`${table}: ${unreadable.length - MAX_RANGES_NAMED} more ranges`)
  }
  return { rows, unreadable: words }
}

/** 0: the head cannot be read, so every table is looked for. */
function versionOf(database: DatabaseSync): number {
  try {
    return schemaVersion(database)
  } catch {
    return 0
  }
}

/** The table list itself is gone, or cannot be read. */
function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && [1, 11, 26].includes(Number(error.errcode) & 0xff)
}
