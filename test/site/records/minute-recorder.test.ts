import { expect, test } from 'vitest'
import type { CircuitLoad } from '../../../src/model/balance-input.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import type { SiteSample } from '../../../src/model/site-sample.ts'
import { MinuteRecorder } from '../../../src/site/records/minute-recorder.ts'

const WALL = Date.parse('2026-11-22T17:00:00Z')

function load(circuitId: string, amps: number | null, failSafe = false): CircuitLoad {
  return {
    circuitId,
    buildingAmps: amps === null ? null : { L1: amps, L2: amps * 2, L3: 0 },
    reservedAmps: everyPhase(0),
    availableAmps: everyPhase(0),
    failSafe,
    limitAmps: everyPhase(63),
    limitSource: 'fuse',
  }
}

function rig() {
  const samples: SiteSample[] = []
  const recorder = new MinuteRecorder((sample) => samples.push(sample))
  let at = 0
  const run = (seconds: number, loads: (second: number) => readonly CircuitLoad[], wallAt = WALL): void => {
    for (let second = 0; second < seconds; second++, at += 1000) recorder.observe(loads(second), at, wallAt + at)
  }
  return { samples, recorder, run }
}

test('a minute has its mean and its highest, per phase', () => {
  const { samples, run } = rig()
  run(61, (second) => [load('house', second < 30 ? 10 : 20)])
  expect(samples).toHaveLength(1)
  expect(samples[0]).toMatchObject({ at: WALL, circuitId: 'house', highestAmps: { L1: 20, L2: 40, L3: 0 } })
  expect(samples[0]?.meanAmps.L1).toBeCloseTo(15, 0)
  expect(samples[0]?.meanAmps.L2).toBeCloseTo(30, 0)
})

test('a value counts for the time since the one before, however often the loop ticks', () => {
  const samples: SiteSample[] = []
  const recorder = new MinuteRecorder((sample) => samples.push(sample))
  recorder.observe([load('house', 0)], 0, WALL)
  for (let at = 1000; at <= 30_000; at += 1000) recorder.observe([load('house', 10)], at, WALL + at)
  // as many ticks within a second
  for (let part = 1; part <= 30; part++)
    recorder.observe([load('house', 40)], 30_000 + part * 30, WALL + 30_000 + part * 30)
  recorder.stop()
  expect(samples[0]?.meanAmps.L1).toBeCloseTo((30 * 10 + 0.9 * 40) / 30.9, 1)
})

test('what no meter saw has no sample; nor has a minute of which little was seen', () => {
  const { samples, run } = rig()
  run(60, () => [load('unmetered', null), load('silent', 30, true), load('house', Number.NaN)])
  run(60, (second) => [load('house', second < 5 ? 10 : null)])
  run(1, () => [])
  expect(samples).toEqual([])
})

test('a gap is not filled with the value after it', () => {
  const samples: SiteSample[] = []
  const recorder = new MinuteRecorder((sample) => samples.push(sample))
  for (let at = 0; at <= 12_000; at += 1000) recorder.observe([load('house', 10)], at, WALL + at)
  recorder.observe([load('house', 100)], 50_000, WALL + 50_000)
  recorder.stop()
  // 12 s of 10 A and 5 s of 100 A
  expect(samples[0]?.meanAmps.L1).toBeCloseTo(36.5, 0)
})

test('a clock that is set back begins another minute', () => {
  const { samples, run } = rig()
  run(30, () => [load('house', 10)])
  run(31, () => [load('house', 20)], WALL - 3_600_000)
  run(1, () => [])
  expect(samples.map(({ at }) => at)).toEqual([WALL, WALL - 3_600_000])
})
