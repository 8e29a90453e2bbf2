/** Limits stand, are replaced, end, and survive restarts and clocks that jump. */
import { describe, expect, it } from 'vitest'
import { everyPhase } from '../../../src/model/phase.ts'
import type { SiteLimit } from '../../../src/model/site-limit.ts'
import { silentLog } from '../../../src/site/log.ts'
import { remainingMs, SiteLimits } from '../../../src/site/signals/site-limits.ts'
import type { ToldLimit } from '../../../src/site/signals/told-limit.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const HOUR = 3_600_000
const told = (over: Partial<ToldLimit> = {}): ToldLimit => ({
  id: 'ems',
  source: 'ems',
  circuitId: 'house',
  maxAmps: everyPhase(63),
  carsMaxWatts: null,
  priority: 1,
  forMs: null,
  lapse: 'time',
  by: 'a test',
  ...over,
})

function stand(clock = new ManualClock(), memory = new MemoryLedger()) {
  const heard: string[] = []
  const limits = new SiteLimits({
    clock,
    log: silentLog,
    ledger: memory.process().ledger,
    onCame: ({ limit, by }) => void heard.push(`came ${limit.id} ${limit.maxAmps?.L1} (${by})`),
    onEnded: ({ limit }, reason) => void heard.push(`ended ${limit.id} ${limit.maxAmps?.L1}: ${reason}`),
    onTakenUp: ({ limit }) => void heard.push(`taken up ${limit.id}`),
    onChange: () => {},
  })
  const ids = (): readonly string[] => limits.inForce().map(({ id }) => id)
  const restart = async (
    offMs: number,
    judge: Parameters<SiteLimits['restore']>[0] = () => ({ by: 'before', lapse: 'time' }),
  ) => {
    clock.jumpWall(offMs)
    const next = stand(clock, memory)
    await next.limits.restore(judge)
    return next
  }
  return { limits, clock, memory, heard, ids, restart }
}

describe('a limit that is told', () => {
  it('holds at once, in monotonic time, and is on disk', async () => {
    const { limits, clock, memory } = stand()
    await clock.advance(5000)
    expect(await limits.set(told({ forMs: HOUR }))).toBe(true)
    expect(limits.inForce()).toMatchObject([{ id: 'ems', since: 5000, until: 5000 + HOUR }])
    expect([...memory.limits.values()]).toMatchObject([{ id: 'ems', since: clock.now(), until: clock.now() + HOUR }])
  })

  it('that was received a moment before it is looked at stands from then on', async () => {
    const { limits, clock } = stand()
    await clock.advance(5000)
    await limits.set(told({ forMs: 9200, agoMs: 800 }))
    expect(limits.all).toMatchObject([
      { cameAt: 4200, endsAt: 14_200, limit: { since: clock.now() - 800, until: clock.now() + 9200 } },
    ])
  })

  it('ends by itself, whatever the wall clock does meanwhile', async () => {
    const { limits, clock, heard, ids, memory } = stand()
    await limits.set(told({ forMs: HOUR }))
    clock.jumpWall(-10 * HOUR)
    await clock.advance(HOUR / 2)
    clock.jumpWall(100 * HOUR)
    await clock.advance(HOUR / 2 - 1)
    expect(ids()).toEqual(['ems'])
    await clock.advance(1)
    expect(ids()).toEqual([])
    expect(heard.at(-1)).toBe('ended ems 63: its time is over')
    await clock.settle()
    expect(memory.limits.size).toBe(0)
  })

  it('says so when it ends because nothing more was heard', async () => {
    const { limits, clock, heard, ids } = stand()
    await limits.set(told({ forMs: 1000, lapse: 'silence' }))
    await clock.advance(1000)
    expect(ids()).toEqual([])
    expect(heard.at(-1)).toBe('ended ems 63: nothing more was heard')
  })

  it('is one command however often it is told again, and holds from the last time', async () => {
    const { limits, clock, heard, ids } = stand()
    for (let times = 0; times < 5; times++) {
      await limits.set(told({ forMs: 15_000 }))
      await clock.advance(10_000)
    }
    expect(heard).toEqual(['came ems 63 (a test)'])
    expect(limits.get('ems')?.cameAt).toBe(0)
    await clock.advance(5000)
    expect(ids()).toEqual([])
  })

  it('is another command with another value, and among equals the newest', async () => {
    const { limits, clock, heard } = stand()
    await limits.set(told())
    await clock.advance(1000)
    await limits.set(told({ maxAmps: everyPhase(20) }))
    expect(heard).toEqual(['came ems 63 (a test)', 'ended ems 63: another value came', 'came ems 20 (a test)'])
    expect(limits.inForce()).toMatchObject([{ since: 1000, maxAmps: everyPhase(20) }])
  })

  it('may be taken back; what does not stand cannot', async () => {
    const { limits, ids, memory } = stand()
    await limits.set(told())
    expect(await limits.end('ems', 'taken back')).toBe(true)
    expect([ids(), memory.limits.size]).toEqual([[], 0])
    expect(limits.end('ems', 'taken back')).toBeNull()
  })

  it('with another source leaves nothing of the old one on disk', async () => {
    const { limits, memory } = stand()
    await limits.set(told())
    await limits.set(told({ source: 'operator' }))
    expect([...memory.limits.values()].map(({ source }) => source)).toEqual(['operator'])
  })

  it('is not written for every repetition: a few seconds more are not worth a commit', async () => {
    const { limits, clock, memory } = stand()
    const writes: (number | null)[] = []
    const count = async (): Promise<void> => {
      await limits.set(told({ forMs: HOUR }))
      const until = [...memory.limits.values()][0]?.until ?? null
      if (writes.at(-1) !== until) writes.push(until)
    }
    for (let seconds = 0; seconds < 600; seconds += 10) {
      await count()
      await clock.advance(10_000)
    }
    expect(writes.length).toBeLessThan(12)
    // and what is on disk is never far behind
    expect((limits.get('ems')?.limit.until ?? 0) - (writes.at(-1) ?? 0)).toBeLessThanOrEqual(60_000)
  })
})

describe('a disk that is full', () => {
  it('takes no limit out of force: it is said that it would not survive', async () => {
    const { limits, memory, ids } = stand()
    memory.full = true
    expect(await limits.set(told())).toBe(false)
    expect(ids()).toEqual(['ems'])
  })

  it('is tried again with the next repetition', async () => {
    const { limits, memory } = stand()
    memory.full = true
    await limits.set(told())
    memory.full = false
    expect(await limits.set(told())).toBe(true)
    expect(memory.limits.size).toBe(1)
  })
})

describe('after a restart', () => {
  it('what remains is computed from wall time', async () => {
    const before = stand()
    await before.limits.set(told({ forMs: HOUR }))
    const after = await before.restart(HOUR / 2)
    expect(after.heard).toEqual(['taken up ems'])
    await after.clock.advance(HOUR / 2 - 1)
    expect(after.ids()).toEqual(['ems'])
    await after.clock.advance(1)
    expect(after.ids()).toEqual([])
  })

  it('what was over meanwhile is gone, and that is told', async () => {
    const before = stand()
    await before.limits.set(told({ forMs: HOUR }))
    const after = await before.restart(2 * HOUR)
    expect(after.ids()).toEqual([])
    expect(after.heard).toEqual(['ended ems 63: its time was over while the bridge did not run'])
    expect(after.memory.limits.size).toBe(0)
  })

  it('what has no end goes on', async () => {
    const before = stand()
    await before.limits.set(told())
    expect((await before.restart(1000 * HOUR)).ids()).toEqual(['ems'])
  })

  it('a clock that has fallen back ends nothing early: all of its time counts as still to come', async () => {
    const before = stand()
    await before.limits.set(told({ forMs: HOUR }))
    const after = await before.restart(-1_000_000 * HOUR)
    await after.clock.advance(HOUR - 1)
    expect(after.ids()).toEqual(['ems'])
    await after.clock.advance(1)
    expect(after.ids()).toEqual([])
  })

  it('what has no place in the site file any more ends, and the reason is told', async () => {
    const before = stand()
    await before.limits.set(told())
    const after = await before.restart(0, () => 'its circuit is gone')
    expect(after.ids()).toEqual([])
    expect(after.heard).toEqual(['ended ems 63: its circuit is gone'])
    expect(after.memory.limits.size).toBe(0)
  })

  it('the newest of two is still the newest', async () => {
    const before = stand()
    await before.limits.set(told({ id: 'a' }))
    await before.clock.advance(1000)
    await before.limits.set(told({ id: 'b' }))
    const after = await before.restart(HOUR)
    expect(after.ids()).toEqual(['b'])
    await after.limits.set(told({ id: 'c' }))
    expect(after.ids()).toEqual(['c'])
  })
})

it('what remains of a limit', () => {
  const limit = { since: 100, until: 200 } as SiteLimit
  expect([50, 100, 150, 250].map((now) => remainingMs(limit, now))).toEqual([100, 100, 50, -50])
  expect(remainingMs({ ...limit, until: null }, 0)).toBeNull()
})
