import { expect, test } from 'vitest'
import { Rounds, type Round } from '../../src/site/rounds.ts'
import { ManualClock } from '../peers/manual-clock.ts'

function rig(round: (clock: ManualClock, stop: AbortSignal, dueAt: number) => ReturnType<Round>) {
  const clock = new ManualClock()
  const begun: number[] = []
  const rounds = new Rounds(clock, (stop, dueAt) => {
    begun.push(clock.monotonic())
    return round(clock, stop, dueAt)
  })
  return { clock, begun, rounds }
}

test('a round that takes longer than its period is followed by the next at once, and none is made up for', async () => {
  let takesMs = 2500
  const { clock, begun, rounds } = rig(async (time, stop, dueAt) => {
    await time.sleep(takesMs, stop)
    takesMs = 0
    return dueAt + 1000
  })
  rounds.start()
  await clock.advance(4000)
  expect(begun).toEqual([0, 2500, 3500])
  await rounds.stop()
})

test('the period is kept however long a round takes within it', async () => {
  const { clock, begun, rounds } = rig(async (time, stop, dueAt) => {
    await time.sleep(300, stop)
    return dueAt + 1000
  })
  rounds.start()
  await clock.advance(3000)
  expect(begun).toEqual([0, 1000, 2000, 3000])
  await rounds.stop().catch(() => undefined)
})

test('stop waits for the round under way and leaves nobody asleep; nothing begins after it', async () => {
  const last = Promise.withResolvers<number>()
  const { clock, begun, rounds } = rig(() => last.promise)
  rounds.start()
  let stopped = false
  const stopping = rounds.stop().then(() => (stopped = true))
  await clock.settle()
  expect(stopped).toBe(false)
  last.resolve(1000)
  await stopping
  await clock.advance(5000)
  expect([begun, clock.sleeping]).toEqual([[0], 0])
})

test('who was never started stops at once', async () => {
  const { rounds, begun } = rig(() => Promise.resolve(0))
  await rounds.stop()
  expect(begun).toEqual([])
})

test('what a round throws is told to who stops it', async () => {
  const { clock, rounds } = rig(() => Promise.resolve().then(() => Promise.reject(new Error('a mistake of ours'))))
  rounds.start()
  const stopped = expect(rounds.stop()).rejects.toThrow('a mistake of ours')
  await clock.settle()
  await stopped
})
