/** What every ledger promises: the one on disk, and the one in memory that the stations' tests run on. */
import { describe, expect, test } from 'vitest'
import type { Ledger, SecurityLogEntry } from '../../src/ledger/ledger.ts'
import type { LocalListEntry } from '../../src/model/csms-request.ts'
import { MAX_DECISIONS_AT_ONCE, MAX_LIMITS } from '../../src/ledger/records.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import {
  decided,
  ended,
  endDraft,
  limit,
  meter,
  minute,
  openFor,
  proof,
  sampleDraft,
  started,
  startDraft,
  temporaryFolder,
  UPSTREAM,
  visit,
} from './records.ts'

const GOOD = { status: 'accepted', expiresAt: null, parentIdToken: null } as const

function entry(idToken: string): LocalListEntry {
  return { idToken, info: GOOD }
}

function event(at: number, stationId = 'CP-1'): SecurityLogEntry {
  return { at, stationId, type: 'ResetOrReboot', techInfo: null }
}

describe.each<[string, () => Promise<Ledger>]>([
  ['on disk', () => openFor(temporaryFolder())],
  ['in memory', () => Promise.resolve(new MemoryLedger().process().ledger)],
])('a ledger %s', (_, open) => {
  test('begins a transaction once, however often it is asked to', async () => {
    const ledger = await open()
    await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')])
    await ledger.beginTransaction(started('T1', 'CP-1', { startWh: 9 }), meter('CP-1', 77), [startDraft('T1')])
    expect(await ledger.openTransactions('CP-1')).toEqual([started('T1')])
    expect(await ledger.energyMeters('CP-1')).toEqual([meter()])
    expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
  })

  test('ends it once', async () => {
    const ledger = await open()
    await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')])
    expect(await ledger.endTransaction(ended(started('T1')), meter(), [endDraft('T1')])).toBe(true)
    expect(await ledger.endTransaction(ended(started('T1')), meter(), [endDraft('T1')])).toBe(false)
    expect(await ledger.openTransactions('CP-1')).toEqual([])
    expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(2)
  })

  test('keeps a message once, and hands messages out in order', async () => {
    const ledger = await open()
    await ledger.recordSamples(meter(), [sampleDraft('T1', 1)])
    await ledger.recordSamples(meter(), [sampleDraft('T1', 1), sampleDraft('T1', 2)])
    const [first, second] = await ledger.advance(UPSTREAM, 'CP-1', [], 9)
    expect([first, second]).toMatchObject([{ ...sampleDraft('T1', 1), attempts: 0 }, sampleDraft('T1', 2)])
    const { sequence } = first ?? { sequence: 0 }
    expect(await ledger.failed(sequence)).toBe(1)
    const delivered = [{ sequence, csmsTransactionId: null }]
    expect(await ledger.advance(UPSTREAM, 'CP-1', delivered, 9)).toMatchObject([sampleDraft('T1', 2)])
    expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
  })

  test('remembers what the CSMS calls a transaction', async () => {
    const ledger = await open()
    await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1')])
    await ledger.advance(UPSTREAM, 'CP-1', [{ sequence: 1, csmsTransactionId: '4711' }], 1)
    expect(await ledger.csmsTransactionId(UPSTREAM, 'T1')).toBe('4711')
    expect((await ledger.transaction('T1'))?.csmsTransactionId).toBe('4711')
    await ledger.endTransaction(ended(started('T1')), meter(), [endDraft('T1')])
    expect(await ledger.advance(UPSTREAM, 'CP-1', [], 1)).toMatchObject([{ csmsTransactionId: '4711' }])
  })

  test('gives up what follows a start that is given up', async () => {
    const ledger = await open()
    await ledger.beginTransaction(started('T1'), meter(), [startDraft('T1'), sampleDraft('T1', 1)])
    await ledger.recordSamples(null, [sampleDraft('T2', 1)])
    await ledger.deadLetter(1, 'refused')
    await ledger.recordSamples(null, [sampleDraft('T1', 2)])
    expect((await ledger.deadLetters(10)).map(({ sequence }) => sequence)).toEqual([4, 2, 1])
    expect(await ledger.advance(UPSTREAM, 'CP-1', [], 9)).toMatchObject([{ transactionId: 'T2' }])
    expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(1)
  })

  test('keeps settings per station', async () => {
    const ledger = await open()
    await ledger.saveSetting('CP-1', 'a', '1')
    await ledger.saveSetting('CP-1', 'b', '2')
    await ledger.saveSetting('CP-1', 'a', null)
    expect([...(await ledger.settings('CP-1'))]).toEqual([['b', '2']])
    expect([...(await ledger.settings('CP-2'))]).toEqual([])
  })

  test('keeps a local list per station, without regard to case', async () => {
    const ledger = await open()
    expect(await ledger.localList('CP-1')).toEqual({ version: 0, entries: [] })
    await ledger.replaceLocalList('CP-1', 2, [entry('A'), entry('B')])
    await ledger.changeLocalList('CP-1', 3, [{ idToken: 'a', info: null }, entry('C')])
    expect(await ledger.localList('CP-1')).toEqual({ version: 3, entries: [entry('B'), entry('C')] })
    expect(await ledger.localList('CP-2')).toEqual({ version: 0, entries: [] })
    const nameless = ledger.replaceLocalList('CP-1', 4, [{ idToken: 'A', info: null }])
    await expect(nameless).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
    const tooMany = Array.from({ length: 9999 }, (__, index) => entry(`CARD-${index}`))
    await expect(ledger.changeLocalList('CP-1', 4, tooMany)).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
    expect((await ledger.localList('CP-1')).version).toBe(3)
  })

  test('gives the newest security events of a time, oldest first', async () => {
    const ledger = await open()
    for (const each of [event(1), event(2, 'CP-2'), event(3), event(4)]) await ledger.recordSecurityEvent(each)
    expect(await ledger.securityLog('CP-1', null, 3, 1)).toEqual([event(3)])
    expect(await ledger.securityLog('CP-1', 2, null, 9)).toEqual([event(3), event(4)])
  })

  test('gives the newest events first', async () => {
    const ledger = await open()
    for (const at of [1, 2, 3]) await ledger.recordEvent({ at, stationId: null, kind: 'x', text: '' })
    expect((await ledger.events(2)).map(({ at }) => at)).toEqual([3, 2])
    for (const id of ['T1', 'T2', 'T3']) await ledger.beginTransaction(started(id), meter(), [])
    expect((await ledger.recentTransactions(2)).map(({ id }) => id)).toEqual(['T3', 'T2'])
  })

  test('answers why from its decisions: the newest not after a moment', async () => {
    const ledger = await open()
    const other = decided(25, 6, { stationId: 'CP-2' })
    await ledger.recordDecisions([decided(10, 16), other, decided(20, 9)])
    await ledger.recordDecisions([decided(30, 0), decided(30, 6)])
    expect(await ledger.decisionAt('CP-1', 1, 9)).toBeNull()
    expect(await ledger.decisionAt('CP-1', 1, 29)).toEqual(decided(20, 9))
    expect(await ledger.decisionAt('CP-1', 1, 99)).toEqual(decided(30, 6))
    expect(await ledger.decisionAt('CP-1', 2, 99)).toBeNull()
    expect(await ledger.decisions('CP-1', 1, 20, 30, 9)).toEqual([decided(20, 9), decided(30, 0), decided(30, 6)])
    expect(await ledger.decisions('CP-1', 1, 0, 99, 1)).toEqual([decided(30, 6)])
    expect(await ledger.decisions('CP-2', 1, 0, 99, 9)).toEqual([other])
  })

  test('keeps the core’s memory, the last that was saved', async () => {
    const ledger = await open()
    expect(await ledger.balanceMemory()).toBeNull()
    await ledger.saveBalanceMemory('{"turn":1}')
    await ledger.saveBalanceMemory('{"turn":2}')
    expect(await ledger.balanceMemory()).toBe('{"turn":2}')
  })

  test('keeps the minutes of the metered circuits', async () => {
    const ledger = await open()
    await ledger.recordSiteSamples([minute(1, 'house', 10), minute(1, 'garage', 5)])
    await ledger.recordSiteSamples([minute(0, 'house', 3), minute(2, 'house', 1), minute(1, 'house', 12)])
    expect(await ledger.siteSamples(0, 120_000)).toEqual([
      minute(0, 'house', 3),
      minute(1, 'garage', 5),
      minute(1, 'house', 12),
    ])
    expect(await ledger.siteSamples(60_001, 120_001)).toEqual([minute(2, 'house', 1)])
  })

  test('keeps one record per visit, and finds those that were here', async () => {
    const ledger = await open()
    await ledger.saveVisit(visit('S1', 100, null))
    await ledger.saveVisit(visit('S2', 150, null))
    await ledger.saveVisit(visit('S1', 100, 200))
    expect(await ledger.visits(0, 100)).toEqual([])
    expect(await ledger.visits(0, 150)).toEqual([visit('S1', 100, 200)])
    expect(await ledger.visits(199, 300)).toEqual([visit('S1', 100, 200), visit('S2', 150, null)])
    expect(await ledger.visits(200, 300)).toEqual([visit('S2', 150, null)])
  })

  test('keeps limits by source and id until they are taken back', async () => {
    const ledger = await open()
    await ledger.saveLimit(limit('a'))
    await ledger.saveLimit(limit('a', { source: 'ems', maxAmps: { L1: 1, L2: 2.5, L3: 3 }, carsMaxWatts: null }))
    await ledger.saveLimit(limit('a', { priority: 7, until: null }))
    await ledger.removeLimit('operator', 'a')
    expect(await ledger.limits()).toEqual([
      limit('a', { priority: 7, until: null }),
      limit('a', { source: 'ems', maxAmps: { L1: 1, L2: 2.5, L3: 3 }, carsMaxWatts: null }),
    ])
    await ledger.removeLimit('dso', 'a')
    expect((await ledger.limits()).map(({ source }) => source)).toEqual(['ems'])
    await Promise.all(Array.from({ length: MAX_LIMITS - 1 }, (_other, index) => ledger.saveLimit(limit(`${index}`))))
    await expect(ledger.saveLimit(limit('one too many'))).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
    await ledger.saveLimit(limit('0', { priority: 2 }))
    expect(await ledger.limits()).toHaveLength(MAX_LIMITS)
  })

  test('keeps the proof log, newest of a span, oldest first', async () => {
    const ledger = await open()
    for (const at of [10, 20, 30]) await ledger.recordLimitProof(proof(at))
    expect(await ledger.limitProofs(10, 20, 9)).toEqual([proof(10), proof(20)])
    expect(await ledger.limitProofs(0, 99, 2)).toEqual([proof(20), proof(30)])
  })
})

test('what is no number, or too much at once, never leaves the caller', async () => {
  const ledger = await openFor(temporaryFolder())
  const tooMany = Array.from({ length: MAX_DECISIONS_AT_ONCE + 1 }, () => decided(1, 6))
  const refused = [
    ledger.recordDecisions(tooMany),
    ledger.recordDecisions([decided(Number.NaN, 6)]),
    ledger.recordDecisions([decided(1, 0, { binding: { kind: 'hold', reason: 'x'.repeat(5000) } })]),
    ledger.saveBalanceMemory('x'.repeat(4_194_305)),
    ledger.recordSiteSamples([minute(1, 'house', Number.NaN)]),
    ledger.saveVisit({ ...visit('S', 1, null), energyWh: Infinity }),
    ledger.saveVisit({ ...visit('S', 1, null), pauses: -1 }),
    ledger.saveLimit(limit('\uD800')),
    ledger.recordLimitProof({ ...proof(1), at: Number.NaN }),
  ]
  for (const one of refused) await expect(one).rejects.toMatchObject({ code: 'LEDGER_REFUSED' })
})
