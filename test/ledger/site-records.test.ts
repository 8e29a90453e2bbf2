/** The site's records over a migration, a damaged page, and more rows than cross at once. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import {
  crashCopy,
  decided,
  limit,
  makeOlder,
  meter,
  minute,
  openFor,
  proof,
  sampleDraft,
  temporaryFolder,
  UPSTREAM,
  visit,
} from './records.ts'

const DATABASE = 'ledger.sqlite'

async function fill(ledger: Ledger): Promise<void> {
  await ledger.recordSamples(meter(), [sampleDraft('T1', 1)])
  for (let part = 0; part < 10; part += 1)
    await ledger.recordDecisions(Array.from({ length: 100 }, (_, index) => decided(part * 100 + index, 6)))
  await ledger.recordSiteSamples(Array.from({ length: 200 }, (_, number) => minute(number, 'house', 5)))
  await ledger.saveVisit(visit('S1', 100, 200))
  await ledger.saveLimit(limit('a'))
  await ledger.recordLimitProof(proof(10))
  await ledger.saveBalanceMemory('{"turn":2}')
}

async function expectAll(ledger: Ledger, decisions: number): Promise<void> {
  expect(await ledger.decisions('CP-1', 1, 0, 9999, 9999)).toHaveLength(decisions)
  expect(await ledger.siteSamples(0, 1e9)).toHaveLength(200)
  expect(await ledger.visits(0, 1e9)).toEqual([visit('S1', 100, 200)])
  expect(await ledger.limits()).toEqual([limit('a')])
  expect(await ledger.limitProofs(0, 99, 9)).toEqual([proof(10)])
  expect(await ledger.balanceMemory()).toBe('{"turn":2}')
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
}

async function ofSchemaTwo(): Promise<string> {
  const folder = temporaryFolder()
  const ledger = await openFor(folder)
  await ledger.recordSamples(meter(), [sampleDraft('T1', 1)])
  await ledger.close()
  makeOlder(folder, 2)
  return folder
}

test('a ledger of schema 2 gets the tables, keeps its rows, and a copy of it is made first', async () => {
  const folder = await ofSchemaTwo()
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([])
  expect(await ledger.balanceMemory()).toBeNull()
  await fill(ledger)
  await ledger.close()
  await expectAll(await openFor(folder), 1000)
  const backup = new DatabaseSync(join(folder, `${DATABASE}.v2.backup`), { readOnly: true })
  expect(backup.prepare('SELECT count(*) AS count FROM outbox').get()?.['count']).toBe(1)
  backup.close()
})

test('a damaged ledger of schema 2 is salvaged without a word about tables that it never had', async () => {
  const folder = await ofSchemaTwo()
  const database = new DatabaseSync(join(folder, DATABASE))
  database.exec('DELETE FROM outbox')
  database.close()
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([expect.stringContaining('1 messages should be in the outbox, 0 are')])
  expect(ledger.findings[0]).not.toContain('as a whole')
  await fill(ledger)
})

test('kill -9 leaves all that was acknowledged', async () => {
  const folder = temporaryFolder()
  await fill(await openFor(folder))
  const ledger = await openFor(crashCopy(folder))
  expect(ledger.findings).toEqual([])
  await expectAll(ledger, 1000)
})

/** A leaf page of a table: the first, or the last. */
function leafOf(path: string, table: string, order: 'ASC' | 'DESC', offset: number): number {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database
    .prepare(
      `SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path ${order} LIMIT 1 OFFSET ${offset}`,
    )
    .get(table)
  database.close()
  return Number(row?.['pageno'])
}

test.each([
  ['in the middle', 'ASC', 5],
  ['at the end', 'DESC', 0],
] as const)(
  'a page of the decisions that is lost %s takes its own rows with it and no others',
  async (_, order, offset) => {
    const folder = temporaryFolder()
    const first = await openFor(folder)
    await fill(first)
    await first.close()
    const path = join(folder, DATABASE)
    const page = leafOf(path, 'decisions', order, offset)
    const bytes = readFileSync(path)
    bytes.fill(0xa5, (page - 1) * 4096, page * 4096)
    writeFileSync(path, bytes)

    const ledger = await openFor(folder)
    expect(ledger.findings[0]).toMatch(/unreadable: decisions \d+ to \d+; \d+ rows were salvaged/)
    const kept = await ledger.decisions('CP-1', 1, 0, 9999, 9999)
    expect(kept.length).toBeGreaterThan(900)
    expect(kept.length).toBeLessThan(1000)
    await expectAll(ledger, kept.length)
    await ledger.recordDecisions([decided(5000, 9)])
    expect(await ledger.decisionAt('CP-1', 1, 9999)).toEqual(decided(5000, 9))
  },
)

test('a decision whose text rotted is passed over: the one before answers', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  await first.recordDecisions([decided(1, 6), decided(2, 9)])
  await first.close()
  const database = new DatabaseSync(join(folder, DATABASE))
  database.exec("UPDATE decisions SET body = replace(body, 'garage', 'garbge') WHERE number = 2")
  database.close()
  const ledger = await openFor(folder)
  expect(await ledger.decisionAt('CP-1', 1, 9)).toEqual(decided(1, 6))
})

test('more rows than cross at once come in parts, in order', async () => {
  const ledger = await openFor(temporaryFolder())
  for (let part = 0; part < 8; part += 1) {
    const numbers = Array.from({ length: 1500 }, (_, index) => part * 1500 + index)
    await ledger.recordSiteSamples(numbers.map((number) => minute(number, 'house', 1)))
  }
  const samples = await ledger.siteSamples(0, 1e12)
  expect(samples.map(({ at }) => at)).toEqual(Array.from({ length: 12_000 }, (_, number) => number * 60_000))
})

test('a long proof log comes in parts, the newest first to be cut off', async () => {
  const ledger = await openFor(temporaryFolder())
  // two entries share each time
  await Promise.all(
    Array.from({ length: 12_000 }, (_, number) => ledger.recordLimitProof(proof(Math.floor(number / 2)))),
  )
  const all = await ledger.limitProofs(0, 1e9, 20_000)
  expect(all.map(({ at }) => at)).toEqual(Array.from({ length: 12_000 }, (_, number) => Math.floor(number / 2)))
  const newest = await ledger.limitProofs(0, 1e9, 11_001)
  expect(newest.map(({ at }) => at)).toEqual(all.slice(-11_001).map(({ at }) => at))
})
