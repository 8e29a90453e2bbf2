import { expect, test } from 'vitest'
import type { Decision } from '../../../src/model/decision.ts'
import { minuteAround, whyFrom } from '../../../src/site/records/why.ts'
import { decided, minute } from '../../ledger/records.ts'

const TURN: Decision['binding'] = { kind: 'turn', circuitId: 'house' }

test('the newest decision answers, with since when and what was before', () => {
  const history = [
    decided(1, 16),
    decided(2, 0, { binding: TURN }),
    decided(3, 0),
    decided(4, 9),
    decided(5, 9, { binding: TURN }),
  ]
  const why = whyFrom(history, [minute(0, 'garage', 4), minute(0, 'house', 7)])
  expect(why).toEqual({
    sentence: '9 A: waits for its turn: others are served first on circuit house; 3rd of 5 in the queue, paused once',
    decision: decided(5, 9, { binding: TURN }),
    ampsSince: 4,
    building: minute(0, 'house', 7),
    before: [decided(4, 9), decided(3, 0), decided(2, 0, { binding: TURN }), decided(1, 16)],
  })
})

test('another session with the same current is another answer', () => {
  const history = [decided(1, 0, { sessionId: null }), decided(2, 0)]
  expect(whyFrom(history, [])).toMatchObject({
    ampsSince: 2,
    building: null,
    before: [decided(1, 0, { sessionId: null })],
  })
})

test('a current that crept is one change', () => {
  const history = [
    decided(0, 0),
    decided(1, 16),
    decided(2, 15.6),
    decided(3, 15.2),
    decided(4, 14.8),
    decided(5, 14.5),
  ]
  expect(whyFrom(history, [])?.before.map(({ amps }) => amps)).toEqual([15.6, 0])
})

test('no more than a few changes are told, and nothing of nothing', () => {
  const history = Array.from({ length: 100 }, (_, at) => decided(at, at))
  expect(whyFrom(history, [])?.before.map(({ amps }) => amps)).toEqual([98, 97, 96, 95, 94])
  expect(whyFrom([], [])).toBeNull()
})

test('a minute is around a moment', () => {
  expect(minuteAround(119_999)).toEqual([60_000, 120_000])
  expect(minuteAround(120_000)).toEqual([120_000, 180_000])
})
