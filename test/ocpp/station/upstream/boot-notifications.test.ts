import { expect, test } from 'vitest'
import type { StationAnswer } from '../../../../src/model/csms.ts'
import type { StationIdentity } from '../../../../src/model/station.ts'
import { type BootAnswer, BootNotifications } from '../../../../src/ocpp/station/upstream/boot-notifications.ts'
import { ManualClock } from '../../../peers/manual-clock.ts'

const IDENTITY: StationIdentity = {
  vendor: 'KEBA',
  model: 'P30',
  serial: null,
  firmware: null,
  meterType: null,
  meterSerial: null,
}

function answerOf(status: BootAnswer['status'], intervalSeconds: number): BootAnswer {
  return { kind: 'boot', status, intervalSeconds, currentTime: Date.parse('2026-03-02T08:00:00Z') }
}

/** `answer` may be changed while it runs; null: the CSMS says nothing. */
function rig(answer: StationAnswer | null, random = 0) {
  const clock = new ManualClock()
  const at: number[] = []
  const told: string[] = []
  const world = { answer, clock, at, told }
  const boots: BootNotifications = new BootNotifications({
    clock,
    random: () => random,
    identify: () => Promise.resolve(IDENTITY),
    send: () => {
      at.push(clock.monotonic())
      return Promise.resolve(world.answer)
    },
    onAnswer: ({ status }) => told.push(`${status} while ${boots.registration}`),
    onRegistration: (_answer, intervalSeconds) => told.push(`${boots.registration}, every ${intervalSeconds} s`),
  })
  return Object.assign(world, { boots })
}

test('without an answer it asks once a minute, and on a flapping line no more often', async () => {
  const { boots, clock, at } = rig(null)
  for (let flap = 0; flap < 20; flap++) {
    const link = new AbortController()
    void boots.ask(link.signal)
    await clock.advance(5000)
    link.abort()
    await clock.advance(1000)
  }
  expect(at).toEqual([0, 60_000])
  expect(boots.registration).toBe('none')
})

test('rejected: it asks again at the interval that was given, across links; accepted: never again', async () => {
  const world = rig(answerOf('rejected', 300))
  const { boots, clock, at } = world
  const first = new AbortController()
  void boots.ask(first.signal)
  await clock.advance(200_000)
  first.abort()
  void boots.ask(new AbortController().signal)
  await clock.advance(99_999)
  expect(at).toEqual([0])
  world.answer = answerOf('accepted', 60)
  await clock.advance(1_000_000)
  expect(at).toEqual([0, 300_000])
  expect([boots.registration, clock.sleeping]).toEqual(['accepted', 0])
})

test('an interval of 0 is ours to choose: one to two minutes, by chance', async () => {
  const { boots, clock, at, told } = rig(answerOf('pending', 0), 0.5)
  void boots.ask(new AbortController().signal)
  await clock.advance(100_000)
  expect(at).toEqual([0, 90_000])
  expect(told.at(-1)).toBe('pending, every 0 s')
})

test('no interval keeps the station silent for longer than a day', async () => {
  const { boots, clock, at } = rig(answerOf('rejected', 1e12))
  void boots.ask(new AbortController().signal)
  await clock.advance(86_400_000)
  expect(at).toEqual([0, 86_400_000])
})

test('who asks twice on one link is one; an answer of another kind and one after the link has gone count for nothing', async () => {
  const world = rig({ kind: 'heartbeat', currentTime: 0 })
  const { boots, clock, at, told } = world
  const link = new AbortController()
  void boots.ask(link.signal)
  void boots.ask(link.signal)
  await clock.advance(0)
  expect(at).toEqual([0])
  world.answer = answerOf('accepted', 60)
  const asked = boots.send(link.signal)
  link.abort()
  await asked
  expect([boots.registration, told]).toEqual(['none', []])
})

test('the answer is told while the old registration holds, then the new one; who the station is stays known', async () => {
  const { boots, told } = rig(answerOf('accepted', 60))
  expect(boots.vendor).toBeNull()
  await boots.ask(new AbortController().signal)
  expect(told).toEqual(['accepted while none', 'accepted, every 60 s'])
  expect(boots.vendor).toBe('KEBA')
})

test('a triggered one may take the registration away, and then it asks on by itself', async () => {
  const world = rig(answerOf('accepted', 60))
  const { boots, clock, at } = world
  const link = new AbortController().signal
  await boots.ask(link)
  world.answer = answerOf('rejected', 60)
  await boots.send(link)
  expect(boots.registration).toBe('rejected')
  await clock.advance(60_000)
  expect(at).toEqual([0, 0, 60_000])
})

test('a station that starts anew asks at once', async () => {
  const { boots, clock, at } = rig(answerOf('accepted', 600))
  await boots.ask(new AbortController().signal)
  boots.forget()
  expect(boots.registration).toBe('none')
  await boots.ask(new AbortController().signal)
  await clock.settle()
  expect(at).toEqual([0, 0])
})
