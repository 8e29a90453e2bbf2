import { describe, expect, test } from 'vitest'
import { UNKNOWN_FLEET } from '../../../src/balance/policy/fleet.ts'
import type { PolicyInput } from '../../../src/balance/policy/policy-input.ts'
import { planProblem, type PlanSolution, waitsOf } from '../../../src/site/policy/plan-problem.ts'
import { car, CHEAP_FROM, evening, hours } from '../../balance/policy/night-site.ts'

/** All of a car's energy in `slot`, as a solver would say it. */
function waits(input: PolicyInput, slot: number, own: PlanSolution = {}) {
  const problem = planProblem(input, UNKNOWN_FLEET, 0)
  const solution = Object.fromEntries(
    problem.needs.flatMap((need, index) => [
      [`m${index}`, 0],
      [`x${index}_${slot}`, need.watts],
    ]),
  )
  return waitsOf(problem, { ...solution, ...own })
}

describe('what a solution means', () => {
  const input = evening([car('a')])

  test('a car whose energy comes later waits until then', () => {
    expect(waits(input, 12)).toEqual(new Map([['a', { until: CHEAP_FROM, reason: 'plan' }]]))
  })

  test('a car that begins now does not wait, nor one whose energy it has not in full', () => {
    expect(waits(input, 0)).toEqual(new Map())
    expect(waits(input, 12, { m0: 5000 })).toEqual(new Map())
  })

  test('a car that would be left without time to spare does not wait', () => {
    expect(waits(evening([car('a', { departsAt: hours(24) })]), 18)).toEqual(new Map())
  })
})

test('a car that charges goes on: it is no question of the plan', () => {
  const { needs } = planProblem(evening([car('runs', { running: true }), car('a')]), UNKNOWN_FLEET, 0)
  expect(needs.map(({ session }) => session.id)).toEqual(['a'])
})
