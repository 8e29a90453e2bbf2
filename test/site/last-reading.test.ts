import { expect, test } from 'vitest'
import { type DeviceReading, NO_SIGNALS, type SignalValues } from '../../src/model/signal.ts'
import { LastReadings } from '../../src/site/last-reading.ts'
import { ManualClock } from '../peers/manual-clock.ts'

function stand() {
  const clock = new ManualClock()
  let polls = 0
  const readings = new LastReadings({ clock, wantFullPoll: () => void polls++ })
  const reading = (values: Partial<SignalValues>, takenAt: DeviceReading['takenAt'] = {}, connector = 1): void =>
    readings.take({ connector, values: { ...NO_SIGNALS, ...values }, takenAt })
  const wait = (connector = 1) => {
    const state = { done: false }
    void readings.wait(connector).then(() => {
      state.done = true
    })
    return state
  }
  return { clock, reading, wait, polls: () => polls }
}

const FLOWS = { current: [32, 32, 32] } as const
const RESTS = { current: [0, 0, 0] } as const

test('the meter is asked for when nothing flows any more, and waited for', async () => {
  const { clock, reading, wait, polls } = stand()
  const waiting = wait()
  reading(FLOWS)
  expect(polls()).toBe(0)
  await clock.advance(1000)
  reading(RESTS)
  expect(polls()).toBe(1)
  reading(RESTS, { energy: clock.monotonic() - 1 })
  await clock.settle()
  expect(waiting.done).toBe(false)
  reading(RESTS, { energy: clock.monotonic() })
  await clock.settle()
  expect(waiting.done).toBe(true)
})

test('a car that does not let go is read all the same, and nobody waits for ever', async () => {
  const { clock, reading, wait, polls } = stand()
  const waiting = wait()
  await clock.advance(3000)
  reading(FLOWS)
  expect(polls()).toBe(1)
  await clock.advance(2000)
  expect(waiting.done).toBe(true)
})

test('the other socket of a twin charger has its own', async () => {
  const { clock, reading, wait } = stand()
  const waiting = wait(2)
  reading(RESTS)
  reading(RESTS, { energy: clock.monotonic() })
  await clock.settle()
  expect(waiting.done).toBe(false)
  reading(RESTS, {}, 2)
  reading(RESTS, { energy: clock.monotonic() }, 2)
  await clock.settle()
  expect(waiting.done).toBe(true)
})

test('a charger without a meter, and one that measures no current', async () => {
  const { clock, reading, wait, polls } = stand()
  const waiting = wait()
  reading({ state: 'C' })
  expect(polls()).toBe(0)
  reading({ state: 'B' })
  reading({ state: 'B' })
  await clock.settle()
  expect(waiting.done).toBe(true)
})
