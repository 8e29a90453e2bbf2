import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBridgeError } from '../../src/model/errors.ts'
import type { ChargingProfile } from '../../src/model/charging-profile.ts'
import {
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
import { ManualClock } from '../peers/manual-clock.ts'
import { delivered, nextMessage } from './one-by-one.ts'

const PROFILE: ChargingProfile = {
  id: 7,
  evse: 1,
  purpose: 'transaction-default',
  stackLevel: 0,
  kind: 'absolute',
  recurrency: null,
  csmsTransactionId: null,
  validFrom: null,
  validTo: null,
  unit: 'A',
  startSchedule: null,
  durationSeconds: null,
  minChargingRate: null,
  periods: [{ startSeconds: 0, limit: 16, phases: null }],
}

test('a delivery is noted with the next call that cannot wait, or soon by itself', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1'), sampleDraft('T1', 1)])
  const order: string[] = []
  const noted = (sequence: number): Promise<void> =>
    ledger.advance(UPSTREAM, 'CP-1', [{ sequence, csmsTransactionId: null }], 32).then((next) => {
      order.push(`noted ${sequence}, next ${next[0]?.sequence ?? 'none'}`)
    })
  const first = noted(1)
  await ledger.recordSamples(null, [sampleDraft('T1', 2)]).then(() => order.push('stored'))
  await first
  await noted(2)
  expect(order).toEqual(['noted 1, next 2', 'stored', 'noted 2, next 3'])
  const last = noted(3)
  await ledger.close()
  await last
  expect(order.at(-1)).toBe('noted 3, next none')
})

test('many at once: what was delivered is noted and what comes next handed out, with the names of the transactions', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')])
  const samples = [1, 2, 3, 4].map((number) => sampleDraft('T1', number))
  await ledger.recordSamples(null, samples)
  await ledger.beginTransaction(started('T2'), meter(), [startDraft('T2')])
  const first = await ledger.advance(UPSTREAM, 'CP-1', [], 3)
  expect(first.map(({ sequence, csmsTransactionId }) => [sequence, csmsTransactionId])).toEqual([
    [1, null],
    [2, null],
    [3, null],
  ])
  const deliveries = [
    { sequence: 1, csmsTransactionId: '4711' },
    { sequence: 2, csmsTransactionId: null },
  ]
  const next = await ledger.advance(UPSTREAM, 'CP-1', deliveries, 10)
  expect(next.map(({ sequence, csmsTransactionId }) => [sequence, csmsTransactionId])).toEqual([
    [3, '4711'],
    [4, '4711'],
    [5, '4711'],
    [6, null],
  ])
  expect(next[0]?.message).toEqual(sampleDraft('T1', 2).message)
  // said twice: nothing more happens
  expect(await ledger.advance(UPSTREAM, 'CP-1', deliveries, 0)).toEqual([])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(4)
})

test('a transaction that exists is begun again without any effect (the caller does not know after a crash)', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')])
  await ledger.beginTransaction(started('T1', 'CP-1', { startWh: 9 }), meter('CP-1', 77), [sampleDraft('T1', 9)])
  expect(await ledger.transaction('T1')).toEqual(started('T1'))
  expect(await ledger.energyMeters('CP-1')).toEqual([meter()])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
})

test('a transaction ends once, however many callers race', async () => {
  const ledger = await openFor(temporaryFolder())
  const transaction = started('T1')
  await ledger.beginTransaction(transaction, meter(), [startDraft('T1')])
  const race = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      ledger.endTransaction(ended(transaction), meter(), [{ ...endDraft('T1'), messageId: `end-${index}` }]),
    ),
  )
  expect(race.filter(Boolean)).toHaveLength(1)
  expect(await ledger.endTransaction(ended(transaction), meter(), [endDraft('T1')])).toBe(false)
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(2)
  expect(await ledger.openTransactions('CP-1')).toEqual([])
  expect(await ledger.transaction('T1')).toEqual(ended(transaction))
})

test('an end without a stored start (lost with a damaged ledger) stores the whole transaction, once', async () => {
  const ledger = await openFor(temporaryFolder())
  const transaction = ended(started('T1'))
  expect(await ledger.endTransaction(transaction, meter(), [endDraft('T1')])).toBe(true)
  expect(await ledger.endTransaction(transaction, meter(), [endDraft('T1')])).toBe(false)
  expect(await ledger.transaction('T1')).toEqual(transaction)
})

test('messages are handed out in order per upstream and station until they are delivered', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.recordSamples(null, [
    sampleDraft('A', 1),
    sampleDraft('A', 1, 'CP-1', 'mirror'),
    sampleDraft('B', 1, 'CP-2'),
    sampleDraft('A', 2),
  ])
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.sequence).toBe(1)
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.sequence).toBe(1)
  await delivered(ledger, 1, null)
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.sequence).toBe(4)
  expect((await nextMessage(ledger, 'mirror', 'CP-1'))?.sequence).toBe(2)
  expect((await nextMessage(ledger, UPSTREAM, 'CP-2'))?.sequence).toBe(3)
  await delivered(ledger, 1, null)
  await delivered(ledger, 999, null)
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
})

test("the CSMS's transaction id is stored with the delivery of the start, per upstream", async () => {
  const ledger = await openFor(temporaryFolder())
  const drafts = [startDraft('T1'), startDraft('T1', 'CP-1', 'mirror')]
  await ledger.beginTransaction(started('T1'), meter(), drafts)
  expect(await ledger.csmsTransactionId(UPSTREAM, 'T1')).toBeNull()
  await delivered(ledger, 1, '4711')
  await delivered(ledger, 2, '99')
  expect(await ledger.csmsTransactionId(UPSTREAM, 'T1')).toBe('4711')
  expect(await ledger.csmsTransactionId('mirror', 'T1')).toBe('99')
  expect((await ledger.transaction('T1'))?.csmsTransactionId).toBe('4711')
})

test('a stored message that is handed in again (after a failure that was none) is not sent twice', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.recordSamples(meter(), [sampleDraft('T1', 1)])
  await ledger.recordSamples(meter(), [sampleDraft('T1', 1)])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
  const other = { ...endDraft('T1'), messageId: sampleDraft('T1', 1).messageId }
  await expect(ledger.recordSamples(meter(), [other])).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
})

test('attempts are counted; a message that is not waiting has none', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.recordSamples(null, [sampleDraft('T1', 1)])
  expect(await ledger.failed(1)).toBe(1)
  expect(await ledger.failed(1)).toBe(2)
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.attempts).toBe(2)
  await delivered(ledger, 1, null)
  expect(await ledger.failed(1)).toBe(0)
})

test('with a start that is given up goes all that follows of its transaction, also what comes later (OCPP 1.6 §3.7.1)', async () => {
  const ledger = await openFor(temporaryFolder(), { clock: new ManualClock(5000) })
  await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1'), startDraft('T1', 'CP-1', 'mirror')])
  await ledger.recordSamples(null, [sampleDraft('T1', 1), sampleDraft('T2', 1)])
  await ledger.deadLetter(1, 'the CSMS answered InternalError 3 times')
  await ledger.endTransaction(ended(started('T1')), meter(), [endDraft('T1'), endDraft('T1', 'CP-1', 'mirror')])

  const letters = await ledger.deadLetters(10)
  expect(letters.map(({ sequence, draft }) => [sequence, draft.message.kind])).toEqual([
    [5, 'transaction-ended'],
    [3, 'meter-values'],
    [1, 'transaction-started'],
  ])
  expect(letters.at(-1)).toEqual({
    sequence: 1,
    reason: 'the CSMS answered InternalError 3 times',
    at: 5000,
    draft: startDraft('T1'),
  })
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.transactionId).toBe('T2')
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
  expect(await ledger.backlog('mirror', 'CP-1')).toBe(2)
})

test('one message that is no start is given up alone', async () => {
  const ledger = await openFor(temporaryFolder())
  await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1'), sampleDraft('T1', 1), sampleDraft('T1', 2)])
  await ledger.deadLetter(2, 'refused')
  await ledger.deadLetter(2, 'refused')
  expect(await ledger.deadLetters(10)).toHaveLength(1)
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(2)
})

test('settings, profiles and events are kept per station', async () => {
  const folder = temporaryFolder()
  const first = await openFor(folder)
  await first.saveSetting('CP-1', 'MeterValueSampleInterval', '60')
  await first.saveSetting('CP-1', 'Gone', 'x')
  await first.saveSetting('CP-1', 'Gone', null)
  await first.saveSetting('CP-2', 'MeterValueSampleInterval', '30')
  await first.saveProfile('CP-1', PROFILE)
  await first.saveProfile('CP-1', { ...PROFILE, stackLevel: 3 })
  await first.saveProfile('CP-1', { ...PROFILE, id: 8 })
  await first.removeProfiles('CP-1', [8, 9])
  await first.recordEvent({ at: 1, stationId: 'CP-1', kind: 'plugged', text: 'a car came' })
  await first.recordEvent({ at: 2, stationId: null, kind: 'site', text: 'naïve ⚡\u0000 text' })
  await first.close()

  const second = await openFor(folder)
  expect([...(await second.settings('CP-1'))]).toEqual([['MeterValueSampleInterval', '60']])
  expect([...(await second.settings('CP-2'))]).toEqual([['MeterValueSampleInterval', '30']])
  expect(await second.profiles('CP-1')).toEqual([{ ...PROFILE, stackLevel: 3 }])
  expect(await second.profiles('CP-2')).toEqual([])
  expect((await second.events(10)).map((event) => event.text)).toEqual(['naïve ⚡\u0000 text', 'a car came'])
  expect(await second.events(1)).toHaveLength(1)
})

test('a call is refused as a whole when one of its records is malformed, and those beside it are stored', async () => {
  const ledger = await openFor(temporaryFolder())
  const huge = { ...sampleDraft('T1', 2), messageId: 'x'.repeat(2000) }
  const mixUp = { ...endDraft('T1'), messageId: sampleDraft('T1', 1).messageId }
  const results = await Promise.allSettled([
    ledger.recordSamples(meter(), [sampleDraft('T1', 1)]),
    ledger.recordSamples(meter('CP-9'), [sampleDraft('T1', 3), mixUp]),
    ledger.recordSamples(meter('CP-8'), [huge]),
    ledger.recordSamples({ ...meter('CP-7'), offsetWh: Number.NaN }, []),
    ledger.recordSamples(meter(), [sampleDraft('T1', 4)]),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'])
  for (const result of results) {
    if (result.status === 'rejected') expect(isBridgeError(result.reason, 'LEDGER_REFUSED')).toBe(true)
  }
  for (const station of ['CP-7', 'CP-8', 'CP-9']) expect(await ledger.energyMeters(station)).toEqual([])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(2)
  expect((await nextMessage(ledger, UPSTREAM, 'CP-1'))?.sequence).toBe(1)
})

test('an end needs a time and a meter', async () => {
  const ledger = await openFor(temporaryFolder())
  await expect(ledger.endTransaction(started('T1'), meter(), [])).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
})

test('what was delivered is kept for a while and then pruned in batches; numbers go on without a gap', async () => {
  const folder = temporaryFolder()
  const limits = { keepDelivered: 100, keepJournal: 200, keepEvents: 50, keepTransactions: 10 }
  const ledger = await openFor(folder, limits)
  await ledger.recordSamples(null, [sampleDraft('away', 0, 'CP-2')])
  for (let round = 0; round < 15; round += 1) {
    const numbers = Array.from({ length: 100 }, (_, index) => round * 100 + index)
    await Promise.all(numbers.map((number) => ledger.recordSamples(null, [sampleDraft('T1', number)])))
    await Promise.all(numbers.map((number) => delivered(ledger, number + 2, null)))
  }
  for (let number = 0; number < 150; number += 1) {
    await ledger.beginTransaction(started(`T${number}`), meter(), [])
    await ledger.endTransaction(ended(started(`T${number}`)), meter(), [])
  }
  await Promise.all(
    Array.from({ length: 300 }, (_, at) => ledger.recordEvent({ at, stationId: null, kind: 'test', text: `${at}` })),
  )
  await ledger.close()

  const second = await openFor(folder, limits)
  expect(second.findings).toEqual([])
  // the one that waits for an upstream that is away stays, however old
  expect((await nextMessage(second, UPSTREAM, 'CP-2'))?.sequence).toBe(1)
  expect((await second.events(1000)).length).toBeLessThan(300)
  expect((await second.recentTransactions(1000)).length).toBeLessThan(150)
  await second.recordSamples(null, [sampleDraft('next', 0)])
  expect((await nextMessage(second, UPSTREAM, 'CP-1'))?.sequence).toBe(1502)
  expect(statSync(join(folder, 'ledger.sqlite')).size).toBeLessThan(600_000)
})
