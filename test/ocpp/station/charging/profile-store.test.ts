import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../../../src/model/charging-profile.ts'
import type { EvseDescription } from '../../../../src/model/station.ts'
import type { Transaction } from '../../../../src/model/transaction.ts'
import { type ChargingEvse, lineVolts, ProfileStore } from '../../../../src/ocpp/station/charging/profile-store.ts'
import { MemoryLedger } from '../memory-ledger.ts'
import { evseDescription, evseState } from '../rig.ts'

const NOON = Date.UTC(2026, 2, 2, 12)
const HOUR = 3_600_000

function profile(limit: number, changes: Partial<ChargingProfile> = {}): ChargingProfile {
  return {
    id: 1,
    evse: changes.purpose === 'station-max' ? 0 : 1,
    purpose: 'transaction-default',
    stackLevel: 0,
    kind: 'absolute',
    recurrency: null,
    csmsTransactionId: null,
    validFrom: null,
    validTo: null,
    unit: 'A',
    startSchedule: NOON - HOUR,
    durationSeconds: null,
    minChargingRate: null,
    periods: [{ startSeconds: 0, limit, phases: null }],
    ...changes,
  }
}

const TRANSACTION: Transaction = {
  id: 'id-1',
  stationId: 'CP-001',
  evse: 1,
  idToken: 'FREE',
  startedAt: NOON - HOUR,
  startWh: 0,
  endedAt: null,
  endWh: null,
  stopReason: null,
  csmsTransactionId: '77',
  remoteStarted: false,
}

function charging(evse: number, changes: Partial<ChargingEvse> = {}): ChargingEvse {
  const session = { transaction: { ...TRANSACTION, evse } }
  return { evse, session, mayDraw: true, observed: null, offeredAmps: null, ...changes }
}

function idle(evse: number): ChargingEvse {
  return charging(evse, { session: { transaction: null }, mayDraw: false })
}

async function storeOf(
  profiles: readonly ChargingProfile[],
  {
    evses = [evseDescription(1), evseDescription(2)],
    timezone = 'UTC',
  }: { readonly evses?: readonly EvseDescription[]; readonly timezone?: string } = {},
): Promise<ProfileStore> {
  const identity = { vendor: 'V', model: 'M', serial: null, firmware: null, meterType: null, meterSerial: null }
  const { ledger } = new MemoryLedger().process()
  const store = new ProfileStore(ledger, { id: 'CP-001', identity, evses }, timezone, () => {})
  for (const each of profiles) await store.install(each)
  return store
}

describe('what an EVSE is allowed, and why', () => {
  test('no profile, nothing to say', async () => {
    const store = await storeOf([])
    expect(store.limit(1, NOON, [charging(1)])).toBeNull()
  })

  test('its session’s profile', async () => {
    const store = await storeOf([profile(10)])
    expect(store.limit(1, NOON, [charging(1)])).toEqual({ amps: 10, source: 'the CSMS (default profile 1)' })
    expect(store.limit(2, NOON, [charging(1), charging(2)])).toBeNull()
  })

  test('the station’s maximum is shared, and the lower one is named', async () => {
    const store = await storeOf([profile(8), profile(26, { id: 2, purpose: 'station-max' })])
    const both = [charging(1), charging(2)]
    expect(store.limit(1, NOON, both)).toEqual({ amps: 8, source: 'the CSMS (default profile 1)' })
    // What EVSE 1 may not use goes to EVSE 2.
    expect(store.limit(2, NOON, both)).toEqual({ amps: 18, source: 'the CSMS (station maximum profile 2)' })
    expect(store.limit(2, NOON, [idle(1), charging(2)])?.amps).toBe(26)
  })

  test('a pause that its own profile asks for is not put down to the station', async () => {
    const store = await storeOf([profile(4), profile(26, { id: 2, purpose: 'station-max' })])
    const both = [charging(1), charging(2)]
    expect(store.limit(1, NOON, both)).toEqual({ amps: 0, source: 'the CSMS (default profile 1)' })
    expect(store.limit(2, NOON, both)?.amps).toBe(26)
  })

  test('a recurring profile follows the local days of the site', async () => {
    const night = profile(6, {
      kind: 'recurring',
      recurrency: 'daily',
      startSchedule: Date.parse('2026-01-05T22:00:00+01:00'),
      durationSeconds: 8 * 3600,
    })
    const at = Date.parse('2026-07-01T22:00:00+02:00')
    const here = await storeOf([night], { timezone: 'Europe/Zurich' })
    const elsewhere = await storeOf([night])
    expect(here.limit(1, at, [charging(1)])?.amps).toBe(6)
    expect(elsewhere.limit(1, at, [charging(1)])).toBeNull()
  })
})

describe('watts (§7.12, errata 3.69)', () => {
  const watts = profile(11_040, { unit: 'W' })
  const voltage = (...volts: readonly [number | null, number | null, number | null]): ChargingEvse =>
    charging(1, { observed: evseState({ voltage: volts }) })

  test.each<[string, ChargingEvse, number]>([
    ['the voltage of the area when none is measured', charging(1), 16],
    ['never more than that allows, when less is measured', voltage(215, 215, 215), 16],
    ['less, when more is measured: the highest phase counts', voltage(228, 240, null), 11_040 / 720],
    ['a phase without voltage says nothing', voltage(0, 0, 0), 16],
  ])('%s', async (_, evse, amps) => {
    const store = await storeOf([watts])
    expect(store.limit(1, NOON, [evse])?.amps).toBeCloseTo(amps, 9)
  })

  test('an outlet that is wired to one phase', async () => {
    const store = await storeOf([profile(3680, { unit: 'W' })], { evses: [evseDescription(1, { phases: 1 })] })
    expect(store.limit(1, NOON, [charging(1)])?.amps).toBeCloseTo(16, 9)
  })

  test('the station’s maximum: what all EVSEs get together is never more', async () => {
    const evses = [evseDescription(1), evseDescription(2, { phases: 1 })]
    const store = await storeOf([profile(13_800, { purpose: 'station-max', unit: 'W' })], { evses })
    const both = [charging(1), charging(2)]
    const [first = 0, second = 0] = both.map(({ evse }) => store.limit(evse, NOON, both)?.amps)
    expect(first + second).toBeCloseTo(20, 9)
    expect(first * 3 * 230 + second * 230).toBeLessThanOrEqual(13_800)
  })

  test.each([
    [null, 230],
    [[null, null, null], 230],
    [[231, 233, 229], 233],
    [[118, 118, 118], 120],
    [[127, null, null], 127],
    [[5, 6000, 7], 230],
  ] as const)('measured %j, reckoned with %d V', (measured, volts) => {
    expect(lineVolts(measured)).toBe(volts)
  })
})

describe('composite schedules', () => {
  test('of an EVSE: as set, up to the charger’s own maximum', async () => {
    const store = await storeOf([profile(11_000, { unit: 'W' })])
    const schedule = store.composite(1, NOON, 60, 'W', [
      charging(1, { observed: evseState({ voltage: [241, 241, 241] }) }),
    ])
    expect(schedule.periods).toEqual([{ startSeconds: 0, limit: 11_000, phases: null }])
    expect(store.composite(2, NOON, 60, 'A', [charging(1), charging(2)]).periods[0]?.limit).toBe(32)
  })

  test('of EVSE 0: all together, with the transactions that run', async () => {
    const own = profile(8, { purpose: 'transaction', csmsTransactionId: '77' })
    const store = await storeOf([own])
    expect(store.composite(0, NOON, 60, 'A', [charging(1), idle(2)]).periods[0]?.limit).toBe(40)
    expect(store.composite(0, NOON, 60, 'A', [idle(1), idle(2)]).periods[0]?.limit).toBe(64)
  })
})

describe('on disk', () => {
  const identity = { vendor: 'V', model: 'M', serial: null, firmware: null, meterType: null, meterSerial: null }
  const description = { id: 'CP-001', identity, evses: [evseDescription(1)] }
  const own = profile(8, { id: 2, purpose: 'transaction', csmsTransactionId: '77' })

  test('errata 3.37: profiles are there after a restart; those of a transaction while it goes on', async () => {
    const memory = new MemoryLedger()
    const before = new ProfileStore(memory.process().ledger, description, 'UTC', () => {})
    await before.install(profile(10))
    await before.install(own)
    const resumed = new ProfileStore(memory.process().ledger, description, 'UTC', () => {})
    await resumed.load([1])
    expect(resumed.all).toEqual([profile(10), own])
    const ended = new ProfileStore(memory.process().ledger, description, 'UTC', () => {})
    await ended.load([])
    expect(ended.all).toEqual([profile(10)])
    expect([...(memory.profilesOf.get('CP-001')?.keys() ?? [])]).toEqual([1])
  })

  test('§3.13.2: what is replaced is gone from disk as well', async () => {
    const memory = new MemoryLedger()
    const store = new ProfileStore(memory.process().ledger, description, 'UTC', () => {})
    await store.install(profile(10))
    await store.install(profile(12, { id: 9 }))
    expect(store.all).toEqual([profile(12, { id: 9 })])
    expect([...(memory.profilesOf.get('CP-001')?.keys() ?? [])]).toEqual([9])
  })

  test('a profile that the disk does not take does not count, one that it does not let go stays', async () => {
    const memory = new MemoryLedger()
    const store = new ProfileStore(memory.process().ledger, description, 'UTC', () => {})
    await store.install(own)
    memory.full = true
    await expect(store.install(profile(10))).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    await expect(store.removeOfTransaction(1)).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    expect(store.all).toEqual([own])
    memory.full = false
    expect(await store.removeOfTransaction(1)).toBe(true)
    expect(store.all).toEqual([])
  })
})
