/** The tables that only grow keep their newest rows, however fast they grow and however often the ledger is opened. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openRing } from '../../src/ledger/ring.ts'
import { decided, minute, openFor, proof, temporaryFolder, visit } from './records.ts'

function table(): { readonly database: DatabaseSync; readonly keys: () => number[]; readonly insert: () => void } {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE things (number INTEGER PRIMARY KEY) STRICT')
  const insert = database.prepare('INSERT INTO things DEFAULT VALUES')
  const all = database.prepare('SELECT number FROM things ORDER BY number')
  return { database, insert: () => insert.run(), keys: () => all.all().map((row) => Number(row['number'])) }
}

test('the oldest go, in steps, never the newest', () => {
  const { database, insert, keys } = table()
  const ring = openRing(database, 'things')
  for (let count = 1; count <= 1000; count += 1) {
    insert()
    ring.grew(1)
    ring.prune(300)
    expect(keys().length).toBeLessThan(500)
  }
  expect(keys().at(-1)).toBe(1000)
  expect(keys().length).toBeGreaterThanOrEqual(300)
})

test('one batch at a commit is bounded', () => {
  const { database, insert, keys } = table()
  for (let count = 0; count < 10_000; count += 1) insert()
  const ring = openRing(database, 'things')
  ring.prune(10)
  expect(keys()[0]).toBe(4001)
  ring.prune(10)
  ring.prune(10)
  expect(keys()).toEqual(Array.from({ length: 10 }, (_, index) => 9991 + index))
})

test('all of them are at work in the ledger', async () => {
  const folder = temporaryFolder()
  const limits = { keepDecisions: 100, keepSiteSamples: 100, keepVisits: 100, keepLimitProofs: 100 }
  const first = await openFor(folder, limits)
  await first.recordDecisions(Array.from({ length: 500 }, (_, at) => decided(at, 6)))
  await first.close()
  const ledger = await openFor(folder, limits)
  for (let part = 0; part < 10; part += 1) {
    const numbers = Array.from({ length: 50 }, (_, index) => part * 50 + index)
    await Promise.all([
      ledger.recordSiteSamples(numbers.map((number) => minute(number, 'house', 1))),
      ...numbers.map((number) => ledger.saveVisit(visit(`S${number}`, number, number + 1))),
      ...numbers.map((number) => ledger.recordLimitProof(proof(number))),
    ])
  }
  const counts = [
    (await ledger.decisions('CP-1', 1, 0, 1e9, 1e9)).length,
    (await ledger.siteSamples(0, 1e9)).length,
    (await ledger.visits(0, 1e9)).length,
    (await ledger.limitProofs(0, 1e9, 1e9)).length,
  ]
  for (const count of counts) {
    expect(count).toBeGreaterThanOrEqual(100)
    expect(count).toBeLessThanOrEqual(350)
  }
  expect(await ledger.decisionAt('CP-1', 1, 1e9)).toEqual(decided(499, 6))
  expect((await ledger.visits(0, 1e9)).at(-1)).toEqual(visit('S499', 499, 500))
})
