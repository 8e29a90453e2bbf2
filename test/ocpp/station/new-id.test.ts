import { expect, test } from 'vitest'
import { newId } from '../../../src/ocpp/station/new-id.ts'

test('a UUID of version 7: later ones sort behind, no two are alike', () => {
  const moments = [0, 1, 1_700_000_000_000, 1_700_000_000_001, 2 ** 47]
  const ids = moments.map((at) => newId(at))
  expect(ids.toSorted()).toEqual(ids)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(Array.from({ length: 1000 }, () => newId(1))).size).toBe(1000)
})

test('a clock before 1970 still gives an id', () => {
  expect(newId(-5)).toMatch(/^00000000-0000-7/)
})
