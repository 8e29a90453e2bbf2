import { describe, expect, onTestFinished, test } from 'vitest'
import type { Wait } from '../../../src/balance/policy/policy-input.ts'
import { type Log, silentLog } from '../../../src/site/log.ts'
import { GIVE_UP_MS, LpPlan, PLAN_EVERY_MS, PLAN_HOLDS_MS, type PlanThread } from '../../../src/site/policy/lp-plan.ts'
import type { PlanQuestion } from '../../../src/site/policy/plan-worker.ts'
import { car, CHEAP_FROM, evening, hours } from '../../balance/policy/night-site.ts'

const NOW = hours(18)

/** A thread that answers what the test says, and a clock that stands where it says. */
function world() {
  let now = NOW
  const asked: PlanQuestion[] = []
  let hear: ((message: unknown) => void) | null = null
  let end: ((reason: string) => void) | null = null
  let threads = 0
  let ended = 0
  const start = (): PlanThread => {
    threads++
    return {
      ask: (question) => void asked.push(question),
      listen: (onMessage, onEnd) => {
        hear = onMessage
        end = onEnd
      },
      terminate: () => Promise.resolve(ended++),
    }
  }
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (_, text) => void warnings.push(text) }
  const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() }
  const plan = new LpPlan({ clock, log, demandPerKWDay: 0, start })
  return {
    plan,
    asked,
    warnings,
    answer: (message: unknown) => hear?.(message),
    crash: (reason: string) => end?.(reason),
    at: (ms: number) => (now = ms),
    counts: () => ({ threads, ended }),
  }
}

const WAITS: ReadonlyMap<string, Wait> = new Map([['a', { until: CHEAP_FROM, reason: 'plan' }]])

describe('the plan by linear programme', () => {
  const input = evening([car('a')])

  test('says who waits until when', () => {
    const { plan, asked, answer } = world()
    plan.consider(input)
    expect(plan.waits(NOW)).toBeNull()
    answer({ id: asked[0]?.id, waits: WAITS })
    expect(plan.waits(NOW)).toEqual(WAITS)
  })

  test('is made anew when it is old, and at once when somebody came; until then none is in force', () => {
    const { plan, asked, answer } = world()
    plan.consider(input)
    answer({ id: 1, waits: WAITS })
    plan.consider({ ...input, at: NOW + 1000 })
    expect(asked).toHaveLength(1)
    plan.consider({ ...input, at: NOW + PLAN_EVERY_MS })
    expect(asked).toHaveLength(2)
    expect(plan.waits(NOW + PLAN_EVERY_MS)).not.toBeNull()
    answer({ id: 2, waits: WAITS })
    plan.consider(evening([car('a'), car('b')], { at: NOW + PLAN_EVERY_MS + 1000 }))
    expect(asked).toHaveLength(3)
    expect(plan.waits(NOW + PLAN_EVERY_MS + 1000)).toBeNull()
  })

  test('one that grew old is none', () => {
    const { plan, answer } = world()
    plan.consider(input)
    answer({ id: 1, waits: WAITS })
    expect(plan.waits(NOW + PLAN_HOLDS_MS + 1)).toBeNull()
  })

  test('a thread that does not answer is ended, and the plain policy holds', () => {
    const { plan, asked, at, counts, warnings } = world()
    plan.consider(input)
    at(NOW + GIVE_UP_MS + 1)
    expect(plan.waits(NOW + GIVE_UP_MS + 1)).toBeNull()
    expect(counts()).toEqual({ threads: 1, ended: 1 })
    expect(warnings[0]).toMatch(/no answer/)
    // it rests, then tries again with a new thread
    plan.consider({ ...input, at: NOW + GIVE_UP_MS + 2 })
    expect(asked).toHaveLength(1)
    plan.consider({ ...input, at: NOW + GIVE_UP_MS + 70_000 })
    expect(asked).toHaveLength(2)
    expect(counts().threads).toBe(2)
  })

  test('a thread that crashes, finds no solution or talks nonsense leaves no plan', () => {
    for (const fail of [
      ({ crash }: ReturnType<typeof world>) => crash('out of memory'),
      ({ answer }: ReturnType<typeof world>) => answer({ id: 2, problem: 'Time limit reached' }),
      ({ answer }: ReturnType<typeof world>) => answer('hello'),
    ]) {
      const one = world()
      one.plan.consider(input)
      one.answer({ id: 1, waits: WAITS })
      one.plan.consider({ ...input, at: NOW + PLAN_EVERY_MS })
      fail(one)
      expect(one.plan.waits(NOW + PLAN_EVERY_MS)).toBeNull()
      expect(one.warnings).toHaveLength(1)
    }
  })

  test('failures in a row make it rest longer', () => {
    const { plan, asked, at, crash } = world()
    plan.consider(input)
    crash('one')
    at(NOW + 61_000)
    plan.consider({ ...input, at: NOW + 61_000 })
    crash('two')
    plan.consider({ ...input, at: NOW + 61_000 + 61_000 })
    expect(asked).toHaveLength(2)
    plan.consider({ ...input, at: NOW + 61_000 + 121_000 })
    expect(asked).toHaveLength(3)
  })

  test('the real thread solves an evening: those who can wait are spread over the cheap hours', async () => {
    const cars = Array.from({ length: 12 }, (_, index) => car(`c${index}`, { wantedWh: 8000 + 500 * index }))
    const told = evening([...cars, car('runs', { running: true })], {
      building: [{ circuitId: 'house', amps: [100, 100, 100] }],
    })
    const clock = { now: () => NOW, monotonic: () => NOW, sleep: () => Promise.resolve() }
    const plan = new LpPlan({ clock, log: silentLog, demandPerKWDay: 0.3 })
    onTestFinished(() => plan.stop())
    plan.consider(told)
    const waits = await expect
      .poll(() => plan.waits(NOW), { timeout: 15_000 })
      .not.toBeNull()
      .then(() => plan.waits(NOW))
    expect(waits?.size).toBe(12)
    expect(waits?.has('runs')).toBe(false)
    for (const { until, reason } of waits?.values() ?? []) {
      expect(reason).toBe('plan')
      expect(until).toBeGreaterThanOrEqual(CHEAP_FROM)
    }
    // a demand charge: not all at nine o'clock
    expect(new Set([...(waits?.values() ?? [])].map(({ until }) => until)).size).toBeGreaterThan(1)
  })

  test('the real thread finds that nobody can wait where all charge already: a plan in force, and no failure', async () => {
    const warnings: string[] = []
    const log: Log = { ...silentLog, warn: (_, text) => void warnings.push(text) }
    const clock = { now: () => NOW, monotonic: () => NOW, sleep: () => Promise.resolve() }
    const plan = new LpPlan({ clock, log, demandPerKWDay: 0.3 })
    onTestFinished(() => plan.stop())
    plan.consider(evening([car('runs', { running: true })]))
    await expect.poll(() => plan.waits(NOW) ?? warnings, { timeout: 15_000 }).toEqual(new Map())
    expect(warnings).toEqual([])
  })
})
