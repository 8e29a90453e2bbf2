import { expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import { OurCalls } from '../../../src/ocpp/rpc/our-calls.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { outcome } from './harness.ts'

const NEVER = new AbortController().signal

function rig(maxWaiting = 10) {
  const clock = new ManualClock()
  const sent: string[] = []
  const calls = new OurCalls({ clock, maxWaiting, send: (text) => sent.push(text) })
  const call = (messageId: string, { timeoutMs = 30_000, signal = NEVER, payload = {} } = {}): Promise<unknown> =>
    calls.call(`Do${messageId}`, payload, { messageId, timeoutMs, signal })
  const ids = (): readonly unknown[] => sent.map((text) => (JSON.parse(text) as unknown[])[1])
  return { clock, calls, call, ids }
}

test('a socket that goes takes what is in flight and what waits with it; later calls get the same reason', async () => {
  const { calls, call } = rig()
  const all = [call('a'), call('b')].map(outcome)
  calls.end(new BridgeError('LINK_CLOSED', 'the line was cut'))
  calls.end(new BridgeError('LINK_CLOSED', 'closed again'))
  expect(await Promise.all([...all, outcome(call('c'))])).toEqual(Array(3).fill('LINK_CLOSED: the line was cut'))
})

test('a call that is never answered ends in its own time, though the one before had more; then the next one goes', async () => {
  const { clock, calls, call, ids } = rig()
  const first = call('a', { timeoutMs: 60_000 })
  calls.answered({ type: 'result', messageId: 'a', payload: {} })
  await first
  const second = outcome(call('b', { timeoutMs: 5000 }))
  const third = outcome(call('c', { timeoutMs: 5000 }))
  await clock.advance(4999)
  expect(ids()).toEqual(['a', 'b'])
  await clock.advance(1)
  expect(await second).toBe('CALL_TIMEOUT: Dob: no answer within 5 s')
  expect(ids()).toEqual(['a', 'b', 'c'])
  await clock.advance(5000)
  expect(await third).toContain('CALL_TIMEOUT')
})

test('one timer serves all calls and is gone with the socket', async () => {
  const { clock, calls, call } = rig()
  for (const id of ['a', 'b', 'c']) {
    const called = call(id)
    calls.answered({ type: 'result', messageId: id, payload: {} })
    await called
  }
  expect(clock.sleeping).toBe(1)
  calls.end(new BridgeError('LINK_CLOSED', 'gone'))
  expect(clock.sleeping).toBe(0)
})

test('an answer to nobody, a second one and one that waits for its turn belong to no call', async () => {
  const { calls, call } = rig()
  const answer = (messageId: string): boolean =>
    calls.answered({ type: 'result', messageId, payload: { to: messageId } })
  expect(answer('a')).toBe(false)
  const [a, b] = [call('a'), call('b')]
  expect(answer('b')).toBe(false)
  expect(answer('a')).toBe(true)
  expect(answer('a')).toBe(false)
  expect(answer('b')).toBe(true)
  expect(await Promise.all([a, b])).toEqual([{ to: 'a' }, { to: 'b' }])
})

test('a CALLERROR and half an answer are faults of that call alone', async () => {
  const { calls, call } = rig()
  const refused = call('a')
  const halved = outcome(call('b'))
  calls.answered({ type: 'error', messageId: 'a', code: 'GenericError', description: 'not today', details: {} })
  calls.answered({ type: 'malformed-answer', messageId: 'b', problem: 'three elements' })
  await expect(refused).rejects.toEqual(new RpcCallError('GenericError', 'not today'))
  expect(await halved).toBe('FRAME_INVALID: Dob: three elements')
})

test('an aborted call is not sent; one in flight keeps its turn', async () => {
  const { calls, call, ids } = rig()
  const [flying, waiting] = [new AbortController(), new AbortController()]
  const first = outcome(call('a', { signal: flying.signal }))
  const second = outcome(call('b', { signal: waiting.signal }))
  const third = call('c')
  flying.abort(new Error('enough'))
  waiting.abort(new Error('enough'))
  expect(await Promise.all([first, second])).toEqual(['Error: enough', 'Error: enough'])
  expect(ids()).toEqual(['a'])
  expect(await outcome(call('d', { signal: AbortSignal.abort(new Error('before')) }))).toBe('Error: before')
  expect(calls.answered({ type: 'result', messageId: 'a', payload: {} })).toBe(true)
  expect(ids()).toEqual(['a', 'c'])
  calls.answered({ type: 'result', messageId: 'c', payload: {} })
  await third
})

test('a payload that JSON cannot hold is refused, and the next call goes', async () => {
  const { call, ids } = rig()
  expect(await outcome(call('a', { payload: { amps: 1n } }))).toContain('FRAME_INVALID: Doa')
  void call('b').catch(() => undefined)
  expect(ids()).toEqual(['b'])
})

test('too many that wait are refused', async () => {
  const { call } = rig(2)
  for (const id of ['in flight', 'one', 'two']) void call(id)
  expect(await outcome(call('three'))).toBe('CALL_QUEUE_FULL: Dothree: 2 calls wait already')
})
