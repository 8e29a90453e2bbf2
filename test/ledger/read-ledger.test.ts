/** Looking at a ledger from outside: beside the bridge that has it, and when nobody has. */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLedger } from '../../src/ledger/read-ledger.ts'
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
  visit,
} from './records.ts'

test('reads what was stored a moment ago, beside the ledger that is open', async () => {
  const folder = temporaryFolder()
  const ledger = await openFor(folder)
  for (let number = 0; number < 50; number += 1) {
    await ledger.recordDecisions([decided(number, number), decided(number, 6, { stationId: 'CP-2', evse: 2 })])
    expect(await readLedger(folder, (reader) => reader.decisionAt('CP-1', 1, 1e9))).toEqual(decided(number, number))
  }
  await ledger.recordSiteSamples([minute(1, 'house', 5)])
  await ledger.saveVisit(visit('S1', 100, 200))
  await ledger.saveLimit(limit('a'))
  await ledger.recordLimitProof(proof(10))
  const seen = await readLedger(folder, (reader) => ({
    decisions: reader.decisions('CP-1', 1, 10, 12, 2),
    outlets: reader.outlets(),
    samples: reader.siteSamples(0, 1e9),
    firstMinutes: [0, 60_000, 60_001].map((from) => reader.firstMinuteFrom(from)),
    visits: reader.visits(0, 1e9),
    limits: reader.limits(),
    proofs: reader.limitProofs(0, 1e9, 9),
  }))
  expect(seen).toEqual({
    decisions: [decided(11, 11), decided(12, 12)],
    outlets: [
      { stationId: 'CP-1', evse: 1 },
      { stationId: 'CP-2', evse: 2 },
    ],
    samples: [minute(1, 'house', 5)],
    firstMinutes: [60_000, 60_000, null],
    visits: [visit('S1', 100, 200)],
    limits: [limit('a')],
    proofs: [proof(10)],
  })
  expect(readdirSync(folder).filter((name) => name.startsWith('reading-'))).toEqual([])
})

test('the ledger that is read loses nothing and goes on', async () => {
  const folder = temporaryFolder()
  const ledger = await openFor(folder)
  await ledger.recordDecisions([decided(1, 6)])
  const [before, log] = ['ledger.sqlite', 'ledger.sqlite-wal'].map((name) => readFileSync(join(folder, name)))
  await readLedger(folder, (reader) => reader.outlets())
  expect(readFileSync(join(folder, 'ledger.sqlite'))).toEqual(before)
  expect(readFileSync(join(folder, 'ledger.sqlite-wal'))).toEqual(log)
  await ledger.recordDecisions([decided(2, 9)])
  await ledger.close()
  const again = await openFor(folder)
  expect(again.findings).toEqual([])
  expect(await again.decisions('CP-1', 1, 0, 9, 9)).toEqual([decided(1, 6), decided(2, 9)])
})

test('beside a ledger under load every reading is whole: the rows of a commit all, or none', async () => {
  const folder = temporaryFolder()
  const ledger = await openFor(folder)
  const stop = new AbortController()
  let written = 0
  const write = async (): Promise<void> => {
    for (; !stop.signal.aborted; written += 1) {
      const pair = Array.from({ length: 40 }, () => decided(written, 6))
      await Promise.all([ledger.recordDecisions(pair), ledger.recordSamples(meter(), [sampleDraft('T1', written)])])
    }
  }
  const writing = write()
  for (let reading = 0; reading < 12; reading += 1) {
    const rows = await readLedger(folder, (reader) => reader.decisions('CP-1', 1, 0, 1e9, 10_000))
    expect(rows.length % 40).toBe(0)
    expect(rows.length).toBeLessThanOrEqual(10_000)
  }
  stop.abort()
  await writing
  expect(written).toBeGreaterThan(5)
})

test('a ledger that was killed, or closed, is read as well', async () => {
  const folder = temporaryFolder()
  const ledger = await openFor(folder)
  await ledger.recordDecisions([decided(1, 6)])
  const killed = crashCopy(folder)
  await ledger.close()
  for (const place of [killed, folder])
    expect(await readLedger(place, (reader) => reader.decisionAt('CP-1', 1, 9))).toEqual(decided(1, 6))
  expect(existsSync(join(killed, 'ledger.sqlite-wal'))).toBe(true)
})

function readOutlets(folder: string): Promise<unknown> {
  return readLedger(folder, (reader) => reader.outlets())
}

test('what is no ledger of this version is refused with its reason', async () => {
  const empty = temporaryFolder()
  await expect(readOutlets(empty)).rejects.toMatchObject({
    code: 'LEDGER_UNREADABLE',
    message: expect.stringContaining('no ledger'),
  })
  writeFileSync(join(empty, 'ledger.sqlite'), Buffer.alloc(50_000, 'garbage'))
  await expect(readOutlets(empty)).rejects.toMatchObject({
    code: 'LEDGER_UNREADABLE',
    message: expect.stringContaining('not a database'),
  })
  const old = temporaryFolder()
  await (await openFor(old)).close()
  makeOlder(old, 2)
  await expect(readOutlets(old)).rejects.toMatchObject({
    code: 'LEDGER_UNREADABLE',
    message: expect.stringContaining('older'),
  })
})

test('what a killed reader left behind is removed by a later one', async () => {
  const folder = temporaryFolder()
  await (await openFor(folder)).close()
  const [stale, fresh] = ['reading-old', 'reading-now'].map((name) => join(folder, name))
  for (const place of [stale ?? '', fresh ?? '']) mkdirSync(place)
  utimesSync(stale ?? '', 1, 1)
  await readLedger(folder, (reader) => reader.outlets())
  expect(readdirSync(folder).filter((name) => name.startsWith('reading-'))).toEqual(['reading-now'])
})
