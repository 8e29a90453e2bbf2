/**
 * Who gets more waits for who gives: the lower set-point is written, read back, and followed by the car before anybody else is given the
 * current. Orders that are refused, lost, forgotten or not acknowledged change nothing of that.
 */
import { describe, expect, it, vi } from 'vitest'
import type { Bay, BayFault, BayMapping } from './bay.ts'
import type { CarPlan } from './car.ts'
import { FIRST_CAR_SECOND, play, type Outcome, type ScenarioPlan, type Stage } from './play.ts'
import type { YardPlan } from './yard.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Enough for both where a charge is still efficient (12 A). */
const FUSE = 26
/** And for three. */
const THREE = 40
const SECOND_CAR = 75
/** The slowest that IEC 61851-1 A.4 allows downwards; upwards at once. */
const CAR: CarPlan = {
  phases: 3,
  maxAmps: 32,
  wantedWh: 40_000,
  lagMs: 5000,
  rampAmpsPerSecond: 100,
  wakeMs: 3000,
  resumeMs: 5000,
}

function bayAt(id: string, mapping: BayMapping, unit: number): YardPlan['bays'][number] {
  return {
    id,
    mapping,
    circuit: 'panel-1',
    phases: 'L1L2L3',
    failSafe: { amps: 6, afterSeconds: 30 },
    ...(mapping === 'heidelberg-energy-control' ? { unit } : {}),
  }
}

/** Two bays at one fuse; the first has a car, the second gets one later. */
function twoCars(
  giver: BayMapping,
  taker: BayMapping,
  happenings: ScenarioPlan['happenings'],
  seconds: number,
): ScenarioPlan {
  return {
    name: 'two cars',
    seconds,
    yard: {
      houseAmps: 0,
      feederAmps: FUSE,
      panelAmps: FUSE,
      unbalanceAmps: null,
      failSafeAmps: 0,
      relayWatts: null,
      bays: [bayAt('GIVER', giver, 1), bayAt('TAKER', taker, 2)],
    },
    building: null,
    stays: [
      { bay: 'GIVER', fromSecond: FIRST_CAR_SECOND, untilSecond: seconds, car: CAR },
      { bay: 'TAKER', fromSecond: SECOND_CAR, untilSecond: seconds, car: CAR },
    ],
    happenings,
  }
}

function safe(outcome: Outcome): void {
  expect(outcome.faults).toEqual([])
  expect(outcome.worstOverAmps).toBe(0)
  // Not even if both had taken all they were offered at this moment, whatever is on its way.
  expect(outcome.worstOfferOverAmps).toBeLessThan(0.01)
  expect(outcome.errors).toEqual([])
}

const PAIRS: readonly (readonly [BayMapping, BayMapping])[] = [
  ['keba-p30', 'abb-terra-ac'],
  ['abb-terra-ac', 'heidelberg-energy-control'],
  ['abb-terra-ac', 'keba-p30'],
]

describe.each(PAIRS)('%s gives to %s', (giver, taker) => {
  it('lower first, read back, followed by the car; then the other', async () => {
    const bays: Bay[] = []
    const outcome = await play(twoCars(giver, taker, [], 150), ({ yard }) => void bays.splice(0, 2, ...yard.bays))
    safe(outcome)
    const [one, two] = bays
    const lower = one?.orders.find(({ at, amps, before }) => at > SECOND_CAR * 1000 && amps < before)
    const higher = two?.orders.find(({ amps }) => amps > 0)
    // The car takes its 5 s, and what it draws is read once more before others get it.
    expect((higher?.at ?? 0) - (lower?.at ?? Infinity)).toBeGreaterThanOrEqual(CAR.lagMs)
    expect(one?.pilotAmps).toBeGreaterThanOrEqual(6)
    expect(two?.pilotAmps).toBeGreaterThanOrEqual(6)
    expect(outcome.energyWh).toBeGreaterThan(0.7 * outcome.evenShareWh)
  })

  it('a car that sleeps under the old pilot may still draw by it', async () => {
    const sleeper = { ...CAR, wakeMs: (SECOND_CAR + 5 - FIRST_CAR_SECOND) * 1000 }
    const plan = twoCars(giver, taker, [], 150)
    const stays = plan.stays.map((stay) => (stay.bay === 'GIVER' ? { ...stay, car: sleeper } : stay))
    safe(await play({ ...plan, stays }))
  })

  it.each<BayFault>(['refuses', 'lost', 'forgets'])(
    'nobody gets what a box that %s set-points still gives',
    async (fault) => {
      const offered: number[] = []
      const mended = SECOND_CAR + 45
      const outcome = await play(
        twoCars(
          giver,
          taker,
          [
            { atSecond: SECOND_CAR, what: ({ yard }) => void (yard.bay('GIVER').fault = fault) },
            { atSecond: mended, what: ({ yard }) => void (yard.bay('GIVER').fault = null) },
          ],
          mended + 75,
        ),
        ({ yard }, second) => {
          if (second < mended) offered.push(yard.bay('TAKER').pilotAmps)
          else if (second === mended + 74) expect(pilots(yard)).toEqual([true, true])
        },
      )
      // The free box was met with its factory's offer before that.
      expect(Math.max(...offered.slice(FIRST_CAR_SECOND))).toBe(0)
      safe(outcome)
    },
  )

  it('an order that was obeyed and never acknowledged counts, whichever way it went', async () => {
    const outcome = await play(
      twoCars(
        giver,
        taker,
        [
          { atSecond: SECOND_CAR, what: faultAtBoth('unanswered') },
          { atSecond: SECOND_CAR + 45, what: faultAtBoth(null) },
        ],
        SECOND_CAR + 120,
      ),
      ({ yard }, second) => {
        if (second === SECOND_CAR + 119) expect(pilots(yard)).toEqual([true, true])
      },
    )
    safe(outcome)
  })
})

function faultAtBoth(fault: BayFault | null) {
  return ({ yard }: Stage): void => {
    for (const bay of yard.bays) bay.fault = fault
  }
}

function pilots(yard: Stage['yard']): readonly boolean[] {
  return yard.bays.map(({ pilotAmps }) => pilotAmps >= 6)
}

it.each([1, 2, 3])(
  'of two cuts within the time of a car, the pilot before the first counts as well (%i s apart)',
  async (apart) => {
    const seconds = SECOND_CAR + 45
    const plan = twoCars('abb-terra-ac', 'abb-terra-ac', [], seconds)
    const sleeper = { ...CAR, wakeMs: 600_000 }
    const third = { bay: 'THIRD', fromSecond: SECOND_CAR + apart, untilSecond: seconds, car: CAR }
    const outcome = await play({
      ...plan,
      yard: {
        ...plan.yard,
        feederAmps: THREE,
        panelAmps: THREE,
        bays: [...plan.yard.bays, bayAt('THIRD', 'abb-terra-ac', 3)],
      },
      stays: [...plan.stays.map((stay) => (stay.bay === 'GIVER' ? { ...stay, car: sleeper } : stay)), third],
    })
    safe(outcome)
  },
)
