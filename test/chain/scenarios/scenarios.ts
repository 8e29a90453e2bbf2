/**
 * The families of stress that a site must survive, each as a plan. `scale` squeezes them in time: what happens stays the same and comes
 * sooner after each other. 1 is 40 minutes.
 */
import type { CarPlan } from './car.ts'
import { Chance } from './chance.ts'
import { FIRST_CAR_SECOND, type Happening, type ScenarioPlan, type Stage, type Stay } from './play.ts'
import { bayName, type CircuitId, mixedBays, type YardPlan } from './yard.ts'

const MINUTES = 40
const YARD: YardPlan = {
  houseAmps: 150,
  feederAmps: 90,
  panelAmps: 60,
  unbalanceAmps: null,
  bays: mixedBays(12),
  failSafeAmps: 40,
  relayWatts: null,
}
const MOST_BUILDING = 0.95 * YARD.houseAmps

export type Family = 'step' | 'churn' | 'meter-loss' | 'offline' | 'stuck' | 'dso' | 'restart' | 'unbalance'

export function scenario(family: Family, scale: number): ScenarioPlan {
  return PLANS[family](scale)
}

const PLANS: Readonly<Record<Family, (scale: number) => ScenarioPlan>> = {
  step: (scale) => ({
    ...base('step', scale),
    building: {
      amps: 45,
      mostAmps: MOST_BUILDING,
      switched: [
        { perHour: 12 / scale, amps: [20, 70], seconds: [20, 300 * scale], phases: 3 },
        { perHour: 20 / scale, amps: [10, 30], seconds: [5, 60], phases: 1 },
      ],
    },
  }),
  churn: (scale) => {
    const seconds = secondsOf(scale)
    const yard = { ...YARD, houseAmps: 0, feederAmps: 40, panelAmps: 32 }
    return { ...base('churn', scale), yard, building: null, stays: shortStays(yard.bays.length, seconds) }
  },
  'meter-loss': (scale) => {
    const lostAt = at(560, scale)
    const backAt = lostAt + at(600, scale)
    return {
      ...base('meter-loss', scale),
      building: {
        amps: 50,
        mostAmps: MOST_BUILDING,
        also: { fromSecond: lostAt + at(60, scale), untilSecond: lostAt + at(400, scale), amps: 60 },
      },
      happenings: [
        { atSecond: lostAt, what: (stage) => stage.silenceMeter(true) },
        { atSecond: backAt, what: (stage) => stage.silenceMeter(false) },
      ],
    }
  },
  offline: (scale) => ({
    ...base('offline', scale),
    building: { amps: 30, mostAmps: MOST_BUILDING },
    happenings: radioGaps(scale),
  }),
  stuck: (scale) => ({
    ...base('stuck', scale),
    building: {
      amps: 30,
      mostAmps: MOST_BUILDING,
      switched: [{ perHour: 8 / scale, amps: [30, 60], seconds: [60, 400 * scale], phases: 3 }],
    },
    happenings: [
      { atSecond: at(500, scale), what: ({ yard }) => void (yard.bay('CP-01').fault = 'stuck') },
      { atSecond: at(1400, scale), what: ({ yard }) => void (yard.bay('CP-01').fault = null) },
    ],
  }),
  restart: (scale) => ({
    ...base('restart', scale),
    building: {
      amps: 45,
      mostAmps: MOST_BUILDING,
      switched: [{ perHour: 6 / scale, amps: [15, 50], seconds: [30, 300 * scale], phases: 3 }],
    },
    happenings: [...killed(at(750, scale), 20), ...killed(at(1450, scale), 3)],
  }),
  unbalance: (scale) => {
    const { stays, ...rest } = base('unbalance', scale)
    // Cars of one phase meet at L1.
    const onL1 = (bay: string): boolean => YARD.bays.some(({ id, phases }) => id === bay && phases === 'L1L2L3')
    const crooked = stays.map((stay) =>
      onL1(stay.bay) ? { ...stay, car: { ...stay.car, phases: 1, maxAmps: 32 } as const } : stay,
    )
    return {
      ...rest,
      stays: crooked,
      yard: { ...YARD, unbalanceAmps: 16 },
      building: { amps: 10, mostAmps: MOST_BUILDING },
    }
  },
  dso: (scale) => {
    const fuses = new Map<CircuitId, number>()
    return {
      ...base('dso', scale),
      yard: { ...YARD, relayWatts: DSO_WATTS },
      building: { amps: 30, mostAmps: MOST_BUILDING },
      happenings: [
        { atSecond: at(650, scale), what: (stage) => relay(stage, true) },
        { atSecond: at(1550, scale), what: (stage) => relay(stage, false) },
        { atSecond: at(1750, scale), what: (stage) => energyManager(stage, at(400, scale)) },
        { atSecond: at(2150, scale), what: (stage) => void (stage.limits = { amps: fuses, carsWatts: null }) },
      ],
    }
  },
}

const DSO_WATTS = 16_000
const EMS_AMPS = 30

/** The grid operator's contact: read like any other register. */
function relay(stage: Stage, isClosed: boolean): void {
  stage.yard.relayIsClosed = isClosed
  stage.limits = { amps: new Map(), carsWatts: isClosed ? DSO_WATTS : null }
}

/** An energy manager that sets a limit over the API. */
async function energyManager(stage: Stage, forSeconds: number): Promise<void> {
  stage.limits = { amps: new Map([['feeder', EMS_AMPS]]), carsWatts: null }
  const set = await stage.bridge.site.limits.set('noon', { amps: EMS_AMPS, forSeconds }, 'the test')
  if (set.outcome !== 'set') throw new Error(set.reason)
}

function base(name: string, scale: number): Omit<ScenarioPlan, 'building'> {
  const seconds = secondsOf(scale)
  return { name, seconds, yard: YARD, stays: longStays(name, seconds), happenings: [] }
}

function secondsOf(scale: number): number {
  return Math.round(MINUTES * 60 * scale)
}

function at(second: number, scale: number): number {
  return Math.round(second * scale)
}

/** Most come in the first minute and stay; some come later, some leave early. */
function longStays(name: string, seconds: number): readonly Stay[] {
  const chance = new Chance(`${name} cars`)
  return YARD.bays.map((_, index) => {
    const later = chance.next() < 0.4
    const fromSecond = FIRST_CAR_SECOND + (later ? chance.whole(60, Math.round(seconds * 0.6)) : chance.whole(0, 45))
    const untilSecond = chance.next() < 0.75 ? seconds : Math.min(seconds, fromSecond + Math.round(seconds * 0.4))
    return { bay: bayName(index), fromSecond, untilSecond, car: randomCar(chance, chance.range(10, 40)) }
  })
}

function shortStays(bays: number, seconds: number): readonly Stay[] {
  const chance = new Chance('churn cars')
  return Array.from({ length: bays }, (_, index) => {
    const stays: Stay[] = []
    for (let from = FIRST_CAR_SECOND + chance.whole(0, 120); from < seconds - 60;) {
      const until = Math.min(seconds, from + chance.whole(60, 360))
      stays.push({
        bay: bayName(index),
        fromSecond: from,
        untilSecond: until,
        car: randomCar(chance, chance.range(0.3, 8)),
      })
      from = until + chance.whole(10, 90)
    }
    return stays
  }).flat()
}

function radioGaps(scale: number): readonly Happening[] {
  const chance = new Chance('radio')
  // The Heidelbergs hang on a wire.
  return ['CP-01', 'CP-02', 'CP-06', 'CP-09', 'CP-11'].flatMap((bay) => {
    const from = at(chance.whole(300, 1700), scale)
    const until = from + Math.max(45, at(chance.whole(120, 400), scale))
    return [
      { atSecond: from, what: ({ yard }) => void (yard.bay(bay).fault = 'silent') },
      { atSecond: until, what: ({ yard }) => void (yard.bay(bay).fault = null) },
    ] satisfies Happening[]
  })
}

function killed(atSecond: number, seconds: number): readonly Happening[] {
  return [
    {
      atSecond,
      what: async ({ bridge, judge }) => {
        judge.bridgeIs(false)
        await bridge.kill()
      },
    },
    {
      atSecond: atSecond + seconds,
      what: async ({ bridge, judge }) => {
        judge.bridgeIs(true)
        await bridge.start()
      },
    },
  ]
}

function randomCar(chance: Chance, wantedKwh: number): CarPlan {
  const [phases, maxAmps] = chance.pick<readonly [1 | 2 | 3, number]>([
    [3, 16],
    [3, 16],
    [3, 16],
    [3, 32],
    [3, 32],
    [2, 16],
    [1, 32],
    [1, 16],
    [3, 13],
  ])
  return {
    phases,
    maxAmps,
    wantedWh: wantedKwh * 1000,
    lagMs: chance.whole(100, 500) * 10,
    rampAmpsPerSecond: chance.range(0.8, 6),
    wakeMs: chance.whole(3000, 12_000),
    resumeMs: chance.whole(5000, 40_000),
  }
}
