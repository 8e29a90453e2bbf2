import { expect, test } from 'vitest'
import { addSample, curve, fromApi, TREND_MS } from '../../src/web/trend-data.ts'
import { AT, sampleSite } from '../api/sample-site.ts'

const box = { from: 0, to: 100, topAmps: 50, width: 10, height: 100 }
const point = (at: number, L1: number | null) => ({ at, amps: { L1, L2: 0, L3: 0 } })

test('a curve runs from left to right, high amps at the top', () => {
  expect(curve([point(0, 0), point(50, 25), point(100, 50)], 'L1', box)).toBe('M0 100.0L5 50.0L10 0.0')
})

test('a gap stays a gap', () => {
  expect(curve([point(0, 25), point(50, null), point(100, 25)], 'L1', box)).toBe('M0 50.0M10 50.0')
})

test('of several samples in one column the highest is drawn; an overload stays inside the picture', () => {
  expect(curve([point(48, 10), point(50, 40), point(52, 20)], 'L1', box)).toBe('M5 20.0')
  expect(curve([point(100, 80), point(150, 10)], 'L1', box)).toBe('M10 0.0')
})

test('samples are added once per second and kept for ten minutes', () => {
  let data = fromApi({ at: [AT - TREND_MS - 1], circuits: [{ id: 'house', amps: { L1: [1], L2: [2], L3: [null] } }] })
  data = addSample(data, sampleSite({ at: AT }))
  data = addSample(data, sampleSite({ at: AT + 100 }))
  expect(data.get('house')).toEqual([{ at: AT, amps: { L1: 47.2, L2: 61.8, L3: 39.5 } }])
  const unknown = sampleSite().circuits.map((circuit) => ({ ...circuit, measuredAmps: null }))
  data = addSample(data, sampleSite({ at: AT + 1000, circuits: unknown }))
  expect(data.get('house')?.at(-1)?.amps).toEqual({ L1: null, L2: null, L3: null })
})
