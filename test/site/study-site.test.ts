import { describe, expect, it } from 'vitest'
import { loadSiteText } from '../../src/config/load-site-file.ts'
import type { BalanceInput } from '../../src/model/balance-input.ts'
import { Charger } from '../../src/study/charger.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { studySiteOf, studyTariff } from '../../src/site/study-site.ts'

const TEXT = `site: {name: Nord, timezone: Europe/Zurich}
circuits:
  house: {limit: 125 A, meter: grid, fail-safe: 30 A}
  garage: {parent: house, limit: 63 A}
meters:
  grid: {mapping: janitza-umg604, connect: "tcp://192.168.1.5:502", unit: 1}
balancing: {strategy: commitments}
tariff: {currency: CHF, windows: [{from: "07:00", to: "20:00", days: [mon, tue, wed, thu, fri], price: 0.3}, {from: "00:00", to: "24:00", price: 0.2}]}
stations:
  CP-1: {mapping: keba-p30, connect: "tcp://192.168.1.11:502", circuit: garage, phases: L2L3L1, authorize: free, max: 20 A, priority: 3, soft-minimum: 8 A}
  GARAGE: {members: [BAY-1, BAY-2], authorize: free}
  BAY-1: {mapping: keba-p30, connect: "tcp://192.168.1.12:502", circuit: house}
  BAY-2: {mapping: em2go-duo-power, connect: "tcp://192.168.1.13:502", circuit: garage, max: 16 A}
`

async function site() {
  const { config, problems } = await loadSiteText(TEXT, '/nowhere/site.yaml')
  if (config === null) throw new Error(problems.map(({ message }) => message).join('; '))
  return studySiteOf(config, createRegistry())
}

function half(): number {
  return 0.5
}

describe('the site of a study', () => {
  it('has the outlets of the site file, with what their mappings can', async () => {
    const { stations } = await site()
    expect(stations[0]).toMatchObject({
      outletId: 'CP-1/1',
      stationId: 'CP-1',
      evse: 1,
      circuitId: 'garage',
      rotation: ['L2', 'L3', 'L1'],
      minAmps: 6,
      maxAmps: 20,
      softMinAmps: 8,
      priority: 3,
    })
  })

  it('numbers the outlets of a group as its CSMS does', async () => {
    const { stations } = await site()
    expect(
      stations.slice(1).map(({ outletId, stationId, evse, circuitId }) => [outletId, stationId, evse, circuitId]),
    ).toEqual([
      ['BAY-1/1', 'GARAGE', 1, 'house'],
      ['BAY-2/1', 'GARAGE', 2, 'garage'],
      ['BAY-2/2', 'GARAGE', 3, 'garage'],
    ])
  })

  it('has the settings of the running site', async () => {
    const { name, timezone, settings, parameters, circuits } = await site()
    expect({ name, timezone, strategy: settings.strategy }).toEqual({
      name: 'Nord',
      timezone: 'Europe/Zurich',
      strategy: 'commitments',
    })
    expect(parameters.usableSharePercent).toBe(100)
    expect(circuits).toHaveLength(2)
  })

  it('has prices by its own clocks', async () => {
    const { tariff } = await site()
    const price = (day: number, hour: number): number | null | undefined =>
      tariff?.priceAt(Date.UTC(2026, 10, day, hour - 1))
    // Friday, and the Saturday after it; Zurich is an hour ahead of UTC in November
    expect([price(20, 6), price(20, 7), price(20, 19), price(20, 20), price(21, 12)]).toEqual([0.2, 0.3, 0.3, 0.2, 0.2])
    expect(tariff?.currency).toBe('CHF')
  })

  it('has no price where no window holds', () => {
    const windows = [{ fromMinute: 0, toMinute: 60, days: [1], price: 1 }]
    const tariff = studyTariff({ currency: 'EUR', windows, demandChargePerKWYear: null }, 'UTC')
    expect(tariff.priceAt(Date.UTC(2026, 10, 20))).toBeNull()
  })

  it('has the policy of the running site: who can wait for cheaper hours is put off', async () => {
    const { circuits, stations, settings, parameters, policy } = await site()
    // Friday, 18:00 in Zurich, and the car stays until Saturday
    const at = Date.UTC(2026, 10, 20, 17)
    const session = {
      id: 'one',
      startedAt: at,
      energyWh: 0,
      wantedWh: 6000,
      departsAt: at + 14 * 3_600_000,
      commitment: null,
      priority: 1,
      mayWait: null,
    }
    const [own] = stations
    if (own === undefined) throw new Error('no station')
    const outlet = {
      ...new Charger(own, { at, voltage: 230, followMs: 8000, next: half }).outlet(at),
      wanted: true,
      refusal: null,
      session,
    }
    const input: BalanceInput = { at, circuits, outlets: [outlet], meters: [], limits: [], parameters, settings }
    expect(policy()(input).outlets[0]?.session?.mayWait).toEqual({
      until: Date.UTC(2026, 10, 20, 19),
      reason: 'tariff',
    })
  })
})
