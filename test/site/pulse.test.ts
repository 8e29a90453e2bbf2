import { expect, it } from 'vitest'
import { Pulse } from '../../src/site/pulse.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { StallingClock } from '../peers/stalling-clock.ts'
import { ManualClock } from '../peers/manual-clock.ts'

it('is steady as long as time passes for everybody', async () => {
  const clock = new ManualClock()
  const pulse = new Pulse(clock)
  pulse.start()
  await clock.advance(60_000)
  expect(pulse.stoodStillSince(0)).toBe(false)
  await pulse.stop()
})

it('tells who read before the process stood still, at once and for ever', async () => {
  const day = new FastClock(200)
  const clock = new StallingClock(day)
  const pulse = new Pulse(clock)
  pulse.start()
  const before = clock.monotonic()
  clock.stall()
  await day.sleep(10_000, new AbortController().signal)
  expect(pulse.stoodStillSince(before)).toBe(true)
  clock.goOn()
  await day.sleep(2000, new AbortController().signal)
  expect(pulse.stoodStillSince(before)).toBe(true)
  expect(pulse.stoodStillSince(clock.monotonic())).toBe(false)
  await pulse.stop()
  day.stop()
})
