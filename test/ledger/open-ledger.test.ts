import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { meter, openFor, sampleDraft, started, startDraft, temporaryFolder, UPSTREAM } from './records.ts'
import { nextMessage } from './one-by-one.ts'

test('a new folder gives an empty ledger without findings, readable by its owner only', async () => {
  const folder = join(temporaryFolder(), 'state')
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([])
  expect(await ledger.recentTransactions(10)).toEqual([])
  expect(await nextMessage(ledger, UPSTREAM, 'CP-1')).toBeNull()
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const name of ['ledger.sqlite', 'ledger.sqlite-wal', 'anchor', 'ballast', 'lock', 'lock.pid']) {
    expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600])
  }
})

test('a transaction, its meter and its messages survive closing and opening', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  const transaction = started('T1')
  await first.beginTransaction(transaction, meter(), [startDraft('T1')])
  await first.recordSamples(meter('CP-1', 20), [sampleDraft('T1', 1)])
  await first.close()

  const second = await openFor(folder)
  expect(second.findings).toEqual([])
  expect(await second.openTransactions('CP-1')).toEqual([transaction])
  expect(await second.energyMeters('CP-1')).toEqual([meter('CP-1', 20)])
  expect(await nextMessage(second, UPSTREAM, 'CP-1')).toEqual({ ...startDraft('T1'), sequence: 1, attempts: 0 })
  expect(await second.backlog(UPSTREAM, 'CP-1')).toBe(2)
})

test('a second ledger on the same folder is refused by name, and the first goes on', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  await expect(openFor(folder)).rejects.toMatchObject({
    code: 'STATE_LOCKED',
    message: expect.stringContaining(`process ${process.pid}`),
  })
  await first.recordSamples(null, [sampleDraft('T1', 1)])
  await first.close()
  const second = await openFor(folder)
  expect(await second.backlog(UPSTREAM, 'CP-1')).toBe(1)
})

test('what was asked before close is stored; what is asked after it is refused', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  const stored = first.recordSamples(null, [sampleDraft('T1', 1)])
  await Promise.all([first.close(), first.close()])
  await stored
  await expect(first.backlog(UPSTREAM, 'CP-1')).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
  expect(await (await openFor(folder)).backlog(UPSTREAM, 'CP-1')).toBe(1)
})

test('a folder that cannot be used is an error that names it', async () => {
  await expect(openFor('/proc/ampbridge')).rejects.toMatchObject({
    code: 'LEDGER_FAILED',
    message: expect.stringContaining('/proc/ampbridge'),
  })
})
