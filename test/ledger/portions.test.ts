import { expect, test } from 'vitest'
import { portions } from '../../src/ledger/portions.ts'

/** 0 to `count` - 1 in parts of three. */
function askOf(count: number, asked: (readonly [number | null, number])[] = []) {
  return (after: number | null, had: number) => {
    asked.push([after, had])
    const from = after === null ? 0 : after + 1
    const rows = Array.from({ length: Math.min(3, count - from) }, (_, index) => from + index)
    const last = rows.at(-1) ?? from
    return Promise.resolve({ rows, next: last + 1 < count ? last : null })
  }
}

test('a fault in the middle ends it: half an answer is none', async () => {
  const whole = askOf(100)
  const asked = portions((after: number | null, had) =>
    had === 6 ? Promise.reject(new Error('the disk failed')) : whole(after, had),
  )
  await expect(asked).rejects.toThrow('the disk failed')
})

test('parts are asked for one after the other until there is none, and put together in order', async () => {
  const asked: (readonly [number | null, number])[] = []
  expect(await portions(askOf(7, asked))).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(asked).toEqual([
    [null, 0],
    [2, 3],
    [5, 6],
  ])
})

test('nothing is asked for beyond the limit', async () => {
  const asked: (readonly [number | null, number])[] = []
  expect(await portions(askOf(100, asked), 6)).toHaveLength(6)
  expect(asked).toHaveLength(2)
})

test('an empty answer is one part', async () => {
  expect(await portions(() => Promise.resolve({ rows: [], next: null }))).toEqual([])
})
