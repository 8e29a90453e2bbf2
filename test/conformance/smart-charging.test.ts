/** Smart charging: profiles, their stack, and the composite schedule; the charger's own limit follows. */
import { describe, expect, test } from 'vitest'
import { openStage } from './open-stage.ts'
import { type Stage, VALID } from './stage.ts'

const ACCEPTED = { status: 'Accepted' }
const REJECTED = { status: 'Rejected' }
type Periods = readonly (readonly [startPeriod: number, limit: number])[]

interface Profile {
  readonly id?: number
  readonly purpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile'
  readonly level?: number
  readonly periods: Periods
  readonly duration?: number
  readonly transactionId?: number
  readonly unit?: 'A' | 'W'
}

/** An absolute profile that began a moment ago, as the published cases write them. */
function profile(
  stage: Stage,
  { id = 1, purpose, level = 0, periods, duration = 86_400, transactionId, unit = 'A' }: Profile,
) {
  return {
    chargingProfileId: id,
    stackLevel: level,
    chargingProfilePurpose: purpose,
    chargingProfileKind: 'Absolute',
    validFrom: stage.now(-5),
    validTo: stage.now(duration + 60),
    ...(transactionId === undefined ? {} : { transactionId }),
    chargingSchedule: {
      duration,
      startSchedule: stage.now(),
      chargingRateUnit: unit,
      chargingSchedulePeriod: periods.map(([startPeriod, limit]) => ({ startPeriod, limit })),
    },
  }
}

async function set(stage: Stage, connectorId: number, wanted: Profile) {
  return stage.ask('SetChargingProfile', { connectorId, csChargingProfiles: profile(stage, wanted) })
}

/** Limits by second from now on. */
async function composite(stage: Stage, duration = 400, connectorId = 1): Promise<Periods> {
  const answer = await stage.ask('GetCompositeSchedule', { connectorId, duration, chargingRateUnit: 'A' })
  expect(answer).toMatchObject({
    status: 'Accepted',
    connectorId,
    chargingSchedule: { duration, chargingRateUnit: 'A' },
  })
  expect(Math.abs(Date.parse(String(answer['scheduleStart'])) - stage.clock.now())).toBeLessThan(3_000)
  const { chargingSchedulePeriod } = answer['chargingSchedule'] as {
    chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[]
  }
  return chargingSchedulePeriod.map(({ startPeriod, limit }) => [startPeriod, limit])
}

/** The same limits at the same seconds, give or take the moments between the requests. */
function expectPeriods(actual: Periods, expected: Periods): void {
  expect(actual.map(([, limit]) => limit)).toEqual(expected.map(([, limit]) => limit))
  for (const [index, [second]] of actual.entries())
    expect(Math.abs(second - (expected[index]?.[0] ?? NaN))).toBeLessThan(8)
}

describe.concurrent('smart charging', () => {
  test('TC_056_CS TxDefaultProfile: accepted, and the next transaction follows it', async (context) => {
    const stage = await openStage(context)
    expect(await set(stage, 1, { purpose: 'TxDefaultProfile', periods: [[0, 6]] })).toEqual(ACCEPTED)
    await stage.charging()
    await stage.until('6 A are drawn', () => stage.charger().car.drawnAmps === 6)
    expectPeriods(await composite(stage), [[0, 6]])
  })

  test('TC_057_CS TxProfile: accepted for the running transaction, and followed', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    expect(await set(stage, 1, { purpose: 'TxProfile', periods: [[0, 7]], transactionId })).toEqual(ACCEPTED)
    await stage.until('7 A are drawn', () => stage.charger().car.drawnAmps === 7)
    await stage.card(VALID)
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    stage.unplug()
    await stage.hears('StatusNotification 1 Available')
    // It went with its transaction (§3.13.1).
    expect(await stage.ask('ClearChargingProfile', { id: 1 })).toEqual({ status: 'Unknown' })
  })

  test('TC_058_1_CS TxProfile without a transaction: rejected', async (context) => {
    const stage = await openStage(context)
    expect(await set(stage, 1, { purpose: 'TxProfile', periods: [[0, 6]] })).toEqual(REJECTED)
  })

  test('TC_058_2_CS TxProfile of another transaction: rejected', async (context) => {
    const stage = await openStage(context)
    const transactionId = (await stage.charging()) + 1
    expect(await set(stage, 1, { purpose: 'TxProfile', periods: [[0, 6]], transactionId })).toEqual(REJECTED)
  })

  test('TC_059_CS Remote start with a profile: the transaction follows it', async (context) => {
    const stage = await openStage(context)
    const chargingProfile = profile(stage, { purpose: 'TxProfile', periods: [[0, 8]] })
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID, chargingProfile })
    await stage.hears('RemoteStartTransaction.conf Accepted', 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
    await stage.until('8 A are drawn', () => stage.charger().car.drawnAmps === 8)
    expectPeriods(await composite(stage), [[0, 8]])
  })

  test('TC_060_CS Remote start with a profile that is no TxProfile: rejected', async (context) => {
    const stage = await openStage(context)
    const chargingProfile = profile(stage, { purpose: 'TxDefaultProfile', periods: [[0, 8]] })
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID, chargingProfile })).toEqual(
      REJECTED,
    )
    await stage.quiet(10)
  })

  test('TC_066_CS Composite schedule: the lowest of station and transaction, to the second', async (context) => {
    const stage = await openStage(context)
    expect(await set(stage, 0, { id: 1, purpose: 'ChargePointMaxProfile', periods: [[0, 10]] })).toEqual(ACCEPTED)
    const byDefault: Periods = [
      [0, 6],
      [60, 10],
      [120, 8],
    ]
    const transactionId = await stage.charging()
    expect(await set(stage, 1, { id: 2, purpose: 'TxDefaultProfile', periods: byDefault, duration: 300 })).toEqual(
      ACCEPTED,
    )
    const own: Periods = [
      [0, 8],
      [50, 11],
      [140, 16],
    ]
    expect(await set(stage, 1, { id: 3, purpose: 'TxProfile', periods: own, duration: 260, transactionId })).toEqual(
      ACCEPTED,
    )
    // The TxProfile overrules the default, which counts again once it is over; after both only the station's maximum is left.
    expectPeriods(await composite(stage), [
      [0, 8],
      [50, 10],
      [260, 8],
      [300, 10],
    ])
  })

  test('TC_067_CS Clearing profiles: by id, by criteria, all', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    expect(await set(stage, 0, { id: 1, purpose: 'ChargePointMaxProfile', periods: [[0, 16]] })).toEqual(ACCEPTED)
    expect(await set(stage, 1, { id: 2, purpose: 'TxDefaultProfile', periods: [[0, 10]] })).toEqual(ACCEPTED)
    expect(await set(stage, 1, { id: 3, purpose: 'TxProfile', periods: [[0, 7]], transactionId })).toEqual(ACCEPTED)
    await stage.until('7 A are drawn', () => stage.charger().car.drawnAmps === 7)
    expect(await stage.ask('ClearChargingProfile', { id: 1 })).toEqual(ACCEPTED)
    const byDefault = { connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 0 }
    expect(await stage.ask('ClearChargingProfile', byDefault)).toEqual(ACCEPTED)
    expect(await stage.ask('ClearChargingProfile')).toEqual(ACCEPTED)
    expect(await stage.ask('ClearChargingProfile')).toEqual({ status: 'Unknown' })
    await stage.until('the whole current is drawn', () => stage.charger().car.drawnAmps === 32)
  })

  test('TC_072_CS Stacked profiles: the higher level counts while it lasts', async (context) => {
    const stage = await openStage(context)
    const low: Periods = [
      [0, 6],
      [100, 8],
      [200, 10],
    ]
    const high: Periods = [
      [0, 7],
      [100, 9],
    ]
    expect(await set(stage, 1, { id: 1, purpose: 'TxDefaultProfile', periods: low, duration: 400 })).toEqual(ACCEPTED)
    expect(await set(stage, 1, { id: 2, level: 1, purpose: 'TxDefaultProfile', periods: high, duration: 150 })).toEqual(
      ACCEPTED,
    )
    expectPeriods(await composite(stage, 350), [
      [0, 7],
      [100, 9],
      [150, 8],
      [200, 10],
    ])
  })

  test('TC_082_CS TxDefaultProfile while a transaction runs: followed by it', async (context) => {
    const stage = await openStage(context)
    await stage.charging()
    expect(await set(stage, 1, { purpose: 'TxDefaultProfile', periods: [[0, 9]] })).toEqual(ACCEPTED)
    await stage.until('9 A are drawn', () => stage.charger().car.drawnAmps === 9)
    expectPeriods(await composite(stage), [[0, 9]])
  })
})
