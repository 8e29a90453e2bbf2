import { expect, test } from 'vitest'
import { SilenceWatch } from '../../../src/ocpp/rpc/silence-watch.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

function rig(ping: () => void = () => undefined) {
  const clock = new ManualClock()
  let pings = 0
  const silences: number[] = []
  const watch = new SilenceWatch({
    clock,
    ping: () => {
      pings++
      ping()
    },
    onSilence: (periodMs) => silences.push(periodMs),
  })
  return { clock, watch, silences, pings: () => pings }
}

test('a silent peer is noticed one period after the ping, once', async () => {
  const { clock, watch, silences, pings } = rig()
  watch.every(10)
  await clock.advance(19_999)
  expect([pings(), silences]).toEqual([1, []])
  await clock.advance(1)
  expect(silences).toEqual([10_000])
  await clock.advance(60_000)
  expect([pings(), silences]).toEqual([1, [10_000]])
})

test('a peer that says anything after each ping is never cut', async () => {
  const { clock, watch, silences, pings } = rig()
  watch.every(10)
  for (let period = 0; period < 5; period++) {
    await clock.advance(10_000)
    watch.heard()
  }
  expect([pings(), silences]).toEqual([5, []])
})

test('another period counts anew; 0 and stop end it', async () => {
  const { clock, watch, silences, pings } = rig()
  watch.every(10)
  await clock.advance(15_000)
  watch.every(60)
  await clock.advance(59_000)
  expect([pings(), silences]).toEqual([1, []])
  watch.every(0)
  await clock.advance(200_000)
  watch.every(10)
  watch.stop()
  await clock.advance(200_000)
  expect([pings(), silences, clock.sleeping]).toEqual([1, [], 0])
})

test('a socket that cannot be pinged any more says itself that it is gone', async () => {
  const { clock, watch, silences } = rig(() => {
    throw new Error('the socket is closing')
  })
  watch.every(10)
  await clock.advance(60_000)
  expect(silences).toEqual([])
})
