/** Below an unbalance limit: cars of one phase are there first, then comes one of which nothing is known. */
import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState } from '../../../src/balance/allocate.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { amps, circuit, outlet, site } from '../site.ts'

const COMES_AT = 900_000

/** What each was told, every 5 s of half an hour; all do at once what they are told. */
function told(
  mainAmps: number,
  unbalanceAmps: number,
  first: readonly Outlet[],
  late: Outlet,
): readonly Readonly<Record<string, number>>[] {
  const circuits = [circuit('main', mainAmps, { unbalanceAmps })]
  const answers: Readonly<Record<string, number>>[] = []
  let state = initialBalanceState
  let last: Readonly<Record<string, number>> = {}
  const since = new Map<string, number>()
  for (let at = 0; at <= 1_800_000; at += 5000) {
    const outlets = [...first, ...(at >= COMES_AT ? [late] : [])].map((one): Outlet => {
      const own = last[one.id] ?? 0
      const measuredAmps = one.rotation.map(() => own)
      const confirmedAt = since.get(one.id) ?? 0
      return { ...one, confirmedAmps: own, previousAmps: own, confirmedAt, measuredAmps, measuredAt: at }
    })
    const result = allocate(site({ at, circuits, outlets }), state)
    ;({ state } = result)
    const now = amps(result)
    for (const { id } of outlets) if (now[id] !== (last[id] ?? 0)) since.set(id, at)
    last = now
    answers.push(now)
  }
  return answers
}

const onePhase = (id: string): Outlet => outlet(id, { rotation: ['L1'], maxAmps: 16, softMinAmps: 6 })
const unknown = outlet('z', { maxAmps: 16, softMinAmps: 6 })
const pauses = (answers: ReturnType<typeof told>, id: string): number =>
  answers.filter((now, place) => now[id] === 0 && (answers[place - 1]?.[id] ?? 0) > 0).length

describe('a car whose phases are not known', () => {
  it('shows them at once where the unbalance leaves it its minimum', () => {
    const answers = told(80, 16, [onePhase('a')], unknown)
    expect(pauses(answers, 'a')).toBe(0)
    expect(answers.at(-1)).toEqual({ a: 16, z: 16 })
  })

  it('takes the place of one that unbalances, once, and all charge when it has shown three phases', () => {
    const answers = told(80, 16, [onePhase('a'), onePhase('b')], unknown)
    expect(pauses(answers, 'a') + pauses(answers, 'b')).toBe(1)
    expect(answers.at(-1)).toEqual({ a: 8, b: 8, z: 16 })
  })

  it('waits for its turn as all do where a fuse keeps it waiting', () => {
    const answers = told(16, 20, [onePhase('a'), onePhase('b')], unknown)
    expect(pauses(answers, 'a') + pauses(answers, 'b')).toBe(0)
    expect(answers.at(-1)?.['z']).toBe(0)
  })
})
