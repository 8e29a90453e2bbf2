import { expect, test } from 'vitest'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import { DEFAULT_RPC_LIMITS } from '../../../src/ocpp/rpc/limits.ts'
import { PeerCalls, type PeerCall, type PeerCallsOptions } from '../../../src/ocpp/rpc/peer-calls.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { DIALECT } from './harness.ts'

function rig(onCall: PeerCallsOptions['onCall'], limits: Partial<PeerCallsOptions['limits']> = {}) {
  const clock = new ManualClock()
  const sent: unknown[] = []
  const notices: string[] = []
  let floods = 0
  const calls = new PeerCalls({
    dialect: DIALECT,
    clock,
    limits: { ...DEFAULT_RPC_LIMITS, ...limits },
    notices: { notice: (kind) => notices.push(kind) },
    onCall,
    send: (text) => sent.push(JSON.parse(text)),
    onFlood: () => floods++,
  })
  return { clock, calls, sent, notices, floods: () => floods }
}

function callOf(messageId: string, payload: object = {}): PeerCall {
  return { messageId, action: 'Do', payload, text: JSON.stringify([2, messageId, 'Do', payload]) }
}

test('a fault of ours is answered without its text and told to the log; the next is served', async () => {
  let served = 0
  const { clock, calls, sent, notices } = rig(() =>
    served++ === 0 ? Promise.reject(new Error('/var/lib/secret is missing')) : Promise.resolve({ ok: true }),
  )
  calls.take(callOf('a'))
  calls.take(callOf('b'))
  await clock.settle()
  expect(sent).toEqual([
    [4, 'a', DIALECT.internalError, 'the request could not be carried out', {}],
    [3, 'b', { ok: true }],
  ])
  expect(notices).toEqual(['handler-failed'])
})

test('a refusal of ours becomes a CALLERROR with its code, text and details', async () => {
  const { clock, calls, sent } = rig(() =>
    Promise.reject(new RpcCallError('NotSupported', 'no reservations', { evse: 1 })),
  )
  calls.take(callOf('a'))
  await clock.settle()
  expect(sent).toEqual([[4, 'a', 'NotSupported', 'no reservations', { evse: 1 }]])
})

test('one that is not answered in time gets no answer, not even late, and the next is served', async () => {
  const late = Promise.withResolvers<object>()
  let served = 0
  const { clock, calls, sent, notices } = rig(() => (served++ === 0 ? late.promise : Promise.resolve({})), {
    answerTimeoutMs: 60_000,
  })
  calls.take(callOf('a'))
  calls.take(callOf('b'))
  await clock.advance(59_999)
  expect(sent).toEqual([])
  await clock.advance(1)
  expect(sent).toEqual([[3, 'b', {}]])
  late.resolve({})
  await clock.settle()
  expect(sent).toHaveLength(1)
  expect(notices).toEqual(['unanswered-call'])
  expect(clock.sleeping).toBe(0)
})

test('a repeated one is answered as before and not done twice; the same id with other contents is a new one', async () => {
  let done = 0
  const { clock, calls, sent, notices } = rig(() => Promise.resolve({ done: ++done }))
  for (const call of [callOf('a'), callOf('a'), callOf('a', { other: 1 })]) calls.take(call)
  await clock.settle()
  expect(sent.map((frame) => (frame as unknown[])[2])).toEqual([{ done: 1 }, { done: 1 }, { done: 2 }])
  expect(notices).toEqual(['repeated-call'])
})

test('too many at once and too fast are refused; a steady rate is served again', async () => {
  const { clock, calls, sent, notices } = rig(() => Promise.resolve({}), { callBurst: 2, callsPerSecond: 1 })
  const types = (): unknown[] => sent.splice(0).map((frame) => (frame as unknown[])[0])
  for (const id of ['a', 'b', 'c']) calls.take(callOf(id))
  await clock.settle()
  expect(types()).toEqual([4, 3, 3])
  await clock.advance(1000)
  calls.take(callOf('d'))
  await clock.settle()
  expect(types()).toEqual([3])
  expect(notices).toEqual(['refused-call'])
})

test('who goes on with what is refused is a flood; one that is served in between is not', async () => {
  const { clock, calls, floods } = rig(() => Promise.resolve({}), {
    callBurst: 1,
    callsPerSecond: 1,
    maxRefusedCalls: 2,
  })
  for (const id of ['served', 'a', 'b']) calls.take(callOf(id))
  await clock.advance(1000)
  for (const id of ['served again', 'c', 'd']) calls.take(callOf(id))
  expect(floods()).toBe(0)
  calls.take(callOf('e'))
  expect(floods()).toBe(1)
})

test('what waits when the socket goes is not carried out', async () => {
  const asked: string[] = []
  const first = Promise.withResolvers<object>()
  const { clock, calls } = rig((_action, _payload, messageId) => {
    asked.push(messageId)
    return first.promise
  })
  calls.take(callOf('a'))
  calls.take(callOf('b'))
  calls.end()
  first.resolve({})
  await clock.settle()
  expect(asked).toEqual(['a'])
})
