import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ManualClock } from '../peers/manual-clock.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import {
  crashCopy,
  ended,
  endDraft,
  meter,
  openFor,
  sampleDraft,
  started,
  startDraft,
  temporaryFolder,
  UPSTREAM,
} from './records.ts'
import { delivered, nextMessage } from './one-by-one.ts'

const DATABASE = 'ledger.sqlite'
const LOG = 'ledger.sqlite-wal'

/** One open transaction, and 300 samples; so 302 records (the first is the ledger's birth) and 301 messages. */
async function fill(ledger: Ledger): Promise<void> {
  await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')])
  // one commit each, so that a part of them is in the database already and a cut log has many places to end
  for (let number = 1; number <= 300; number += 1) await ledger.recordSamples(meter(), [sampleDraft('T1', number)])
}

// filled once; each test damages a copy of its own
const originals = mkdtempSync(join(tmpdir(), 'ampbridge-damage-'))
const killed = join(originals, 'killed')
const closed = join(originals, 'closed')

beforeAll(async () => {
  const ledger = await openLedger(closed)
  await fill(ledger)
  // the files as they are while it is open are the files that kill -9 leaves
  cpSync(closed, killed, { recursive: true })
  await ledger.close()
})

afterAll(() => rmSync(originals, { recursive: true }))

function filledAndKilled(): string {
  return crashCopy(killed)
}

function filledAndClosed(): string {
  return crashCopy(closed)
}

/** Delivers all that is there. */
async function drain(ledger: Ledger): Promise<number[]> {
  const sequences: number[] = []
  const waiting = new Set<Promise<void>>()
  for (let left = await ledger.backlog(UPSTREAM, 'CP-1'); left > 0; left -= 1) {
    const next = nextMessage(ledger, UPSTREAM, 'CP-1').then((entry) => {
      if (entry !== null) sequences.push(entry.sequence)
      return entry
    })
    const sequence = (await next)?.sequence
    if (sequence !== undefined) waiting.add(delivered(ledger, sequence, null))
  }
  await Promise.all(waiting)
  return sequences
}

/** A ledger that was damaged works, numbers on, and is whole when it is opened again. */
async function goesOn(folder: string, ledger: Ledger, nextSequence: number): Promise<void> {
  await ledger.endTransaction(ended(started('T1')), meter(), [endDraft('T1')])
  const sequences = await drain(ledger)
  expect(sequences.at(-1)).toBe(nextSequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  await ledger.close()
  const again = await openFor(folder)
  expect(again.findings).toEqual([])
  expect(await again.backlog(UPSTREAM, 'CP-1')).toBe(0)
}

function setAsideIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('damaged-'))
}

test('kill -9 leaves no finding: everything acknowledged is there', async () => {
  const folder = filledAndKilled()
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(301)
  await goesOn(folder, ledger, 302)
})

test('a deleted write-ahead log is noticed, with the exact gap', async () => {
  const folder = filledAndKilled()
  rmSync(join(folder, LOG))
  const ledger = await openFor(folder, { clock: new ManualClock(Date.UTC(2026, 10, 21, 12)) })
  const probe = await ledger.backlog(UPSTREAM, 'CP-1')
  expect(ledger.findings).toHaveLength(1)
  expect(ledger.findings[0]).toContain(`records ${probe + 2} to 302 (${301 - probe})`)
  expect(ledger.findings[0]).toContain(`messages ${probe + 1} to 301 (${301 - probe})`)
  expect(setAsideIn(folder)).toEqual(['damaged-20261121T120000Z'])
  expect((await ledger.events(1))[0]).toMatchObject({ kind: 'ledger-damaged' })
  await goesOn(folder, ledger, 302)
})

test('a deleted log with nothing in the database yet: all is lost, and said', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  await first.beginTransaction(started('T1'), meter(), [startDraft('T1')])
  const copy = crashCopy(folder)
  rmSync(join(copy, LOG))
  const ledger = await openFor(copy)
  expect(ledger.findings).toHaveLength(1)
  await goesOn(copy, ledger, 2)
})

/**
 * Half of the log's frames that count: behind them lies what the log held before it started over, with another salt
 * (SQLite's file format, section 4.1).
 */
function middleOf(log: Buffer): number {
  const [head, frame] = [32, 24 + log.readUInt32BE(8)]
  const salt = log.subarray(16, 24)
  let end = head
  while (end + frame <= log.length && log.subarray(end + 8, end + 16).equals(salt)) end += frame
  return Math.floor((head + end) / 2)
}

test('a log cut in half keeps its first half; the gap is exact', async () => {
  const folder = filledAndKilled()
  const log = join(folder, LOG)
  truncateSync(log, middleOf(readFileSync(log)))
  const ledger = await openFor(folder)
  const kept = await ledger.backlog(UPSTREAM, 'CP-1')
  expect(kept).toBeGreaterThan(50)
  expect(kept).toBeLessThan(301)
  expect(ledger.findings[0]).toContain(`messages ${kept + 1} to 301 (${301 - kept})`)
  await goesOn(folder, ledger, 302)
})

test('a log with one byte turned is cut there', async () => {
  const folder = filledAndKilled()
  const log = join(folder, LOG)
  const bytes = readFileSync(log)
  const at = middleOf(bytes)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(log, bytes)
  const ledger = await openFor(folder)
  expect(ledger.findings[0]).toMatch(/records \d+ to 302/)
  await goesOn(folder, ledger, 302)
})

test('a log that was already in the database may go without a word', async () => {
  const folder = filledAndClosed()
  expect(existsSync(join(folder, LOG))).toBe(false)
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([])
  await goesOn(folder, ledger, 302)
})

test('an older copy of the database is noticed', async () => {
  const [folder, old] = [filledAndKilled(), filledAndKilled()]
  const first = await openFor(folder)
  await first.recordSamples(meter(), [sampleDraft('T1', 301), sampleDraft('T1', 302)])
  await first.close()
  for (const name of [DATABASE, LOG]) writeFileSync(join(folder, name), readFileSync(join(old, name)))
  const ledger = await openFor(folder)
  expect(ledger.findings[0]).toContain('records 303 (1) and messages 302 to 303 (2) are missing')
  await goesOn(folder, ledger, 304)
})

const emptyings: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  [
    'a zero-length database',
    (path) => truncateSync(path, 0),
    /has a length of zero; records 1 to 302 \(302\) and messages 1 to 301 \(301\) are lost/,
  ],
  [
    'a missing database',
    (path) => rmSync(path),
    /is missing; records 1 to 302 \(302\) and messages 1 to 301 \(301\) are lost/,
  ],
  ['a file of garbage', (path) => writeFileSync(path, Buffer.alloc(50_000, 'garbage')), /not a database/],
]

test.each(emptyings)('%s is noticed and a new journal goes on with the numbers', async (_name, damage, words) => {
  const folder = filledAndClosed()
  damage(join(folder, DATABASE))
  const ledger = await openFor(folder)
  expect(ledger.findings).toHaveLength(1)
  expect(ledger.findings[0]).toMatch(/^LEDGER_DAMAGED: /)
  expect(ledger.findings[0]).toMatch(words)
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(0)
  await goesOn(folder, ledger, 302)
})

/** The page of a table that holds the middle of its rows. */
function middlePage(path: string, table: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 2")
    .get(table)
  database.close()
  return Number(row?.['pageno'])
}

test('an overwritten page: the rest is salvaged, the finding names the messages that are missing', async () => {
  const folder = filledAndClosed()
  const path = join(folder, DATABASE)
  const page = middlePage(path, 'outbox')
  const bytes = readFileSync(path)
  bytes.fill(0xa5, (page - 1) * 4096, page * 4096)
  writeFileSync(path, bytes)

  const ledger = await openFor(folder)
  const range = /unreadable: outbox (\d+) to (\d+);/.exec(ledger.findings[0] ?? '')
  const [first, last] = [Number(range?.[1]), Number(range?.[2])]
  expect(last - first).toBeGreaterThan(5)
  expect(last - first).toBeLessThan(60)
  expect(await ledger.openTransactions('CP-1')).toEqual([started('T1')])
  const sequences = await drain(ledger)
  const expected = Array.from({ length: 301 }, (_, index) => index + 1).filter((n) => n < first || n > last)
  expect(sequences).toEqual(expected)
})

test('an overwritten page of an index costs nothing', async () => {
  const folder = filledAndClosed()
  const path = join(folder, DATABASE)
  const page = middlePage(path, 'outbox_message')
  const bytes = readFileSync(path)
  bytes.fill(0xa5, (page - 1) * 4096, page * 4096)
  writeFileSync(path, bytes)
  const ledger = await openFor(folder)
  expect(ledger.findings).toHaveLength(1)
  expect(ledger.findings[0]).not.toContain('unreadable')
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(301)
  await goesOn(folder, ledger, 302)
})

test('a truncated database: what is left is salvaged', async () => {
  const folder = filledAndClosed()
  const path = join(folder, DATABASE)
  // the tables begin at the front, so most rows lie behind
  truncateSync(path, Math.floor((statSync(path).size / 4096) * 0.8) * 4096)
  const ledger = await openFor(folder)
  expect(ledger.findings[0]).toMatch(/^LEDGER_DAMAGED: .*unreadable: .*rows were salvaged/)
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBeGreaterThan(50)
  await goesOn(folder, ledger, 302)
})

test('a lost first page costs nothing: what it says is known', async () => {
  const folder = filledAndClosed()
  const path = join(folder, DATABASE)
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 0, 4096)
  writeFileSync(path, bytes)
  const ledger = await openFor(folder)
  expect(ledger.findings).toHaveLength(1)
  expect(ledger.findings[0]).not.toContain('unreadable')
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(301)
  await goesOn(folder, ledger, 302)
})

test('every single page may be overwritten: it starts, says so, and goes on', async () => {
  const original = filledAndClosed()
  const pages = statSync(join(original, DATABASE)).size / 4096
  for (let page = 1; page <= pages; page += 8) {
    const folder = crashCopy(original)
    const path = join(folder, DATABASE)
    const bytes = readFileSync(path)
    bytes.fill(0x5a, (page - 1) * 4096, page * 4096)
    writeFileSync(path, bytes)
    const ledger = await openFor(folder)
    expect([page, ledger.findings.length]).toEqual([page, 1])
    await goesOn(folder, ledger, 302)
  }
})

test('a row whose text rotted is left out with an alarm; the queue goes on', async () => {
  const folder = filledAndClosed()
  const database = new DatabaseSync(join(folder, DATABASE))
  database.exec("UPDATE outbox SET body = replace(body, 'meter-values', 'meter-valuez') WHERE sequence = 2")
  database.close()
  const alarms: string[] = []
  const ledger = await openFor(folder, { onAlarm: (alarm) => alarms.push(alarm.text) })
  await delivered(ledger, 1, null)
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.sequence).toBe(3)
  expect(alarms).toEqual([expect.stringContaining('message 2 (meter-values of CP-1) is unreadable')])
  await goesOn(folder, ledger, 302)
})

test('rows deleted behind our back are missed', async () => {
  const folder = filledAndClosed()
  const database = new DatabaseSync(join(folder, DATABASE))
  database.exec('DELETE FROM outbox WHERE sequence BETWEEN 100 AND 119')
  database.close()
  const ledger = await openFor(folder)
  expect(ledger.findings[0]).toContain('301 messages should be in the outbox, 281 are')
  await goesOn(folder, ledger, 302)
})

test('a missing or unreadable anchor is said and made anew; nothing is set aside', async () => {
  for (const damage of [rmSync, (path: string) => writeFileSync(path, 'x')]) {
    const folder = filledAndClosed()
    damage(join(folder, 'anchor'))
    const ledger = await openFor(folder)
    expect(ledger.findings).toEqual([expect.stringMatching(/anchor file is (missing|unreadable)/)])
    expect(setAsideIn(folder)).toEqual([])
    await goesOn(folder, ledger, 302)
  }
})

test('the database of another program is set aside, not used', async () => {
  const folder = temporaryFolder()
  const database = new DatabaseSync(join(folder, DATABASE))
  database.exec('CREATE TABLE theirs (a)')
  database.close()
  const ledger = await openFor(folder)
  expect(ledger.findings[0]).toContain('another program')
  const [aside] = setAsideIn(folder)
  expect(existsSync(join(folder, aside ?? '', DATABASE))).toBe(true)
})

test('a salvage that was cut off after its file was complete is finished at the next start', async () => {
  const folder = filledAndClosed()
  // as if the power went between the two renames
  const database = readFileSync(join(folder, DATABASE))
  writeFileSync(join(folder, 'ledger.salvaged'), database)
  rmSync(join(folder, DATABASE))
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([expect.stringContaining('a salvage was finished')])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(301)
  await goesOn(folder, ledger, 302)
})

test('a first start that was cut off at any file is a first start again', async () => {
  const whole = temporaryFolder()
  const first = await openFor(whole)
  const ledgerId = /[0-9a-f-]{36}/.exec(readFileSync(join(whole, 'anchor'), 'latin1'))?.[0] ?? ''
  await first.close()
  expect(ledgerId).toHaveLength(36)
  const { Anchor } = await import('../../src/ledger/anchor.ts')
  for (const make of [
    () => undefined,
    (folder: string) => writeFileSync(join(folder, DATABASE), ''),
    (folder: string) => {
      const database = new DatabaseSync(join(folder, DATABASE))
      database.exec('PRAGMA journal_mode = WAL')
      database.close()
    },
  ]) {
    const folder = temporaryFolder()
    const anchor = new Anchor(join(folder, 'anchor'))
    anchor.write({ ledgerId, record: 0, sequence: 0 }, true)
    anchor.close()
    make(folder)
    const ledger = await openFor(folder)
    expect(ledger.findings).toEqual([])
    await goesOn(folder, ledger, 1)
  }
})
