/**
 * P13, the balancing core: one step for 10 to 1,000 chargers that all want more than there is, in four levels of circuits, with the
 * policy before it. Beside it, in turn: reading the same tick from its JSON text. The bar is the control period of one second.
 */
import { createPlanner } from '../src/study/line-protocol.ts'
import type { PlannerSite, TickCharger, TickMessage } from '../src/study/line-messages.ts'
import { atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { median, percentile } from './statistics.ts'

const SIZES = [10, 100, 500, 1000]
const TICKS = 300
const PER_BOARD = 20
const PER_FLOOR = 100
const ARRIVE_WITHIN_S = 120
/** A charger shows a new set-point after this many ticks. */
const ANSWER_TICKS = 2
const MEASURED_EVERY_S = 5

export const p13Allocation: Benchmark = {
  id: 'P13',
  title: 'One step of the balancing core, all chargers plugged in and too little for all',
  run: async (context) => SIZES.flatMap((size) => rowsOf(size, context)),
}

function rowsOf(size: number, { quick, progress }: BenchContext): readonly Row[] {
  progress(`${size} chargers`)
  const { stepMs, parseMs } = play(size, quick ? 60 : TICKS)
  const ours = (share: number) => ({ value: percentile(stepMs, share), unit: 'ms' })
  const parse = median(parseMs)
  const mid = median(stepMs)
  const isLargest = size === Math.max(...SIZES)
  return [
    {
      what: `${size} chargers, median`,
      ours: { value: mid, unit: 'ms' },
      beside: { name: 'JSON.parse of the tick', value: parse, unit: 'ms' },
      ratio: mid / parse,
      target: null,
    },
    {
      what: `${size} chargers, of the control period`,
      ours: ours(0.99),
      beside: { name: 'control period', value: 1000, unit: 'ms' },
      ratio: ours(0.99).value / 1000,
      target: isLargest ? atMost(0.02) : null,
      note: 'p99',
    },
  ]
}

function play(
  size: number,
  ticks: number,
): { readonly stepMs: readonly number[]; readonly parseMs: readonly number[] } {
  const site = siteOf(size)
  const planner = createPlanner({ type: 'init', restart: false, t: 0, site }, null)
  const sent: (readonly number[])[] = []
  const stepMs: number[] = []
  const parseMs: number[] = []
  for (let t = 0; t < ticks; t++) {
    const inForce = sent.at(-ANSWER_TICKS) ?? []
    const text = JSON.stringify(tickOf(site, t, inForce))
    const began = performance.now()
    const message = JSON.parse(text) as TickMessage
    const read = performance.now()
    sent.push(planner.tick(message))
    stepMs.push(performance.now() - read)
    parseMs.push(read - began)
  }
  return { stepMs, parseMs }
}

const amps3 = (amps: number): readonly [number, number, number] => [amps, amps, amps]

/** A supply, the cars' own branch, floors, boards: 4 A for each car. */
function siteOf(size: number): PlannerSite {
  const floors = Math.ceil(size / PER_FLOOR)
  const boards = Math.ceil(size / PER_BOARD)
  return {
    id: `bench-${size}`,
    voltage: 230,
    tickS: 1,
    settleS: 8,
    circuits: [
      { id: 'supply', parent: null, limitA: amps3(size * 7 + 60) },
      { id: 'cars', parent: 'supply', limitA: amps3(size * 4) },
      ...Array.from({ length: floors }, (_, floor) => ({
        id: `floor-${floor}`,
        parent: 'cars',
        limitA: amps3(Math.ceil((size * 4.6) / floors)),
      })),
      ...Array.from({ length: boards }, (_, board) => ({
        id: `board-${board}`,
        parent: `floor-${Math.floor((board * PER_BOARD) / PER_FLOOR)}`,
        limitA: amps3(100),
      })),
    ],
    chargers: Array.from({ length: size }, (_, index) => ({
      id: `charger-${String(index).padStart(4, '0')}`,
      circuit: `board-${Math.floor(index / PER_BOARD)}`,
      minA: 6,
      maxA: 32,
      stepA: index % 3 === 0 ? 0.1 : 1,
      phases: 3,
      rotation: ['RST', 'STR', 'TRS'][index % 3],
      fallbackA: 0,
      fallbackAfterS: 60,
    })),
    meters: [{ id: 'meter', circuit: 'supply' }],
    tariff: [{ t: 0, price: 0.3 }],
    failsafe: { meterStaleS: 10, circuit: 'cars', evA: size },
  }
}

function tickOf(site: PlannerSite, t: number, inForce: readonly number[]): TickMessage {
  const chargers = site.chargers.map((charger, index) => chargerOf(charger.id, index, t, inForce[index] ?? 0))
  const size = chargers.length
  const building = size * 2 + (t % 60 < 20 ? size * 0.3 : 0)
  const sum = chargers.reduce((amps, { A }) => amps + (A[0] ?? 0), building)
  const shown = Math.round((sum + (t % 7) * 0.1) * 100) / 100
  return { type: 'tick', seq: t, t, meters: { meter: { A: [shown, shown, shown], ageS: 1 } }, limits: [], chargers }
}

/** Three in five drivers told when they leave; two in three cars have three phases. */
function chargerOf(id: string, index: number, t: number, setA: number): TickCharger {
  const arrived = (index * 7) % ARRIVE_WITHIN_S
  const isThere = t >= arrived
  const amps = isThere ? Math.min(setA, 16) : 0
  const isTold = index % 5 < 3
  return {
    id,
    online: true,
    seenAgeS: 0,
    status: isThere ? 'Charging' : 'Available',
    setA,
    A: index % 3 === 0 ? [amps, 0, 0] : [amps, amps, amps],
    ageS: (t + index) % MEASURED_EVERY_S,
    session: isThere
      ? {
          id: `visit-${index}`,
          sinceT: arrived,
          kWh: (t - arrived) * 0.001,
          energyKWh: isTold ? 5 + (index % 25) : null,
          departT: isTold ? 7200 + (index % 100) * 100 : null,
          priority: 1,
          commit: null,
          csmsA: null,
        }
      : null,
  }
}
