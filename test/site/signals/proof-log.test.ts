/** The proof of a limit, from the command to its end, with the chargers played by the test. */
import { describe, expect, it } from 'vitest'
import type { LimitProof } from '../../../src/model/limit-proof.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import type { SiteLimit } from '../../../src/model/site-limit.ts'
import { silentLog } from '../../../src/site/log.ts'
import { ProofLog } from '../../../src/site/signals/proof-log.ts'
import type { StandingLimit } from '../../../src/site/signals/site-limits.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { balanceInput, charger, circuit } from './balance-input.ts'

const START = Date.parse('2026-11-22T12:00:10Z')

interface Car {
  readonly ordered: number
  readonly inForce?: number
  readonly drawn: number
  readonly online?: boolean
}

/** A garage of one charger (three phases) of which the test says each second what it does. */
function garage(over: Partial<SiteLimit> = {}, memory = new MemoryLedger(), clock = new ManualClock(START)) {
  const written: (number | null)[] = []
  const log = new ProofLog({
    clock,
    log: silentLog,
    ledger: memory.process().ledger,
    guaranteedWatts: () => 4200,
    onWritten: ({ limit: { carsMaxWatts } }) => void written.push(carsMaxWatts),
  })
  const limit: SiteLimit = {
    id: 'ripple',
    source: 'dso',
    circuitId: 'garage',
    maxAmps: null,
    carsMaxWatts: 6900,
    priority: 1,
    since: clock.now(),
    until: null,
    ...over,
  }
  const standing: StandingLimit = {
    limit,
    by: 'contact ripple',
    lapse: 'time',
    endsAt: null,
    cameAt: clock.monotonic(),
  }
  const tick = async (
    { ordered, inForce = ordered, drawn, online = true }: Car,
    seconds = 1,
    limits = [limit],
  ): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000)
      const at = clock.monotonic()
      const outlet = charger('A', {
        confirmedAmps: inForce,
        online,
        measuredAmps: [drawn, drawn, drawn],
        measuredAt: at,
        fallbackAmps: 6,
      })
      const allocation = { outletId: 'A', amps: ordered, binding: { kind: 'device' }, rank: null } as const
      log.observe(balanceInput({ at, outlets: [outlet], limits }), { allocations: [allocation] })
    }
    await clock.settle()
  }
  const kinds = (): readonly string[] => memory.proofs.map(({ kind }) => kind)
  const entry = <Kind extends LimitProof['kind']>(kind: Kind) =>
    memory.proofs.filter((one): one is Extract<LimitProof, { kind: Kind }> => one.kind === kind)
  return { log, clock, memory, limit, standing, tick, kinds, entry, written }
}

const FULL: Car = { ordered: 32, drawn: 32 }
const CUT: Car = { ordered: 10, inForce: 32, drawn: 32 }
const OBEYED: Car = { ordered: 10, drawn: 32 }
const UNDER: Car = { ordered: 10, drawn: 10 }

it('tells command, reaction and achieved power', async () => {
  const { log, clock, standing, tick, kinds, entry } = garage()
  await tick(FULL, 5)
  log.came({ ...standing, cameAt: clock.monotonic() })
  await tick(CUT)
  await tick(OBEYED, 3)
  await tick(UNDER, 120)
  log.ended(standing, 'the contact is off')
  await clock.settle()

  expect(kinds()).toEqual(['came', 'set', 'minute', 'reached', 'minute', 'minute', 'minute', 'ended'])
  expect(entry('came')).toMatchObject([
    {
      commandId: `dso/ripple/${START}`,
      by: 'contact ripple',
      carsMaxWatts: 6900,
      guaranteedWatts: 4200,
      carsWatts: 22_080,
    },
  ])
  expect(entry('set')).toMatchObject([{ reactionMs: 2000, silentChargers: 0 }])
  expect(entry('reached')).toMatchObject([{ reactionMs: 5000, carsWatts: 6900, circuitAmps: everyPhase(10) }])
  // what flowed until it was reached is told, and not held against it
  expect(entry('minute').map(({ meanCarsWatts, exceeded }) => [meanCarsWatts, exceeded])).toEqual([
    [22_080, false],
    [6900, false],
    [6900, false],
    [6900, false],
  ])
  expect(entry('ended')).toMatchObject([{ reason: 'the contact is off' }])
})

it('counts the reaction from when the command was received, also where it was looked at later', async () => {
  const { log, clock, standing, tick, entry } = garage({ since: START + 200 })
  await clock.advance(1000)
  log.came({ ...standing, cameAt: clock.monotonic() - 800 })
  await tick(UNDER)
  expect(entry('came')).toMatchObject([{ at: START + 200 }])
  expect(entry('reached')).toMatchObject([{ reactionMs: 1800 }])
})

it('is at once reached where nobody charges', async () => {
  const { log, standing, tick, entry } = garage()
  log.came(standing)
  await tick({ ordered: 0, drawn: 0 })
  expect(entry('reached')).toMatchObject([{ reactionMs: 1000, carsWatts: 0 }])
  expect(entry('came')).toMatchObject([{ carsWatts: null }])
})

it('a minute over the limit, after it was reached, is told', async () => {
  const { log, standing, tick, entry } = garage()
  log.came(standing)
  await tick(UNDER, 60)
  await tick({ ordered: 10, drawn: 16 }, 60)
  await tick(UNDER, 60)
  expect(entry('minute').some(({ exceeded }) => exceeded)).toBe(true)
  expect(entry('minute').at(-1)).toMatchObject({ highestCarsWatts: 11_040, exceeded: true })
  expect(entry('minute')[0]).toMatchObject({ exceeded: false })
})

it('the class of a meter is no excess', async () => {
  const { log, standing, tick, entry } = garage()
  log.came(standing)
  await tick(UNDER, 60)
  await tick({ ordered: 10, drawn: 10.05 }, 120)
  expect(entry('minute').some(({ exceeded }) => exceeded)).toBe(false)
})

it('counts a silent charger with what it may draw, and says that it is silent', async () => {
  const { log, standing, tick, entry } = garage({ carsMaxWatts: 3000 })
  log.came(standing)
  await tick({ ordered: 0, inForce: 0, drawn: 0, online: false }, 3)
  expect(entry('set')).toMatchObject([{ silentChargers: 1 }])
  expect(entry('reached')).toEqual([])
})

describe('a limit that is not kept', () => {
  it('is an alarm after a minute, until it is', async () => {
    const { log, standing, tick } = garage()
    log.came(standing)
    await tick(CUT, 59)
    expect(log.alarms()).toEqual([])
    await tick(CUT, 1)
    expect(log.alarms()).toMatchObject([{ kind: 'limit-not-kept', about: 'ripple' }])
    await tick(UNDER)
    expect(log.alarms()).toEqual([])
  })

  it('is none where another limit comes before it', async () => {
    const { log, standing, tick, entry } = garage()
    log.came(standing)
    await tick(FULL, 120, [])
    expect(log.alarms()).toEqual([])
    expect(entry('minute')[0]).toMatchObject({ outranked: true, exceeded: false })
  })
})

describe('another limit of the same source comes before it', () => {
  it('what is drawn meanwhile is not held against it, in no part of a minute', async () => {
    const { log, standing, tick, entry } = garage()
    log.came(standing)
    await tick(UNDER, 49)
    await tick(FULL, 30, [])
    await tick(CUT, 4)
    await tick(UNDER, 60)
    expect(entry('minute').map(({ outranked, exceeded }) => [outranked, exceeded])).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [false, false],
    ])
    expect(entry('reached').map(({ reactionMs }) => reactionMs)).toEqual([1000, 4000])
  })

  it('until it holds itself, its set-points are not said to be in force', async () => {
    const { log, standing, tick, entry } = garage()
    log.came(standing)
    await tick(FULL, 30, [])
    expect(entry('set')).toEqual([])
    await tick(CUT, 2)
    await tick(UNDER, 1)
    expect(entry('set')).toMatchObject([{ reactionMs: 2000 }])
  })

  it('in a part: only the rest is judged', async () => {
    const { log, limit, standing, tick, entry } = garage({ maxAmps: everyPhase(40) })
    log.came(standing)
    await tick(FULL, 100, [{ ...limit, carsMaxWatts: null }])
    expect(entry('reached')).toMatchObject([{ reactionMs: 1000 }])
    expect(entry('minute').some(({ exceeded }) => exceeded !== false)).toBe(false)
  })
})

it('whether a current is exceeded is not known while the meter is silent', async () => {
  const { log, standing, limit, clock, entry } = garage({ maxAmps: everyPhase(40), carsMaxWatts: null })
  const tick = async (takenAt: number | null, seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000)
      const at = clock.monotonic()
      const meters = [{ meterId: 'grid', amps: everyPhase(30), takenAt: takenAt ?? at }]
      const circuits = [circuit('garage', null, 'grid')]
      log.observe(balanceInput({ at, circuits, meters, limits: [limit] }), { allocations: [] })
    }
  }
  log.came(standing)
  await tick(null, 49)
  await tick(clock.monotonic() - 20_000, 130)
  await clock.settle()
  expect(entry('minute').map(({ meanCircuitAmps, exceeded }) => [meanCircuitAmps?.L1 ?? null, exceeded])).toEqual([
    [30, false],
    [null, null],
    [null, null],
  ])
})

describe('a restart', () => {
  it('goes on with the same command: what was reached before is not told again', async () => {
    const before = garage()
    before.log.came(before.standing)
    await before.tick(UNDER, 5)
    before.log.close()
    await before.clock.settle()
    before.clock.jumpWall(60_000)

    const after = garage({ since: START }, before.memory, before.clock)
    after.log.takenUp(after.standing)
    await after.clock.settle()
    await after.tick(UNDER, 5)
    expect(after.kinds()).toEqual(['came', 'set', 'reached', 'minute', 'taken-up'])
    after.log.close()
    await after.clock.settle()
    expect(after.kinds().at(-1)).toBe('minute')
    expect(new Set(after.memory.proofs.map(({ commandId }) => commandId)).size).toBe(1)
  })

  it('between command and reaction leaves the time of the reaction to be told after it', async () => {
    const before = garage()
    before.log.came(before.standing)
    await before.tick(CUT, 2)
    before.log.close()
    await before.clock.settle()
    before.clock.jumpWall(30_000)

    const after = garage({ since: START }, before.memory, before.clock)
    after.log.takenUp({ ...after.standing, cameAt: before.clock.monotonic() - 32_000 })
    await after.clock.settle()
    await after.tick(UNDER)
    expect(after.entry('reached')).toMatchObject([{ reactionMs: 33_000 }])
  })
})

it('an energy manager that changes its mind every few seconds is written once a minute', async () => {
  const { log, clock, standing, tick, entry } = garage()
  for (let watts = 3000; watts < 9000; watts += 100) {
    const limit = { ...standing.limit, id: 'ems', source: 'ems', carsMaxWatts: watts, since: clock.now() } as const
    const one = { ...standing, limit, cameAt: clock.monotonic() }
    log.came(one)
    await tick(UNDER, 10, [limit])
    log.ended(one, 'another value came')
  }
  await clock.settle()
  expect(entry('came').length).toBe(11)
  expect(entry('ended').length).toBe(11)
})

it('and so is the value at which it comes to rest, with its own time', async () => {
  const { log, clock, standing, tick, entry, written } = garage()
  for (const carsMaxWatts of [9000, 8000, 7000]) {
    const limit = { ...standing.limit, id: 'ems', source: 'ems', carsMaxWatts, since: clock.now() } as const
    const one = { ...standing, limit, cameAt: clock.monotonic() }
    log.came(one)
    await tick(UNDER, carsMaxWatts === 7000 ? 200 : 10, [limit])
    if (carsMaxWatts !== 7000) log.ended(one, 'another value came')
  }
  expect(entry('came').map(({ at, carsMaxWatts }) => [at - START, carsMaxWatts])).toEqual([
    [0, 9000],
    [20_000, 7000],
  ])
  expect(entry('reached').map(({ reactionMs }) => reactionMs)).toEqual([1000, 1000])
  expect(written).toEqual([9000, 7000])
})

it('a value that stands when the bridge stops is written, however short it was', async () => {
  const { log, clock, standing, tick, entry } = garage()
  for (const carsMaxWatts of [9000, 8000]) {
    const limit = { ...standing.limit, id: 'ems', source: 'ems', carsMaxWatts, since: clock.now() } as const
    const one = { ...standing, limit, cameAt: clock.monotonic() }
    log.came(one)
    await tick(UNDER, 10, [limit])
    if (carsMaxWatts === 9000) log.ended(one, 'another value came')
  }
  log.close()
  await clock.settle()
  expect(entry('came').map(({ carsMaxWatts }) => carsMaxWatts)).toEqual([9000, 8000])
})

it('a limit of the grid operator is written each time', async () => {
  const { log, clock, standing, tick, entry } = garage()
  for (let times = 0; times < 5; times++) {
    const one = { ...standing, limit: { ...standing.limit, since: clock.now() }, cameAt: clock.monotonic() }
    log.came(one)
    await tick(UNDER, 2)
    log.ended(one, 'the contact is off')
  }
  await clock.settle()
  expect(entry('came').length).toBe(5)
})
