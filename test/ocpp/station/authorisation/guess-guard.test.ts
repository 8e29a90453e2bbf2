import { expect, test } from 'vitest'
import {
  type GuessGuard,
  isLocked,
  LOCK_MS,
  MAX_REFUSED,
  noteRefusal,
  OPEN_GUARD,
} from '../../../../src/ocpp/station/authorisation/guess-guard.ts'

function after(refusals: readonly (readonly [string, number])[]): {
  readonly guard: GuessGuard
  readonly locks: number
} {
  let guard = OPEN_GUARD
  let locks = 0
  for (const [idToken, at] of refusals) {
    const step = noteRefusal(guard, idToken, at)
    guard = step.guard
    if (step.locks) locks++
  }
  return { guard, locks }
}

const guesses = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, index) => [`GUESS-${index}`, index * everyMs] as const)

test('more than ten identifiers refused within a minute lock, for a while, once', () => {
  expect(after(guesses(MAX_REFUSED, 1000)).locks).toBe(0)
  const { guard, locks } = after(guesses(MAX_REFUSED + 5, 1000))
  expect(locks).toBe(1)
  expect(isLocked(guard, MAX_REFUSED * 1000 + LOCK_MS - 1)).toBe(true)
  expect(isLocked(guard, MAX_REFUSED * 1000 + LOCK_MS)).toBe(false)
})

test('one card again and again, or a slow crowd, locks nothing', () => {
  expect(after(Array.from({ length: 50 }, (_, index) => [index % 2 === 0 ? 'old' : 'OLD', index * 100])).locks).toBe(0)
  expect(after(guesses(50, 6001)).locks).toBe(0)
})

test('after the lock it counts anew', () => {
  const first = after(guesses(MAX_REFUSED + 1, 0))
  expect(noteRefusal(first.guard, 'MORE', LOCK_MS + 1)).toMatchObject({ locks: false, guard: { lockedUntil: null } })
})
