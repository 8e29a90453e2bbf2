/**
 * The ledger's files, from whatever a crash or a person left of them to an open database: a new one, the good one, or a
 * new one with what could be salvaged of a damaged one, which is set aside under the time.
 *
 * Salvage can be interrupted anywhere: the new file is built under another name, the rename to `ledger.salvaged` is the
 * moment it counts, and the rest is done again at the next start.
 */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Anchor, readAnchor } from './anchor.ts'
import type { AnchorState } from './anchor.ts'
import { inspect, span } from './inspect.ts'
import type { Inspection } from './inspect.ts'
import type { Counters } from './journal.ts'
import { readCounters } from './journal.ts'
import { openReadable, removeRepair, repairCopy } from './repair.ts'
import { rescue } from './salvage.ts'
import type { Rescue } from './salvage.ts'
import { migrate } from './schema.ts'
import { storageFault } from './sqlite-fault.ts'

export interface OpenFiles {
  readonly database: DatabaseSync
  readonly anchor: Anchor
  readonly ledgerId: string
  readonly counters: Counters
  /** Sentences for a person; empty when all is well. */
  readonly findings: readonly string[]
}

const KEEP_SET_ASIDE = 5
const SET_ASIDE = 'damaged-'

interface Paths {
  readonly folder: string
  readonly database: string
  readonly anchor: string
  readonly unfinished: string
  readonly salvaged: string
  readonly repair: string
}

function pathsOf(folder: string): Paths {
  return {
    folder,
    database: join(folder, 'ledger.sqlite'),
    anchor: join(folder, 'anchor'),
    unfinished: join(folder, 'ledger.unfinished'),
    salvaged: join(folder, 'ledger.salvaged'),
    repair: join(folder, 'ledger.repair'),
  }
}

/** A rename or a new file is on disk only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function sizeOf(path: string): number | null {
  return existsSync(path) ? statSync(path).size : null
}

/** Before SQLite makes it with the process's umask; the log takes the database's mode. */
function makePrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}

function openForWriting(path: string): DatabaseSync {
  makePrivate(path)
  // left by an inspection; nobody else has the file, the folder is locked
  rmSync(`${path}-shm`, { force: true })
  const database = new DatabaseSync(path)
  try {
    // exclusive: the log's index lives in memory, not in a mapped file that a full disk turns into SIGBUS
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY',
    )
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Fills a database that has the tables but no journal yet. Record 1 is its birth. */
function giveBirth(database: DatabaseSync, ledgerId: string, at: number): Counters {
  const counters: Counters = { record: 1, outboxLast: 0, outboxGone: 0, outboxSwept: 0 }
  database.exec('BEGIN IMMEDIATE')
  database.exec('DELETE FROM ledger')
  database.prepare('INSERT INTO ledger (ledger_id) VALUES (?)').run(ledgerId)
  database.prepare("INSERT INTO journal VALUES (?, ?, 'created', ?, 0, 0)").run(counters.record, at, ledgerId)
  database.exec('COMMIT')
  return counters
}

function create(paths: Paths, anchorState: AnchorState, at: number): OpenFiles {
  const ledgerId = anchorState.state === 'good' ? anchorState.mark.ledgerId : randomUUID()
  const anchor = new Anchor(paths.anchor)
  // first the anchor, with nothing promised: a crash from here on is known to be a first start
  anchor.write({ ledgerId, record: 0, sequence: 0 }, true)
  syncFolder(paths.folder)
  const database = openForWriting(paths.database)
  migrate(database, paths.database)
  const counters = giveBirth(database, ledgerId, at)
  syncFolder(paths.folder)
  anchor.write({ ledgerId, record: counters.record, sequence: 0 }, true)
  return { database, anchor, ledgerId, counters, findings: [] }
}

function timeName(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

/** Moves the old files away, where a person can look at them. Returns the folder's name. */
function setAside(paths: Paths, at: number): string {
  const base = `${SET_ASIDE}${timeName(at)}`
  let name = base
  for (let count = 2; existsSync(join(paths.folder, name)); count += 1) name = `${base}-${count}`
  const target = join(paths.folder, name)
  mkdirSync(target, { mode: 0o700 })
  if (existsSync(paths.anchor)) copyFileSync(paths.anchor, join(target, 'anchor'))
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(paths.database + suffix)) renameSync(paths.database + suffix, join(target, `ledger.sqlite${suffix}`))
  }
  const old = readdirSync(paths.folder)
    .filter((entry) => entry.startsWith(SET_ASIDE))
    .toSorted()
  for (const entry of old.slice(0, -KEEP_SET_ASIDE)) rmSync(join(paths.folder, entry), { recursive: true, force: true })
  return name
}

/** The new file takes the old one's place. Also finishes what a crash interrupted. Returns the set-aside folder's name. */
function swap(paths: Paths, at: number): string {
  const name = setAside(paths, at)
  renameSync(paths.salvaged, paths.database)
  syncFolder(paths.folder)
  return name
}

interface Damage {
  readonly what: string
  readonly ledgerId: string | null
  readonly counters: Counters | null
}

/** The damaged file itself, or a repaired copy of it; null when nothing of it can be read. */
function openSource(paths: Paths, pristine: DatabaseSync): DatabaseSync | null {
  if ((sizeOf(paths.database) ?? 0) === 0) return null
  return openReadable(paths.database) ?? repairCopy(paths.database, paths.repair, pristine, paths.unfinished)
}

function countersOf(database: DatabaseSync | null): Counters | null {
  try {
    return database === null ? null : readCounters(database)
  } catch {
    // the journal is among what is damaged; the anchor and the messages themselves say how far it went
    return null
  }
}

function newestMessage(database: DatabaseSync): number {
  return Number(database.prepare('SELECT coalesce(max(sequence), 0) AS newest FROM outbox').get()?.['newest'])
}

/** Builds `ledger.salvaged`; the numbers go on after the newest that was ever given. Returns the finding. */
function buildSalvaged(paths: Paths, damage: Damage, anchor: AnchorState, at: number): string {
  rmSync(paths.unfinished, { force: true })
  rmSync(`${paths.unfinished}-journal`, { force: true })
  makePrivate(paths.unfinished)
  const target = new DatabaseSync(paths.unfinished)
  let source: DatabaseSync | null = null
  try {
    target.exec('PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY')
    migrate(target, paths.unfinished)
    source = openSource(paths, target)
    const known = damage.counters ?? countersOf(source)
    const mark = anchor.state === 'good' ? anchor.mark : null
    const newestKnown = Math.max(mark?.sequence ?? 0, known?.outboxLast ?? 0)
    target.exec('BEGIN IMMEDIATE')
    const rescued: Rescue = source === null ? { rows: 0, unreadable: [] } : rescue(source, target, newestKnown)
    const outboxLast = Math.max(newestKnown, newestMessage(target))
    const kept = Number(target.prepare('SELECT count(*) AS count FROM outbox').get()?.['count'])
    const record = Math.max(mark?.record ?? 0, known?.record ?? 0) + 1
    const finding = wording(damage, rescued, { record: record - 1, message: outboxLast })
    target.prepare('INSERT INTO ledger (ledger_id) VALUES (?)').run(damage.ledgerId ?? mark?.ledgerId ?? randomUUID())
    target.prepare("INSERT INTO events (at, kind, text) VALUES (?, 'ledger-damaged', ?)").run(at, finding)
    target
      .prepare("INSERT INTO journal VALUES (?, ?, 'salvaged', '', ?, ?)")
      .run(record, at, outboxLast, outboxLast - kept)
    target.exec('COMMIT')
    target.close()
    renameSync(paths.unfinished, paths.salvaged)
    syncFolder(paths.folder)
    return finding
  } finally {
    if (target.isOpen) target.close()
    source?.close()
    removeRepair(paths.repair)
  }
}

function wording(damage: Damage, rescued: Rescue, last: { record: number; message: number }): string {
  const goesOn = `the journal goes on with record ${last.record + 1}`
  if (rescued.rows === 0) {
    const messages = last.message > 0 ? ` and messages ${span(1, last.message)}` : ''
    const records = last.record > 0 ? `records ${span(1, last.record)}${messages} are lost` : 'nothing could be read'
    return `LEDGER_DAMAGED: ${damage.what}; ${records}; ${goesOn}`
  }
  const lost = rescued.unreadable.length === 0 ? '' : `; unreadable: ${rescued.unreadable.join(', ')}`
  return `LEDGER_DAMAGED: ${damage.what}${lost}; ${rescued.rows} rows were salvaged; ${goesOn}`
}

function openGood(paths: Paths, anchorState: AnchorState, at: number, findings: readonly string[]): OpenFiles {
  const database = openForWriting(paths.database)
  try {
    migrate(database, paths.database)
    const inspection = inspect(database, anchorState)
    if (inspection.state === 'unborn') {
      database.close()
      return create(paths, anchorState, at)
    }
    if (inspection.state !== 'good') {
      database.close()
      return salvage(paths, anchorState, damageOf(inspection), at)
    }
    const { ledgerId, counters, remarks } = inspection
    const anchor = new Anchor(paths.anchor)
    anchor.write({ ledgerId, record: counters.record, sequence: counters.outboxLast }, true)
    return { database, anchor, ledgerId, counters, findings: [...findings, ...remarks] }
  } catch (error) {
    if (database.isOpen) database.close()
    throw error
  }
}

function damageOf(inspection: Inspection): Damage {
  if (inspection.state === 'damaged') return inspection
  return { what: 'the file does not hold what its version says', ledgerId: null, counters: null }
}

function salvage(paths: Paths, anchorState: AnchorState, damage: Damage, at: number): OpenFiles {
  const finding = buildSalvaged(paths, damage, anchorState, at)
  const aside = swap(paths, at)
  // the salvaged file is ahead of the old anchor, never behind
  return openGood(paths, readAnchor(paths.anchor), at, [`${finding}; the old files are in ${aside}`])
}

function inspectFile(path: string, anchorState: AnchorState): Inspection {
  let database: DatabaseSync
  try {
    // for reading only: closing a damaged database must not write the log into it
    database = new DatabaseSync(path, { readOnly: true })
  } catch (error) {
    if (storageFault(error) !== 'damaged') throw error
    return { state: 'damaged', what: 'the file is not a database', ledgerId: null, counters: null }
  }
  try {
    return inspect(database, anchorState)
  } finally {
    database.close()
  }
}

/**
 * `rewrite`: why a running ledger may not go on with its file (a failed sync leaves open what is on the disk); it is
 * copied into a new one. Throws LEDGER_FAILED for a newer ampbridge's file, and faults of the disk as they are.
 */
export function openFiles(folder: string, at: number, rewrite: string | null = null): OpenFiles {
  const paths = pathsOf(folder)
  const findings: string[] = []
  if (existsSync(paths.salvaged)) {
    findings.push(
      `LEDGER_DAMAGED: a salvage was finished that had been interrupted; the old files are in ${swap(paths, at)}`,
    )
  }
  const anchorState = readAnchor(paths.anchor)
  const size = sizeOf(paths.database)
  const promised = anchorState.state === 'good' ? anchorState.mark.record : 0
  if (size === null || size === 0) {
    const logBytes = sizeOf(`${paths.database}-wal`) ?? 0
    const born = promised > 0 || anchorState.state === 'damaged' || logBytes > 0
    const fresh = !born && (size === null || anchorState.state === 'good')
    if (fresh) return create(paths, anchorState, at)
    const state = size === null ? 'is missing' : 'has a length of zero'
    return salvage(paths, anchorState, { what: `the database ${state}`, ledgerId: null, counters: null }, at)
  }
  const inspection = inspectFile(paths.database, anchorState)
  if (inspection.state === 'damaged') return salvage(paths, anchorState, inspection, at)
  if (rewrite !== null && inspection.state === 'good') {
    const { ledgerId, counters } = inspection
    return salvage(paths, anchorState, { what: rewrite, ledgerId, counters }, at)
  }
  if (inspection.state === 'unborn') return create(paths, anchorState, at)
  return openGood(paths, anchorState, at, findings)
}
