/** Smart charging as a CSMS meets it: OCPP 1.6 §3.13 and §5.16 with the errata, message by message. */
import { describe, expect, test } from 'vitest'
import { Rig, type RigOptions } from '../rig.ts'

const CHARGING = { pilot: 'C' } as const
const PURPOSES = { max: 'ChargePointMaxProfile', standard: 'TxDefaultProfile', own: 'TxProfile' } as const

interface Wish {
  readonly connectorId?: number
  readonly id?: number
  readonly level?: number
  readonly purpose?: keyof typeof PURPOSES
  readonly transactionId?: number
  readonly kind?: object
  readonly schedule?: object
}

function payload(
  limit: number,
  wish: Wish = {},
): { readonly connectorId: number; readonly csChargingProfiles: object } {
  const { connectorId = 1, id = 1, level = 0, purpose = 'standard', transactionId, kind, schedule } = wish
  return {
    connectorId,
    csChargingProfiles: {
      chargingProfileId: id,
      stackLevel: level,
      chargingProfilePurpose: PURPOSES[purpose],
      chargingProfileKind: 'Absolute',
      ...(transactionId === undefined ? {} : { transactionId }),
      ...kind,
      chargingSchedule: {
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit }],
        startSchedule: '2026-01-01T00:00:00Z',
        ...schedule,
      },
    },
  }
}

class Operator {
  readonly rig: Rig

  constructor(rig: Rig) {
    this.rig = rig
  }

  static async start(options: RigOptions = {}): Promise<Operator> {
    return new Operator(await Rig.start(options))
  }

  async set(limit: number, wish: Wish = {}): Promise<unknown> {
    return this.rig.request('SetChargingProfile', payload(limit, wish))
  }

  amps(evse = 1): number | null {
    return this.rig.demand(evse).profile?.amps ?? null
  }

  /** The id that the CSMS gave to the transaction that was begun last. */
  get transactionId(): number {
    return Math.max(...this.rig.csms.transactions.keys())
  }
}

const ACCEPTED = { status: 'Accepted' }
const REJECTED = { status: 'Rejected' }

describe('during a transaction', () => {
  test('a default that is set or changed counts at once where no transaction profile overrules it', async () => {
    const operator = await Operator.start()
    await operator.rig.poll(CHARGING)
    expect(operator.amps()).toBeNull()
    expect(await operator.set(16)).toEqual(ACCEPTED)
    expect(operator.amps()).toBe(16)
    await operator.set(10)
    expect(operator.amps()).toBe(10)
    await operator.set(20, { id: 2, purpose: 'own', transactionId: operator.transactionId })
    await operator.set(12)
    expect(operator.amps()).toBe(20)
  })

  test('§3.13.1: a transaction profile is for the transaction that it names, and goes with it', async () => {
    const operator = await Operator.start()
    const { rig } = operator
    await rig.poll(CHARGING)
    expect(await operator.set(9, { purpose: 'own', transactionId: operator.transactionId + 1 })).toEqual(REJECTED)
    expect(await operator.set(9, { purpose: 'own', transactionId: operator.transactionId })).toEqual(ACCEPTED)
    expect(operator.amps()).toBe(9)
    await rig.unplug()
    await rig.poll(CHARGING)
    expect(operator.amps()).toBeNull()
    expect(await rig.request('ClearChargingProfile', {})).toEqual({ status: 'Unknown' })
  })

  test('§3.13.6: offline, and after a restart (errata 3.37), the transaction’s profile goes on', async () => {
    const operator = await Operator.start()
    await operator.rig.poll(CHARGING)
    await operator.set(9, { purpose: 'own', transactionId: operator.transactionId })
    await operator.set(6, { id: 2 })
    await operator.rig.restart()
    await operator.rig.poll(CHARGING)
    expect(operator.amps()).toBe(9)
  })

  test('a connector that is not there is a wrong value, not a rejected profile (errata 3.39)', async () => {
    const { rig } = await Operator.start()
    const csChargingProfiles = {
      chargingProfileId: 1,
      stackLevel: 0,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }] },
    }
    await expect(rig.request('SetChargingProfile', { connectorId: 7, csChargingProfiles })).rejects.toMatchObject({
      code: 'PropertyConstraintViolation',
    })
  })

  test('several transaction profiles are a stack; the same level is replaced (§5.16.3)', async () => {
    const operator = await Operator.start()
    await operator.rig.poll(CHARGING)
    const own = { purpose: 'own', transactionId: operator.transactionId } as const
    await operator.set(9, { ...own, id: 1, level: 1 })
    await operator.set(20, {
      ...own,
      id: 2,
      level: 2,
      schedule: { duration: 60, startSchedule: '2026-03-02T08:00:00Z' },
    })
    expect(operator.amps()).toBe(20)
    await operator.rig.clock.advance(60_000)
    expect(operator.amps()).toBe(9)
    await operator.set(11, { ...own, id: 3, level: 1 })
    expect(operator.amps()).toBe(11)
    expect(await operator.rig.request('ClearChargingProfile', { id: 1 })).toEqual({ status: 'Unknown' })
  })

  test('errata 3.42: a profile that names the transaction replaces the one of the remote start on its level', async () => {
    const operator = await Operator.start({ authorization: { way: 'remote' } })
    const { rig } = operator
    await rig.poll({ pilot: 'B' })
    const { csChargingProfiles } = payload(8, { purpose: 'own', id: 5, level: 3 })
    expect(
      await rig.request('RemoteStartTransaction', {
        idTag: 'APP',
        connectorId: 1,
        chargingProfile: csChargingProfiles,
      }),
    ).toEqual(ACCEPTED)
    await rig.poll(CHARGING)
    expect(operator.amps()).toBe(8)
    await operator.set(14, { purpose: 'own', id: 6, level: 3, transactionId: operator.transactionId })
    expect(operator.amps()).toBe(14)
    expect(await rig.request('ClearChargingProfile', { id: 5 })).toEqual({ status: 'Unknown' })
  })
})

describe('where a profile may be set (§3.13.1)', () => {
  test.each<[string, Wish, object]>([
    ['a maximum of the station on connector 0', { connectorId: 0, purpose: 'max' }, ACCEPTED],
    ['a maximum of the station on connector 1', { purpose: 'max' }, REJECTED],
    ['a default on connector 0', { connectorId: 0 }, ACCEPTED],
    ['a transaction profile on connector 0', { connectorId: 0, purpose: 'own' }, REJECTED],
    ['a transaction profile without naming the transaction', { purpose: 'own' }, ACCEPTED],
    ['a transaction profile where none runs', { connectorId: 2, purpose: 'own' }, REJECTED],
  ])('%s', async (_, wish, answer) => {
    const operator = await Operator.start({ evses: 2 })
    await operator.rig.poll(CHARGING)
    expect(await operator.set(10, wish)).toEqual(answer)
  })

  test('a refused one is told here with its reason, and changes nothing', async () => {
    const operator = await Operator.start()
    await operator.set(16)
    expect(await operator.set(9, { schedule: { chargingSchedulePeriod: [{ startPeriod: 60, limit: 9 }] } })).toEqual(
      REJECTED,
    )
    expect(operator.rig.happened('station-fault')).toMatchObject([
      { code: 'PROFILE_REFUSED', text: 'operator: profile 1: The first period begins at 60 s, not at 0.' },
    ])
    await operator.rig.poll(CHARGING)
    expect(operator.amps()).toBe(16)
  })

  test('MaxChargingProfilesInstalled and the other limits are as advertised (§3.13.5)', async () => {
    const operator = await Operator.start()
    const keys = ['MaxChargingProfilesInstalled', 'ChargeProfileMaxStackLevel', 'ChargingScheduleMaxPeriods']
    const { configurationKey } = (await operator.rig.request('GetConfiguration', { key: keys })) as {
      configurationKey: readonly { readonly key: string; readonly value: string }[]
    }
    const [profiles = 0, level = 0, periods = 0] = keys.map((key) =>
      Number(configurationKey.find((one) => one.key === key)?.value),
    )
    const chargingSchedulePeriod = Array.from({ length: periods }, (_, index) => ({ startPeriod: index, limit: 10 }))
    expect(await operator.set(10, { level, schedule: { chargingSchedulePeriod } })).toEqual(ACCEPTED)
    expect(await operator.set(10, { level: level + 1 })).toEqual(REJECTED)
    const more = [...chargingSchedulePeriod, { startPeriod: periods, limit: 10 }]
    expect(await operator.set(10, { schedule: { chargingSchedulePeriod: more } })).toEqual(REJECTED)
    const answers: unknown[] = []
    for (let id = 2; id <= profiles + 1; id++) answers.push(await operator.set(10, { id, level: id }))
    expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(ACCEPTED))).toHaveLength(profiles - 1)
    expect(answers.at(-1)).toEqual(REJECTED)
  })
})

describe('ClearChargingProfile (§5.5, errata 3.25 and 3.26)', () => {
  test('all criteria together; then what is left', async () => {
    const operator = await Operator.start({ evses: 2 })
    const { rig } = operator
    await operator.set(10, { id: 1, connectorId: 1, level: 0 })
    await operator.set(11, { id: 2, connectorId: 1, level: 1 })
    await operator.set(12, { id: 3, connectorId: 2, level: 1 })
    const clear = (criteria: object): Promise<unknown> => rig.request('ClearChargingProfile', criteria)
    expect(await clear({ connectorId: 2, stackLevel: 0 })).toEqual({ status: 'Unknown' })
    expect(await clear({ connectorId: 1, stackLevel: 1, chargingProfilePurpose: 'TxDefaultProfile' })).toEqual(ACCEPTED)
    await rig.poll(CHARGING)
    expect(operator.amps()).toBe(10)
    expect(await clear({})).toEqual(ACCEPTED)
    expect(operator.amps()).toBeNull()
  })
})

const wholeStation = (amps: number): object => ({
  status: 'Accepted',
  connectorId: 0,
  chargingSchedule: {
    duration: 60,
    chargingRateUnit: 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: amps }],
  },
})

describe('the station’s maximum', () => {
  test('who comes rises only into what the other has given up', async () => {
    const operator = await Operator.start({ evses: 2 })
    const { rig } = operator
    await operator.set(20, { connectorId: 0, purpose: 'max' })
    await rig.poll({ ...CHARGING, evse: 1 })
    await rig.offer(20, 1)
    await rig.poll({ ...CHARGING, evse: 2 })
    await rig.offer(0, 2)
    expect([operator.amps(1), operator.amps(2)]).toEqual([10, 0])
    await rig.offer(10, 1)
    expect([operator.amps(1), operator.amps(2)]).toEqual([10, 10])
  })

  test('GetCompositeSchedule of connector 0 (§5.7): what all connectors together may take', async () => {
    const operator = await Operator.start({ evses: 2 })
    const schedule = async (): Promise<unknown> =>
      operator.rig.request('GetCompositeSchedule', { connectorId: 0, duration: 60, chargingRateUnit: 'A' })
    expect(await schedule()).toMatchObject(wholeStation(64))
    await operator.set(10, { connectorId: 2 })
    expect(await schedule()).toMatchObject(wholeStation(42))
    await operator.set(40, { id: 2, connectorId: 0, purpose: 'max' })
    expect(await schedule()).toMatchObject(wholeStation(40))
  })
})

test('a daily profile follows the site’s local time (§7.37) across a clock change', async () => {
  const operator = await Operator.start({ timezone: 'Europe/Zurich' })
  const { rig } = operator
  await operator.set(8, {
    kind: { chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' },
    schedule: { startSchedule: '2026-03-01T22:00:00+01:00', duration: 3600 },
  })
  const at = (time: string): number | null => rig.station.demand(1, Date.parse(time)).profile?.amps ?? null
  expect(at('2026-03-28T22:00:00+01:00')).toBe(8)
  expect(at('2026-03-29T22:00:00+02:00')).toBe(8)
  expect(at('2026-03-29T23:00:00+02:00')).toBeNull()
})
