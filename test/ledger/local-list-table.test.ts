import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { LocalListEntry } from '../../src/model/csms-request.ts'
import { crashCopy, makeOlder, openFor, sampleDraft, temporaryFolder, UPSTREAM } from './records.ts'

function entry(idToken: string, changes: Partial<NonNullable<LocalListEntry['info']>> = {}): LocalListEntry {
  return { idToken, info: { status: 'accepted', expiresAt: null, parentIdToken: null, ...changes } }
}

function gone(idToken: string): LocalListEntry {
  return { idToken, info: null }
}

function cards(count: number): LocalListEntry[] {
  return Array.from({ length: count }, (_, index) => entry(`CARD-${index}`))
}

test('a list is replaced as a whole and changed entry by entry, and survives', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  expect(await first.localList('CP-1')).toEqual({ version: 0, entries: [] })
  await first.replaceLocalList('CP-1', 3, [entry('A'), entry('B', { status: 'blocked', expiresAt: 5 })])
  await first.replaceLocalList('CP-2', 1, [entry('A', { parentIdToken: 'FLEET' })])
  await first.changeLocalList('CP-1', 4, [gone('a'), entry('b', { status: 'accepted' }), entry('C'), gone('never')])
  await first.close()

  const second = await openFor(folder)
  expect(await second.localList('CP-1')).toEqual({ version: 4, entries: [entry('b'), entry('C')] })
  expect(await second.localList('CP-2')).toEqual({ version: 1, entries: [entry('A', { parentIdToken: 'FLEET' })] })
  await second.replaceLocalList('CP-1', 5, [])
  expect(await second.localList('CP-1')).toEqual({ version: 5, entries: [] })
})

test('a list has 10,000 entries at most; one that would grow longer stays as it was', async () => {
  const ledger = await openFor(temporaryFolder())
  await expect(ledger.replaceLocalList('CP-1', 1, cards(10_001))).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
  await ledger.replaceLocalList('CP-1', 1, cards(10_000))
  await expect(ledger.changeLocalList('CP-1', 2, [gone('CARD-1'), entry('X'), entry('Y')])).rejects.toMatchObject({
    code: 'LEDGER_REFUSED',
  })
  const kept = await ledger.localList('CP-1')
  expect([kept.version, kept.entries.length]).toEqual([1, 10_000])
  await ledger.changeLocalList('CP-1', 2, [gone('CARD-1'), entry('X')])
  expect((await ledger.localList('CP-1')).version).toBe(2)
})

test('a whole list with an entry to take out makes no sense and is refused', async () => {
  const ledger = await openFor(temporaryFolder())
  await expect(ledger.replaceLocalList('CP-1', 1, [gone('A')])).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
})

/** A ledger as the version before this one left it, with a message in it. */
async function olderLedger(): Promise<string> {
  const folder = temporaryFolder()
  const ledger = await openFor(folder)
  for (let number = 1; number <= 200; number += 1) await ledger.recordSamples(null, [sampleDraft('T1', number)])
  await ledger.close()
  makeOlder(folder, 1)
  return folder
}

test('an older ledger learns of lists and security events; a damaged older one does not miss them', async () => {
  const folder = await olderLedger()
  const damaged = crashCopy(folder)
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([])
  await ledger.replaceLocalList('CP-1', 1, cards(3))
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(200)

  const database = new DatabaseSync(join(damaged, 'ledger.sqlite'))
  database.exec('DELETE FROM outbox WHERE sequence = 7')
  database.close()
  const salvaged = await openFor(damaged)
  expect(salvaged.findings).toHaveLength(1)
  expect(salvaged.findings[0]).not.toContain('local_lists')
  expect(await salvaged.backlog(UPSTREAM, 'CP-1')).toBe(199)
})

test('a lost head is repaired in a ledger that was born with an older schema too', async () => {
  const folder = await olderLedger()
  const ledger = await openFor(folder)
  await ledger.replaceLocalList('CP-1', 9, cards(500))
  await ledger.recordSecurityEvent({ at: 1, stationId: 'CP-1', type: 'InvalidMessages', techInfo: null })
  await ledger.close()
  const path = join(folder, 'ledger.sqlite')
  copyFileSync(path, `${path}.whole`)
  const bytes = readFileSync(path)
  bytes.fill(0x5a, 0, 4096)
  writeFileSync(path, bytes)

  const repaired = await openFor(folder)
  expect(repaired.findings).toHaveLength(1)
  expect(repaired.findings[0]).not.toContain('unreadable')
  expect(await repaired.backlog(UPSTREAM, 'CP-1')).toBe(200)
  expect(await repaired.localList('CP-1')).toEqual({ version: 9, entries: cards(500) })
  expect(await repaired.securityLog('CP-1', null, null, 9)).toHaveLength(1)
})
