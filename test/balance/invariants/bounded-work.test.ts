/**
 * Balancing 2.6, invariant 18 (tick time <= 50 ms at N = 1000), without a clock: the engine counts how often each function and each block (loop bodies among them) of the
 * core is run, and that number is bounded. It is the same on every machine; how long it takes is for the benchmarks to say.
 *
 * 50 ms are 10 million block runs at a slow 5 ns each. Two bounds: for any small site so many runs for each outlet and circuit, times
 * how deep it lies, and few for each pair (the rounds of filling); and for 1000 chargers, whatever is wrong with them, 3 million.
 */
import { Session } from 'node:inspector'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import type { BalanceInput, Outlet } from '../../../src/model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { ROTATIONS, everyPhase, rotation } from '../../../src/model/phase.ts'
import { SETTINGS } from './plan.ts'
import { invariant, violated } from './invariant.ts'

interface Big {
  readonly outlets: number
  readonly circuits: number
  readonly shape: 'wide' | 'deep' | 'random'
  readonly trouble: 'none' | 'alike' | 'all different' | 'broken numbers' | 'offline' | 'disobedient'
  readonly scarcity: number
  readonly seed: number
}

const session = new Session()
beforeAll(() => {
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
})
afterAll(() => {
  session.post('Profiler.stopPreciseCoverage')
  session.post('Profiler.disable')
  session.disconnect()
})

/** Runs of functions and blocks of the core since the last call. */
function work(): number {
  let total = 0
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw error
    for (const script of coverage.result) {
      if (!script.url.includes('/src/balance/')) continue
      for (const { ranges } of script.functions) for (const { count } of ranges) total += count
    }
  })
  return total
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

function siteOf(
  { outlets, circuits, shape, trouble, scarcity, seed }: Big,
  at: number,
  before: ReadonlyMap<string, number>,
): BalanceInput {
  const random = randomOf(seed)
  const parents = Array.from({ length: circuits }, (_, place) =>
    place === 0 ? null : shape === 'wide' ? 0 : shape === 'deep' ? place - 1 : Math.floor(random() * place),
  )
  const full = (outlets * 16) / scarcity
  return {
    at,
    circuits: parents.map((parent, place) => ({
      id: `c${place}`,
      parentId: parent === null ? null : `c${parent}`,
      limitAmps: everyPhase(
        Math.max(6, full * (place === 0 ? 1 : shape === 'deep' ? 1 - place / circuits / 2 : 0.3 + random())),
      ),
      meterId: random() < 0.5 ? `m${place}` : null,
      failSafeAmps: full / 10,
      carsMaxWatts: random() < 0.2 ? full * 500 : null,
      unbalanceAmps: random() < 0.2 ? 20 : null,
    })),
    outlets: Array.from({ length: outlets }, (_, index): Outlet => {
      const id = `o${index}`
      const own =
        trouble === 'alike' ? rotation('L1L2L3') : rotation(ROTATIONS[Math.floor(random() * ROTATIONS.length)]!)
      const odd = trouble === 'all different' ? index / 100 : 0
      const broken = trouble === 'broken numbers' && random() < 0.5 ? NaN : 0
      const order = before.get(id) ?? 0
      const drawn = trouble === 'disobedient' && random() < 0.5 ? 32 : order
      return {
        id,
        circuitId: `c${trouble === 'alike' ? circuits - 1 : Math.floor(random() * circuits)}`,
        rotation: own,
        minAmps: 6 + (index % 3) + odd,
        maxAmps: 16 + (index % 17) + odd + broken,
        stepAmps: trouble === 'all different' ? 0.1 : 1 + broken,
        wanted: true,
        refusal: null,
        profile: random() < 0.2 ? { amps: 6 + random() * 20 + broken, source: 'CSMS' } : null,
        online: trouble !== 'offline' || random() < 0.5,
        fallbackAmps: 0,
        confirmedAmps: order + broken,
        pendingAmps: random() < 0.1 ? order : null,
        confirmedAt: at - 60_000,
        previousAmps: order,
        measuredAmps: own.map(() => drawn + broken),
        measuredAt: at - 1_000,
        session: {
          id,
          startedAt: 0,
          energyWh: Math.floor(random() * 20_000),
          wantedWh: null,
          departsAt: null,
          commitment: random() < 0.3 ? { energyWh: 30_000, byAt: at + 3_600_000 } : null,
          priority: 1,
          mayWait: null,
        },
        softMinAmps: null,
      }
    }),
    meters: parents.map((_, place) => ({
      meterId: `m${place}`,
      amps: { L1: full / 4, L2: full / 3, L3: trouble === 'broken numbers' && place % 2 === 0 ? NaN : full / 5 },
      takenAt: at - 500,
    })),
    limits: [],
    parameters: PLAIN_PARAMETERS,
    settings: { ...SETTINGS, strategy: 'commitments' },
  }
}

/** Work of a few ticks. */
function workOf(big: Big, ticks: number): number {
  work()
  run(big, ticks)
  return work()
}

function run(big: Big, ticks: number): void {
  let state: BalanceState = core.initialBalanceState
  let orders: ReadonlyMap<string, number> = new Map()
  for (let tick = 0; tick < ticks; tick++) {
    const result = core.allocate(siteOf(big, 1_000_000 + tick * 10_000, orders), state)
    state = result.state
    orders = new Map(result.allocations.map((one) => [one.outletId, one.amps]))
  }
}

const shapes = fc.constantFrom<Big['shape']>('wide', 'deep', 'random')
const troubles = fc.constantFrom<Big['trouble']>(
  'none',
  'alike',
  'all different',
  'broken numbers',
  'offline',
  'disobedient',
)

function tell(big: Big): string {
  return `  ${big.outlets} outlets on ${big.circuits} circuits (${big.shape}), ${big.trouble}, ${big.scarcity} times too many, seed ${big.seed}`
}

const TICKS = 3
/** To ask the engine for its counts takes longer than to run a site, so many are run at a time. */
const BATCH = 25

function allowed({ outlets, circuits, shape }: Big): number {
  const depth = shape === 'deep' ? circuits : Math.min(circuits, 3)
  const size = outlets + 3 * circuits
  return TICKS * (1_000 + 100 * size * (1 + depth) + 4 * size * size)
}

invariant(
  'No unbounded loop: the work of a tick is bounded by its outlets and circuits for any input',
  fc.array(
    fc.record({
      outlets: fc.integer({ min: 1, max: 12 }),
      circuits: fc.integer({ min: 1, max: 5 }),
      shape: shapes,
      trouble: troubles,
      scarcity: fc.constantFrom(1, 2, 5),
      seed: fc.nat(),
    }),
    { minLength: 1, maxLength: BATCH, size: 'max' },
  ),
  { tell: (sites) => sites.map(tell).join('\n'), casesEach: BATCH / 2 },
  (sites) => {
    work()
    for (const big of sites) run(big, TICKS)
    const count = work()
    const most = sites.reduce((sum, big) => sum + allowed(big), 0)
    if (count > most) violated(`${count} blocks were run, allowed are ${most}`)
  },
)

describe('1000 chargers', () => {
  it.each<Pick<Big, 'shape' | 'trouble'>>([
    { shape: 'random', trouble: 'none' },
    { shape: 'wide', trouble: 'alike' },
    { shape: 'wide', trouble: 'all different' },
    { shape: 'deep', trouble: 'all different' },
    { shape: 'random', trouble: 'broken numbers' },
    { shape: 'random', trouble: 'offline' },
    { shape: 'random', trouble: 'disobedient' },
  ])('take no more than 3 million block runs a tick: $shape, $trouble', (kind) => {
    const circuits = kind.shape === 'deep' ? 12 : 60
    const counts = [2, 5].map(
      (scarcity) => workOf({ ...kind, outlets: 1000, circuits, scarcity, seed: 7 }, TICKS) / TICKS,
    )
    expect(Math.max(...counts)).toBeGreaterThan(10_000)
    expect(Math.max(...counts)).toBeLessThan(3_000_000)
  })
})
