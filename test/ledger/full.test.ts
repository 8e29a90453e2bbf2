import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBridgeError } from '../../src/model/errors.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { LedgerAlarm } from '../../src/ledger/options.ts'
import {
  decided,
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

/** A ledger that may not grow beyond a small size takes the same ways as one on a small disk. */
const LIMITS = { maxBytes: 600 * 1024, ballastBytes: 100 * 1024 }

/** Stores samples, ten a call, until one call is refused; the number of samples that were stored. */
async function fill(ledger: Ledger): Promise<number> {
  for (let number = 0; number < 20_000; number += 10) {
    const ten = Array.from({ length: 10 }, (_, index) => sampleDraft('T0', number + index))
    try {
      await ledger.recordSamples(meter(), ten)
    } catch (error) {
      expect(isBridgeError(error, 'LEDGER_FULL')).toBe(true)
      return number
    }
  }
  throw new Error('never full')
}

async function runTransaction(ledger: Ledger, id: string): Promise<void> {
  await ledger.beginTransaction(started(id), meter(), [startDraft(id)])
  expect(await ledger.endTransaction(ended(started(id)), meter(), [endDraft(id)])).toBe(true)
}

test('when the space is used up samples are refused, and transactions go on in what the reserve kept (F55)', async () => {
  const folder = temporaryFolder()
  const alarms: LedgerAlarm[] = []
  const ledger = await openFor(folder, { ...LIMITS, onAlarm: (alarm) => alarms.push(alarm) })
  expect(statSync(join(folder, 'ballast')).size).toBe(LIMITS.ballastBytes)
  const samples = await fill(ledger)
  expect(samples).toBeGreaterThan(300)
  expect(existsSync(join(folder, 'ballast'))).toBe(false)
  expect(alarms.filter(({ active }) => active).map(({ text }) => text)).toEqual([
    expect.stringMatching(/ 8\d % full/),
    expect.stringContaining('samples and events are refused'),
  ])

  for (let number = 1; number <= 20; number += 1) await runTransaction(ledger, `T${number}`)
  await expect(ledger.recordSamples(meter(), [sampleDraft('T0', 30_000)])).rejects.toMatchObject({
    code: 'LEDGER_FULL',
  })
  await expect(ledger.recordEvent({ at: 1, stationId: null, kind: 'x', text: 'x' })).rejects.toMatchObject({
    code: 'LEDGER_FULL',
  })
  // the meter alone is kept current: a bill never runs backwards
  await ledger.recordSamples(meter('CP-1', 42), [])
  expect(await ledger.energyMeters('CP-1')).toEqual([meter('CP-1', 42)])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(samples + 40)
})

test('what one batch brings when it becomes full: the transaction is stored, the samples beside it are not', async () => {
  const ledger = await openFor(temporaryFolder(), LIMITS)
  await fill(ledger)
  const [begun, sampled, over] = await Promise.allSettled([
    ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')]),
    ledger.recordSamples(meter(), [sampleDraft('T1', 1)]),
    ledger.endTransaction(ended(started('T1')), meter(), [endDraft('T1')]),
  ])
  expect([begun.status, sampled.status, over.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('even the reserve ends: then nothing is acknowledged that is not stored', async () => {
  const folder = temporaryFolder()
  const ledger = await openFor(folder, LIMITS)
  await fill(ledger)
  let stored = 0
  const begun = await Promise.allSettled(
    Array.from({ length: 1000 }, (_, number) =>
      ledger.beginTransaction(started(`T${number}`), meter(), [startDraft(`T${number}`)]),
    ),
  )
  for (const result of begun) {
    if (result.status === 'fulfilled') stored += 1
    else expect(isBridgeError(result.reason, 'LEDGER_FULL')).toBe(true)
  }
  expect(stored).toBeGreaterThan(50)
  expect(stored).toBeLessThan(1000)
  await ledger.close()
  const alarms: LedgerAlarm[] = []
  const again = await openFor(folder, { ...LIMITS, onAlarm: (alarm) => alarms.push(alarm) })
  expect(alarms[0]).toMatchObject({ code: 'LEDGER_FULL', active: true })
  expect(again.findings).toEqual([])
  expect(await again.openTransactions('CP-1')).toHaveLength(stored)
})

test('it recovers by itself when messages are delivered', async () => {
  const folder = temporaryFolder()
  const alarms: LedgerAlarm[] = []
  const ledger = await openFor(folder, { ...LIMITS, onAlarm: (alarm) => alarms.push(alarm) })
  const samples = await fill(ledger)
  await Promise.all(Array.from({ length: samples }, (_, index) => delivered(ledger, index + 1, null)))
  await ledger.recordSamples(meter(), [sampleDraft('T0', 40_000)])
  expect(existsSync(join(folder, 'ballast'))).toBe(true)
  expect(alarms.at(-1)).toMatchObject({ code: 'LEDGER_FULL', active: false })
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.sequence).toBe(samples + 1)
  await ledger.close()
  expect((await openFor(folder, LIMITS)).findings).toEqual([])
})

test('the oldest decisions give way when the space is used up, and new ones are stored again', async () => {
  const ledger = await openFor(temporaryFolder(), LIMITS)
  let stored = 0
  const store = async (): Promise<void> => {
    await ledger.recordDecisions(Array.from({ length: 20 }, (_, index) => decided(stored + index, 6)))
    stored += 20
  }
  for (let part = 0; part < 500; part += 1) await store()
  // some four times of what there is room for
  const kept = await ledger.decisions('CP-1', 1, 0, 1e9, 10_000)
  expect(kept.at(-1)).toEqual(decided(stored - 1, 6))
  expect(kept.length).toBeLessThan(3000)
  await runTransaction(ledger, 'T1')
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(2)
})
