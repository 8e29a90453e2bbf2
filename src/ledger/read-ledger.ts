/**
 * Reads a state folder's ledger from another process, also while a bridge runs on it.
 *
 * The bridge locks its file for itself, so no second connection may open it as usual. Here the database is looked at through a hard
 * link, without locks, beside a copy of the write-ahead log: what kill -9 at this moment would leave, which is whole by design. Only a
 * checkpoint (the log's pages going into the database) could tear it; the database's time of change tells that, and it is read again.
 * Nothing is ever written into the bridge's files.
 */
import { constants, copyFileSync, existsSync, linkSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { type Clock, systemClock } from '../model/clock.ts'
import type { Decision } from '../model/decision.ts'
import { BridgeError, isBridgeError } from '../model/errors.ts'
import type { LimitProof } from '../model/limit-proof.ts'
import type { SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import { openDecisions } from './decision-table.ts'
import { openLimits } from './limit-tables.ts'
import type { Portion, SamplePlace } from './operations.ts'
import { decodeDecision, decodeProof } from './records.ts'
import { APPLICATION_ID, MIGRATIONS, refuseNewer, schemaVersion } from './schema.ts'
import { openSiteSamples } from './site-sample-table.ts'
import { openVisits } from './visit-table.ts'

/** As the ledger's methods of the same names. */
export interface LedgerReader {
  decisionAt(stationId: string, evse: number, at: number): Decision | null
  decisions(stationId: string, evse: number, from: number, to: number, limit: number): readonly Decision[]
  /** All that a decision is stored of, in order. */
  outlets(): readonly { readonly stationId: string; readonly evse: number }[]
  siteSamples(from: number, to: number): readonly SiteSample[]
  /** The first minute from `from` on of which a sample is stored, wall ms; null: none. */
  firstMinuteFrom(from: number): number | null
  visits(from: number, to: number): readonly VisitRecord[]
  limits(): readonly SiteLimit[]
  limitProofs(from: number, to: number, limit: number): readonly LimitProof[]
}

const FOLDER = 'reading-'
const ATTEMPTS = 5
const ROWS = 10_000
/** A file's time of change is as coarse as the kernel's tick; older than this it can tell a later change. */
const STILL_MS = 30
/** A folder of a reader that was killed. */
const LEFT_BEHIND_MS = 3_600_000

/**
 * `read` may be called again when the file changed under it, and keeps nothing of the reader.
 * Throws LEDGER_UNREADABLE when there is no ledger, it cannot be read, or an older version wrote it; LEDGER_FAILED when a newer one did.
 */
export async function readLedger<Result>(
  folder: string,
  read: (ledger: LedgerReader) => Result,
  clock: Clock = systemClock,
): Promise<Result> {
  const path = join(folder, 'ledger.sqlite')
  if (!existsSync(path)) throw new BridgeError('LEDGER_UNREADABLE', `there is no ledger in ${folder}`)
  for (let attempt = 1; ; attempt += 1) {
    await clock.sleep(STILL_MS, new AbortController().signal)
    const outcome = attemptRead(folder, path, read)
    if ('result' in outcome) return outcome.result
    if (!outcome.moved || attempt === ATTEMPTS) throw readFault(folder, outcome.error)
  }
}

type Outcome<Result> = { readonly result: Result } | { readonly moved: boolean; readonly error: unknown }

function attemptRead<Result>(folder: string, path: string, read: (ledger: LedgerReader) => Result): Outcome<Result> {
  let before = ''
  try {
    before = changeOf(path)
    const result = withView(folder, path, read)
    if (changeOf(path) === before) return { result }
    return { moved: true, error: new Error('the ledger is being written too fast to be read; try again') }
  } catch (error) {
    return { moved: before !== '' && existsSync(path) && changeOf(path) !== before, error }
  }
}

/** Which file it is, and when it was written last. */
function changeOf(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true })
  return `${ino} ${mtimeNs} ${size}`
}

function withView<Result>(folder: string, path: string, read: (ledger: LedgerReader) => Result): Result {
  removeLeftBehind(folder)
  const place = mkdtempSync(join(folder, FOLDER))
  let database: DatabaseSync | null = null
  try {
    const link = join(place, 'ledger.sqlite')
    linkSync(path, link)
    // the log before the link would be older than the database, and miss what went from the one into the other
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${link}-wal`, constants.COPYFILE_EXCL)
    const address = pathToFileURL(link)
    address.search = '?mode=ro&vfs=unix-none'
    database = new DatabaseSync(address, { readOnly: true })
    // without locks there is no shared index of the log either: it is kept in this process's memory
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY')
    refuseOther(database)
    return read(readerOf(database))
  } finally {
    database?.close()
    rmSync(place, { recursive: true, force: true })
  }
}

function removeLeftBehind(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(FOLDER))) {
    const place = join(folder, name)
    const age = Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN)
    if (age > LEFT_BEHIND_MS) rmSync(place, { recursive: true, force: true })
  }
}

function refuseOther(database: DatabaseSync): void {
  if (Number(database.prepare('PRAGMA application_id').get()?.['application_id']) !== APPLICATION_ID)
    throw new BridgeError('LEDGER_UNREADABLE', 'the file is a database of another program')
  refuseNewer(database)
  const version = schemaVersion(database)
  if (version < MIGRATIONS.length)
    throw new BridgeError(
      'LEDGER_UNREADABLE',
      `the ledger was written by an older ampbridge (schema ${version}); start this one once on it`,
    )
}

function readerOf(database: DatabaseSync): LedgerReader {
  const decisions = openDecisions(database)
  const samples = openSiteSamples(database)
  const visits = openVisits(database)
  const limits = openLimits(database)
  return {
    decisionAt(stationId, evse, at) {
      const stored = decisions.at(stationId, evse, at)
      return stored === null ? null : decodeDecision(stored)
    },
    decisions: (stationId, evse, from, to, limit) =>
      decisions.between(stationId, evse, from, to, limit).map(decodeDecision),
    outlets: () => decisions.outlets(),
    siteSamples: (from, to) => all((after: SamplePlace | null) => samples.read(from, to, after, ROWS)),
    firstMinuteFrom: (from) => samples.firstFrom(from),
    visits: (from, to) => all((after: number | null) => visits.read(from, to, after ?? 0, ROWS)),
    limits: () => limits.all(),
    limitProofs: (from, to, limit) => limits.proofs(from, to, null, limit).rows.map(decodeProof).toReversed(),
  }
}

function all<Row, Place>(ask: (after: Place | null) => Portion<Row, Place>): readonly Row[] {
  const rows: Row[] = []
  for (let place: Place | null = null; ;) {
    const portion: Portion<Row, Place> = ask(place)
    for (const row of portion.rows) rows.push(row)
    if (portion.next === null) return rows
    place = portion.next
  }
}

function readFault(folder: string, error: unknown): BridgeError {
  if (isBridgeError(error)) return error
  const text = error instanceof Error ? error.message : String(error)
  return new BridgeError('LEDGER_UNREADABLE', `the ledger in ${folder} could not be read: ${text}`, { cause: error })
}
