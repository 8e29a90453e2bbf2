/** The station controller in a whole site, in a test's own time: what is changed counts at the next control tick. */
import { describe, expect, it, test } from 'vitest'
import { FIELD_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import type { ChargingProfile } from '../../../src/model/charging-profile.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { createRegistry } from '../../../src/site/registry.ts'
import { StationController } from '../../../src/site/controller/station-controller.ts'
import { MemoryFiles } from '../../ocpp/station/memory-files.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { simulatedSite, type SimulatedSite } from '../simulated-site.ts'

/** The loop's period, and what the device needs for a write and the read that confirms it. */
const TICK_MS = 1000
const DEVICE_MS = 200

const circuit = (id: string, parentId: string | null, limit: number): Circuit => ({
  id,
  parentId,
  limitAmps: { ...everyPhase(limit), L2: limit + 10 },
  meterId: null,
  failSafeAmps: 0,
  carsMaxWatts: null,
  unbalanceAmps: null,
})

async function controller({ identity = null as string | null, ledger = new MemoryLedger() } = {}) {
  const happened: string[] = []
  let rung = 0
  const clock = new ManualClock()
  const made = new StationController({
    config: {
      circuits: [circuit('house', null, 80), circuit('garage', 'house', 40)],
      controller: identity === null ? null : { identity, upstreamIds: [], startValues: {} },
    },
    outlets: [{ stationId: 'garage', evse: 1, outletId: 'CP-001/1' }],
    registry: createRegistry(),
    clock,
    random: () => 0.5,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    ledger: ledger.process().ledger,
    timezone: 'UTC',
    upstreams: new Map(),
    filesOf: () => new MemoryFiles(),
    onEvent: (event) => {
      if (event.kind === 'parameter-changed') happened.push(`${event.stationId}: ${event.name} ${event.value}`)
    },
    onChange: () => (rung += 1),
  })
  await made.start()
  return { made, happened, rung: () => rung }
}

describe('a change', () => {
  it('wakes the control loop, and is told in the site’s name', async () => {
    const { made, happened, rung } = await controller()
    expect(await made.setOutletMaximum('garage', 1, 10, 'a person')).toEqual([])
    expect(await made.setCircuitMaximum('house', 32.5, 'a person')).toEqual([])
    expect(await made.setCircuitMaximum('house', null, 'a person')).toEqual([])
    expect(await made.setParameters({ reservedArrivals: 2 }, 'a person')).toEqual([])
    expect(happened).toEqual([
      'site: the maximum current of garage, connector 1, 10 A',
      'site: the maximum current of circuit house 32.5 A',
      'site: the maximum current of circuit house null',
      'site: numreserve 2',
    ])
    expect(rung()).toBe(4)
    expect(made.parameters).toMatchObject({ reservedArrivals: 2, outletMaxAmps: new Map([['CP-001/1', 10]]) })
  })

  it('at a place that is not there is refused', async () => {
    const { made, rung } = await controller()
    expect(await made.setOutletMaximum('nowhere', 1, 10, 'a person')).toBe('unknown-station')
    expect(await made.setOutletMaximum('garage', 2, 10, 'a person')).toBe('unknown-evse')
    expect(await made.setCircuitMaximum('cellar', 10, 'a person')).toBe('unknown-circuit')
    expect(rung()).toBe(0)
  })

  test.each([-1, 3, 5.999, 1001, 1e-7, Number.NaN, Number.POSITIVE_INFINITY])(
    'of an outlet’s maximum to %d is refused',
    async (amps) => {
      const { made } = await controller()
      expect(await made.setOutletMaximum('garage', 1, amps, 'a person')).toEqual([
        { name: null, expected: 'a number from 6 to 1000, or 0' },
      ])
      expect(made.parameters.outletMaxAmps).toEqual(new Map())
    },
  )
})

it('keeps what was changed when it gets a station of its own; the rest is then the field’s', async () => {
  const ledger = new MemoryLedger()
  const { made: before } = await controller({ ledger })
  expect(before.snapshot()).toMatchObject({ controllerId: null, usableSharePercent: 100 })
  await before.setCircuitMaximum('garage', 20, 'a person')
  const { made: after, happened } = await controller({ ledger, identity: 'SITE-NORD' })
  expect(after.parameters).toEqual({ ...FIELD_PARAMETERS, circuitMaxAmps: new Map([['garage', 20]]) })
  expect(after.snapshot()).toMatchObject({ controllerId: 'SITE-NORD', usableSharePercent: 80 })
  await after.setParameters({ reservedArrivals: 2 }, 'a person')
  expect(happened).toEqual(['SITE-NORD: numreserve 2'])
  await after.close()
})

describe('a limit of the CSMS for the whole site', () => {
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it reads with the tests that use it
  const profile = (unit: 'A' | 'W', limit: number): ChargingProfile => ({
    id: 7,
    evse: 0,
    purpose: 'station-max',
    stackLevel: 0,
    kind: 'absolute',
    recurrency: null,
    csmsTransactionId: null,
    validFrom: null,
    validTo: null,
    unit,
    startSchedule: 0,
    durationSeconds: null,
    minChargingRate: null,
    periods: [{ startSeconds: 0, limit, phases: null }],
  })
  const operators = { id: 'profile 7', source: 'operator', circuitId: 'house', priority: 0, since: 5000, until: null }

  test.each([
    ['A', 40, { maxAmps: everyPhase(40), carsMaxWatts: null }],
    ['W', 11_000, { maxAmps: null, carsMaxWatts: 11_000 }],
  ] as const)('in %s is one of the supply’s circuit, by the operator', async (unit, limit, means) => {
    const ledger = new MemoryLedger()
    await ledger.process().ledger.saveProfile('SITE-NORD', profile(unit, limit))
    const { made } = await controller({ ledger, identity: 'SITE-NORD' })
    expect(made.limits(5000, Date.parse('2026-03-02T08:00:00Z'))).toEqual([{ ...operators, ...means }])
    await made.close()
  })

  it('is seen, with who told it and until when', async () => {
    const ledger = new MemoryLedger()
    const start = new ManualClock().now()
    const hour = { ...profile('A', 40), startSchedule: start, durationSeconds: 3600 }
    await ledger.process().ledger.saveProfile('SITE-NORD', hour)
    const { made } = await controller({ ledger, identity: 'SITE-NORD' })
    expect(made.limitViews()).toEqual([
      {
        id: 'profile 7',
        source: 'operator',
        circuit: 'house',
        amps: everyPhase(40),
        kW: null,
        priority: 0,
        by: 'the CSMS, for the whole site',
        since: null,
        until: start + 3_600_000,
        inForce: true,
        proved: false,
      },
    ])
    await made.close()
  })

  it('is none where there is no profile, or no station', async () => {
    const { made } = await controller({ identity: 'SITE-NORD' })
    expect(made.limits(5000, 0)).toEqual([])
    expect(made.limitViews()).toEqual([])
    await made.close()
    expect((await controller()).made.limits(5000, 0)).toEqual([])
  })
})

describe('at the next control tick', () => {
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it reads with the tests that use it
  async function charging(): Promise<SimulatedSite> {
    const site = await simulatedSite(
      [
        { id: 'house', limit: 100 },
        { id: 'garage', parent: 'house', limit: 63 },
      ],
      [{ id: 'A', circuit: 'garage' }],
    )
    await site.run(3000)
    site.world.box('A').plug({ maxAmps: 32 })
    await site.run(60_000)
    expect(site.world.box('A').offeredAmps).toBe(32)
    return site
  }

  test.each<[what: string, set: (site: SimulatedSite) => Promise<unknown>, amps: number]>([
    ['an outlet gets its maximum', ({ bridge }) => bridge.parameters.setOutletMaximum('A', 1, 10, 'a person'), 10],
    ['an outlet is paused', ({ bridge }) => bridge.parameters.setOutletMaximum('A', 1, 0, 'a person'), 0],
    ['a circuit gets its maximum', ({ bridge }) => bridge.parameters.setCircuitMaximum('garage', 16, 'a person'), 16],
    ['so does the supply', ({ bridge }) => bridge.parameters.setCircuitMaximum('house', 12, 'a person'), 12],
    [
      'less of the supply may be used',
      ({ bridge }) => bridge.parameters.setParameters({ usableSharePercent: 20 }, 'a person'),
      20,
    ],
  ])('%s', async (_, set, amps) => {
    const site = await charging()
    await set(site)
    await site.run(TICK_MS + DEVICE_MS)
    expect(site.world.box('A').offeredAmps).toBe(amps)
    expect(site.world.overloads).toEqual([])
  })

  test('of an outlet’s maximum to what is finer than it is stored is refused, and says so', async () => {
    const { made } = await controller()
    expect(await made.setOutletMaximum('garage', 1, 6.0001, 'a person')).toEqual([
      { name: null, expected: 'a number from 6 to 1000, with three decimals at most, or 0' },
    ])
  })
})
