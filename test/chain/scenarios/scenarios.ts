/**
 * The families of stress that a site must survive, each as a plan. A `scale` below 1 squeezes their forty minutes: what happens stays the
 * same and comes sooner after each other; what a device or a car needs takes its own time.
 */
import type { CarPlan } from './car.ts'
import { Chance } from './chance.ts'
import { FIRST_CAR_SECOND, type Happening, type ScenarioPlan, type Stage, type Stay } from './play.ts'
import { bayName, mixedBays, type YardPlan } from './yard.ts'

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

const FAMILIES = {
  step,
  churn,
  'meter-loss': meterLoss,
  offline,
  stuck,
  dso,
  restart,
  unbalance,
} as const satisfies Readonly<Record<string, (time: Time) => ScenarioPlan>>

export type Family = keyof typeof FAMILIES

/** @param seed cars, their coming and going, and the building's loads follow from it */
export function scenario(family: Family, scale: number, seed = ''): ScenarioPlan {
  return FAMILIES[family](new Time(`${family}${seed}`, scale))
}

class Time {
  readonly name: string
  readonly scale: number

  constructor(name: string, scale: number) {
    this.name = name
    this.scale = scale
  }

  get seconds(): number {
    return this.at(MINUTES * 60)
  }

  /** When that comes which would come at this second. */
  at(second: number): number {
    return Math.round(second * this.scale)
  }

  chance(what: string): Chance {
    return new Chance(`${this.name} ${what}`)
  }
}

function step(time: Time): ScenarioPlan {
  return {
    ...base(time),
    building: {
      amps: 45,
      mostAmps: MOST_BUILDING,
      switched: [
        { perHour: 12 / time.scale, amps: [20, 70], seconds: [20, 300 * time.scale], phases: 3 },
        { perHour: 20 / time.scale, amps: [10, 30], seconds: [5, 60], phases: 1 },
      ],
    },
  }
}

/** Without a building: what is too much here was given by us. */
function churn(time: Time): ScenarioPlan {
  const yard = { ...YARD, houseAmps: 0, feederAmps: 40, panelAmps: 32 }
  return { ...base(time), yard, building: null, stays: shortStays(time) }
}

function meterLoss(time: Time): ScenarioPlan {
  const lostAt = time.at(560)
  return {
    ...base(time),
    building: {
      amps: 50,
      mostAmps: MOST_BUILDING,
      also: [{ fromSecond: lostAt + time.at(60), untilSecond: lostAt + time.at(400), amps: 60 }],
    },
    happenings: [
      { atSecond: lostAt, what: (stage) => stage.silenceMeter(true) },
      { atSecond: lostAt + time.at(600), what: (stage) => stage.silenceMeter(false) },
    ],
  }
}

function offline(time: Time): ScenarioPlan {
  const chance = time.chance('radio')
  // The Heidelbergs hang on a wire.
  const happenings = ['CP-01', 'CP-02', 'CP-06', 'CP-09', 'CP-11'].flatMap((bay): Happening[] => {
    const from = time.at(chance.whole(300, 1700))
    const until = from + Math.max(45, time.at(chance.whole(120, 400)))
    return [
      { atSecond: from, what: ({ yard }) => void (yard.bay(bay).fault = 'silent') },
      { atSecond: until, what: ({ yard }) => void (yard.bay(bay).fault = null) },
    ]
  })
  return { ...base(time), building: { amps: 30, mostAmps: MOST_BUILDING }, happenings }
}

function stuck(time: Time): ScenarioPlan {
  const { stays, ...rest } = base(time)
  return {
    ...rest,
    corrections: 2,
    stays: stays.map((stay) => (stay.bay === 'CP-01' ? largest(stay, time.seconds) : stay)),
    building: {
      amps: 30,
      mostAmps: MOST_BUILDING,
      also: [
        { fromSecond: time.at(600), untilSecond: time.at(800), amps: 70 },
        { fromSecond: time.at(1000), untilSecond: time.at(1200), amps: 60 },
        { fromSecond: time.at(1800), untilSecond: time.at(2000), amps: 70 },
      ],
    },
    happenings: [
      { atSecond: time.at(500), what: ({ yard }) => void (yard.bay('CP-01').fault = 'stuck') },
      { atSecond: time.at(1400), what: ({ yard }) => void (yard.bay('CP-01').fault = null) },
    ],
  }
}

const DSO_WATTS = 16_000
const EMS_AMPS = 30

function dso(time: Time): ScenarioPlan {
  return {
    ...base(time),
    yard: { ...YARD, relayWatts: DSO_WATTS },
    building: { amps: 30, mostAmps: MOST_BUILDING },
    happenings: [
      { atSecond: time.at(650), what: (stage) => relay(stage, true) },
      { atSecond: time.at(1550), what: (stage) => relay(stage, false) },
      { atSecond: time.at(1750), what: (stage) => energyManager(stage, time.at(400)) },
      {
        atSecond: time.at(1750) + time.at(400),
        what: (stage) => void (stage.limits = { amps: new Map(), carsWatts: null }),
      },
    ],
  }
}

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

function restart(time: Time): ScenarioPlan {
  const first = time.at(750)
  const second = time.at(1450)
  return {
    ...base(time),
    building: {
      amps: 35,
      mostAmps: 0.8 * YARD.houseAmps,
      switched: [{ perHour: 6 / time.scale, amps: [10, 20], seconds: [30, 300 * time.scale], phases: 3 }],
      also: [
        // Cuts are on their way when it dies; more comes while it is dead.
        { fromSecond: first - 1, untilSecond: time.at(1000), amps: 40 },
        { fromSecond: first + 8, untilSecond: time.at(900), amps: 25 },
        { fromSecond: second - 1, untilSecond: time.at(1700), amps: 60 },
      ],
    },
    happenings: [...killed(first, 20), ...killed(second, 3)],
  }
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

/** Cars of one phase meet at L1. */
function unbalance(time: Time): ScenarioPlan {
  const { stays, ...rest } = base(time)
  const beginsAtL1 = new Set(YARD.bays.filter(({ phases }) => phases === 'L1L2L3').map(({ id }) => id))
  return {
    ...rest,
    yard: { ...YARD, unbalanceAmps: 16 },
    building: { amps: 10, mostAmps: MOST_BUILDING },
    stays: stays.map((stay) =>
      beginsAtL1.has(stay.bay) ? { ...stay, car: { ...stay.car, phases: 1, maxAmps: 32 } } : stay,
    ),
  }
}

function base(time: Time): Omit<ScenarioPlan, 'building'> {
  return { name: time.name, seconds: time.seconds, yard: YARD, stays: longStays(time), happenings: [] }
}

/** Most come in the first minute and stay; some come later, some leave early. */
function longStays(time: Time): readonly Stay[] {
  const chance = time.chance('cars')
  const { seconds } = time
  return YARD.bays.map(({ id }) => {
    const later = chance.next() < 0.4
    const fromSecond = FIRST_CAR_SECOND + (later ? chance.whole(60, Math.round(seconds * 0.6)) : chance.whole(0, 45))
    const untilSecond = chance.next() < 0.75 ? seconds : Math.min(seconds, fromSecond + Math.round(seconds * 0.4))
    return { bay: id, fromSecond, untilSecond, car: randomCar(chance, chance.range(10, 40)) }
  })
}

function largest(stay: Stay, seconds: number): Stay {
  const car = { ...stay.car, phases: 3, maxAmps: 32, wantedWh: 60_000 } as const
  return { ...stay, fromSecond: FIRST_CAR_SECOND, untilSecond: seconds, car }
}

function shortStays(time: Time): readonly Stay[] {
  const chance = time.chance('cars')
  const { seconds } = time
  return YARD.bays.flatMap((_, index) => {
    const stays: Stay[] = []
    for (let from = FIRST_CAR_SECOND + chance.whole(0, 120); from < seconds - 60;) {
      const until = Math.min(seconds, from + chance.whole(60, 360))
      const car = randomCar(chance, chance.range(0.3, 8))
      stays.push({ bay: bayName(index), fromSecond: from, untilSecond: until, car })
      from = until + chance.whole(10, 90)
    }
    return stays
  })
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
