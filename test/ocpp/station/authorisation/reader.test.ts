import { expect, test } from 'vitest'
import { CardReader } from '../../../../src/ocpp/station/authorisation/reader.ts'

/** Which of the tags, read each second, are presentations. */
function presentations(tags: readonly (string | null)[], inSession = false): readonly number[] {
  const reader = new CardReader()
  return tags.flatMap((tag, second) =>
    reader.presents(tag, { since: second * 1000, at: second * 1000 }, inSession) ? [second] : [],
  )
}

test('held before the reader while it blinks is one presentation', () => {
  expect(presentations([null, 'A', null, 'a', null, null, 'A'])).toEqual([1])
})

test('taken away and shown again is another one, and so is another card', () => {
  expect(presentations(['A', null, null, null, null, null, 'A'])).toEqual([0, 6])
  expect(presentations(['A', 'B', 'A'])).toEqual([0, 1, 2])
})

test('what it shows when we come up belongs to the session that we find', () => {
  expect(presentations(['A', 'A'], true)).toEqual([])
  expect(presentations([null, 'A'], true)).toEqual([1])
})

test('polls that were merged while the station was busy count from the first of them', () => {
  const reader = new CardReader()
  expect(reader.presents('A', { since: 0, at: 0 }, false)).toBe(true)
  expect(reader.presents('A', { since: 1000, at: 20_000 }, false)).toBe(false)
  expect(reader.presents('A', { since: 21_000, at: 21_000 }, false)).toBe(false)
  expect(reader.presents('A', { since: 30_000, at: 30_000 }, false)).toBe(true)
})
