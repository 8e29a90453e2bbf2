import { expect, test } from 'vitest'
import { BridgeError, type ErrorCode } from '../../../src/model/errors.ts'
import { Freshness } from '../../../src/site/device/freshness.ts'
import { PollLane } from '../../../src/site/device/poll-lane.ts'
import { Reach } from '../../../src/site/device/reach.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

/** A device that answers as `fault` says: null: well. */
function rig(fault: ErrorCode | null = null, { fullPollMs = 10_000, answerMs = 0 } = {}) {
  const clock = new ManualClock()
  const world = { fault, polls: [] as string[], told: [] as string[], ended: null as string | null }
  const stop = new AbortController()
  const lane = new PollLane({
    device: {
      poll: async (rate) => {
        world.polls.push(`${clock.monotonic()} ${rate}`)
        if (answerMs > 0) await clock.sleep(answerMs, stop.signal)
        if (world.fault !== null) throw new BridgeError(world.fault, 'no')
        return []
      },
    },
    clock,
    pollMs: 1000,
    fullPollMs: () => fullPollMs,
    reach: new Reach(clock),
    freshness: new Freshness('CP-1', { stoodStillSince: () => false }),
    onReadings: (_readings, afterSilence) => world.told.push(afterSilence ? 'back' : 'read'),
    onProblem: ({ code }) => world.told.push(code),
  })
  lane.run(stop.signal).then(
    () => (world.ended = 'stopped'),
    (error: unknown) => (world.ended = error instanceof BridgeError ? error.code : 'other'),
  )
  return { clock, lane, stop, world }
}

test.each(['DEVICE_TIMEOUT', 'DEVICE_BAD_ANSWER', 'DEVICE_EXCEPTION', 'LINK_CLOSED', 'LINK_UNREACHABLE'] as const)(
  'after three polls in a row with %s the device is given up with it',
  async (code) => {
    const { clock, world } = rig(code)
    await clock.advance(1999)
    expect(world.ended).toBeNull()
    await clock.advance(1)
    expect([world.ended, world.told]).toEqual([code, [code, code, code]])
  },
)

test('two that fail are not enough, and the next good one says that there was a silence', async () => {
  const { clock, stop, world } = rig('DEVICE_TIMEOUT')
  await clock.advance(1500)
  world.fault = null
  await clock.advance(2000)
  world.fault = 'DEVICE_TIMEOUT'
  await clock.advance(2000)
  expect(world.told).toEqual(['DEVICE_TIMEOUT', 'DEVICE_TIMEOUT', 'back', 'read', 'DEVICE_TIMEOUT', 'DEVICE_TIMEOUT'])
  expect(world.ended).toBeNull()
  stop.abort()
  await clock.settle()
  expect(world.ended).toBe('stopped')
})

test('a fault of ours gives it up at once; a mapping that was changed is no problem of the device', async () => {
  const ours = rig('INTERNAL')
  await ours.clock.advance(0)
  expect([ours.world.ended, ours.world.told]).toEqual(['INTERNAL', ['INTERNAL']])
  const changed = rig('MAPPING_CHANGED')
  await changed.clock.advance(0)
  expect([changed.world.ended, changed.world.told]).toEqual(['MAPPING_CHANGED', []])
})

test('everything is read when the full period has passed or somebody asks; asking for a poll alone does not', async () => {
  const { clock, lane, world } = rig(null, { fullPollMs: 3000 })
  await clock.advance(3500)
  expect(world.polls).toEqual(['0 fast', '1000 fast', '2000 fast', '3000 all'])
  lane.soon()
  await clock.advance(0)
  lane.allSoon()
  await clock.advance(0)
  expect(world.polls.slice(4)).toEqual(['3500 fast', '3500 all'])
})

test('a device that takes longer than its period is asked on with a breath in between', async () => {
  const { clock, world } = rig(null, { answerMs: 1500 })
  await clock.advance(4000)
  expect(world.polls).toEqual(['0 fast', '1550 fast', '3100 fast'])
})
