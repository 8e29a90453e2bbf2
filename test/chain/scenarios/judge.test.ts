/** The judge must be able to find a site guilty, and a run must be the same each time. */
import { expect, it } from 'vitest'
import { ManualClock } from '../../peers/manual-clock.ts'
import { Judge } from './judge.ts'
import { play } from './play.ts'
import { scenario } from './scenarios.ts'
import { GRAIN_MS, mixedBays, Yard } from './yard.ts'

const CAR = {
  phases: 3,
  maxAmps: 32,
  wantedWh: 40_000,
  lagMs: 1000,
  rampAmpsPerSecond: 100,
  wakeMs: 3000,
  resumeMs: 5000,
} as const

function unsteered(houseAmps: number): { yard: Yard; judge: Judge; run: (seconds: number) => Promise<void> } {
  const clock = new ManualClock(undefined, () => Promise.resolve())
  const yard = new Yard(
    {
      houseAmps,
      feederAmps: 130,
      panelAmps: 130,
      unbalanceAmps: 16,
      failSafeAmps: 40,
      relayWatts: null,
      bays: mixedBays(4),
    },
    clock,
  )
  const judge = new Judge(yard, clock)
  const step = (): void => {
    yard.step()
    judge.look()
  }
  return { yard, judge, run: (seconds) => clock.advanceInSteps(seconds * 1000, GRAIN_MS, step) }
}

const circuits = (judge: Judge): readonly string[] => [...judge.faults.keys()]

it('finds a building load that nobody makes room for, after the time that the devices need', async () => {
  const { yard, judge, run } = unsteered(150)
  for (const bay of yard.bays) bay.plug(CAR)
  await run(20)
  expect(yard.carsDraw('house')).toEqual({ L1: 112, L2: 112, L3: 112 })
  expect(circuits(judge)).toEqual([])
  yard.building = [60, 0, 0]
  await run(11)
  expect(judge.worstOverAmps).toBe(22)
  expect(circuits(judge)).toEqual([])
  await run(2)
  expect(judge.faults.get('house L1')?.excessAmps).toBeCloseTo(22 - 0.3)
  expect(circuits(judge)).toEqual(['house L1'])
})

it('finds a feeder of cars above its limit at once', async () => {
  const { yard, judge, run } = unsteered(0)
  judge.limits = { amps: new Map([['feeder', 100]]), carsWatts: null }
  await run(20)
  for (const bay of yard.bays) bay.plug(CAR)
  await run(5)
  expect(circuits(judge)).toEqual(['feeder L1', 'feeder L2', 'feeder L3'])
  expect(judge.worstOverOfCarsAmps).toBe(12)
})

it('finds cars above the fail-safe of a silent meter, above a power limit, and on one phase', async () => {
  const { yard, judge, run } = unsteered(150)
  judge.meterIsSilent(true)
  judge.limits = { amps: new Map(), carsWatts: 10_000 }
  // of 32 and 16 A, both at L1
  for (const id of ['CP-01', 'CP-04']) yard.bay(id).plug({ ...CAR, phases: 1 })
  await run(30)
  expect(circuits(judge)).toEqual(expect.arrayContaining(['fail-safe L1', 'power L1', 'unbalance L1']))
})

async function churn(): Promise<object> {
  const { realSeconds: _, ...outcome } = await play(scenario('churn', 0.05))
  return outcome
}

it('plays the same each time', async () => {
  expect(await churn()).toEqual(await churn())
}, 120_000)
