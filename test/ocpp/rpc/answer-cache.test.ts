import { expect, test } from 'vitest'
import { AnswerCache } from '../../../src/ocpp/rpc/answer-cache.ts'

test('the same frame finds its answer', () => {
  const cache = new AnswerCache()
  cache.keep('1', '[2,"1","Reset",{}]', 'done', 0)
  expect(cache.find('1', '[2,"1","Reset",{}]', 1000)).toBe('done')
})

test('an id that comes back with other contents is a new call', () => {
  const cache = new AnswerCache()
  cache.keep('1', '[2,"1","Reset",{}]', 'done', 0)
  expect(cache.find('1', '[2,"1","ClearCache",{}]', 1000)).toBeNull()
})

test('answers age, and only the last sixteen are kept', () => {
  const cache = new AnswerCache()
  for (let i = 0; i < 17; i++) cache.keep(String(i), 'frame', 'done', 0)
  expect(cache.find('0', 'frame', 0)).toBeNull()
  expect(cache.find('1', 'frame', 300_000)).toBe('done')
  expect(cache.find('1', 'frame', 300_001)).toBeNull()
})
