/** Calls and answers on a real socket, against a CSMS that does what it should not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { systemClock } from '../../../src/model/clock.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import type { RpcHandlers } from '../../../src/ocpp/rpc/connection.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import type { RpcOptions } from '../../../src/ocpp/rpc/connect.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { startScriptedCsms } from '../../peers/scripted-csms.ts'
import type { Reaction, ScriptedCsms } from '../../peers/scripted-csms.ts'
import { DIALECT, outcome, startClient } from './harness.ts'
import type { Harness } from './harness.ts'

const ID = 'CP-1'
let csms: ScriptedCsms
let running: Harness[] = []

beforeEach(async () => {
  csms = await startScriptedCsms()
})
afterEach(async () => {
  await Promise.all(running.map(({ client }) => client.close()))
  running = []
  await csms.close()
})

async function open(options: Partial<RpcOptions> = {}, onCall?: RpcHandlers['onCall']): Promise<Harness> {
  const harness = startClient(csms.url, options, onCall)
  running.push(harness)
  await harness.until(() => harness.opened() === 1)
  await csms.connected(ID)
  return harness
}

/** Message types of the answers to `count` calls, one after the other. */
async function answerTypes(count: number): Promise<unknown[]> {
  const types: unknown[] = []
  for (let i = 0; i < count; i++) types.push((await csms.call(ID, 'Q', {}))[0])
  return types
}

describe('our calls', () => {
  test('the answer’s payload comes back', async () => {
    csms.react(() => ({ answer: { status: 'ok' } }))
    const harness = await open()
    expect(await harness.call('Hello')).toEqual({ status: 'ok' })
  })

  test('a CALLERROR is thrown with its code and text', async () => {
    csms.react(() => ({ error: 'GenericError', description: 'not today' }))
    const harness = await open()
    await expect(harness.call('Hello')).rejects.toEqual(new RpcCallError('GenericError', 'not today'))
  })

  test('one is in flight, the others wait in order', async () => {
    const gate = Promise.withResolvers<Reaction>()
    csms.react((call) => (call.action === 'A' ? gate.promise : { answer: {} }))
    const harness = await open()
    const all = Promise.all(['A', 'B', 'C'].map((action) => harness.call(action)))
    await csms.waitFor(({ action }) => action === 'A')
    // The CSMS's own call crosses ours: its answer is on the wire while A is still open.
    await csms.call(ID, 'Question', {})
    expect(csms.calls.map(({ action }) => action)).toEqual(['A'])
    gate.resolve({ answer: {} })
    await all
    expect(csms.calls.map(({ action }) => action)).toEqual(['A', 'B', 'C'])
  })

  test('a call that is never answered ends, and the next one goes (F17)', async () => {
    csms.react((call) => (call.action === 'A' ? { misdeed: 'silence' } : { answer: {} }))
    const clock = new ManualClock()
    const harness = await open({ clock })
    const first = outcome(harness.call('A', { timeoutMs: 30_000 }))
    const second = outcome(harness.call('B', { timeoutMs: 30_000 }))
    await csms.waitFor(({ action }) => action === 'A')
    await clock.advance(29_999)
    expect(csms.calls).toHaveLength(1)
    await clock.advance(1)
    expect(await first).toBe('CALL_TIMEOUT: A: no answer within 30 s')
    expect(await second).toBe('answered')
  })

  test('a shorter time-out than the one before is kept as well', async () => {
    csms.react((call) => (call.action === 'A' ? { answer: {} } : { misdeed: 'silence' }))
    const clock = new ManualClock()
    const harness = await open({ clock })
    await harness.call('A', { timeoutMs: 60_000 })
    const short = outcome(harness.call('B', { timeoutMs: 5000 }))
    await csms.waitFor(({ action }) => action === 'B')
    await clock.advance(5000)
    expect(await short).toBe('CALL_TIMEOUT: B: no answer within 5 s')
  })

  test('answers to nobody, twice and too late change nothing and are told once (F18)', async () => {
    const clock = new ManualClock()
    const harness = await open({ clock })
    csms.react(() => ({ misdeed: 'wrong-id', answer: {} }))
    const late = outcome(harness.call('Late', { messageId: 'late', timeoutMs: 1000 }))
    await harness.until(() => harness.notices.length === 1)
    await clock.advance(1000)
    expect(await late).toBe('CALL_TIMEOUT: Late: no answer within 1 s')
    csms.react(() => ({ raw: ['[3,"late",{"for":"Late"}]', '[3,"next",{"for":"Next"}]', '[3,"next",{}]'] }))
    expect(await harness.call('Next', { messageId: 'next' })).toEqual({ for: 'Next' })
    csms.react(() => ({ misdeed: 'twice', answer: {} }))
    await harness.call('Twice')
    await harness.call('Twice')
    expect(harness.notices.map(({ kind }) => kind)).toEqual(['unexpected-answer'])
  })

  test('half an answer to a call ends the call', async () => {
    csms.react((call) => ({ raw: [`[3,"${call.messageId}"]`] }))
    const harness = await open()
    expect(await outcome(harness.call('A'))).toMatch(/^FRAME_INVALID: A: /)
  })

  test('a socket that goes takes every waiting call with it', async () => {
    csms.react(() => ({ misdeed: 'drop' }))
    const harness = await open()
    const outcomes = await Promise.all(['A', 'B', 'C'].map((action) => outcome(harness.call(action))))
    expect(outcomes).toEqual(Array(3).fill('LINK_CLOSED: the connection was lost (1006)'))
    expect(await outcome(harness.call('D'))).toBe('LINK_CLOSED: D: there is no connection to the CSMS')
  })

  test('an aborted call is never sent; one in flight keeps its turn until it is answered', async () => {
    const gate = Promise.withResolvers<Reaction>()
    csms.react((call) => (call.action === 'A' ? gate.promise : { answer: {} }))
    const harness = await open()
    const abort = new AbortController()
    const aborted = ['A', 'B'].map((action) => outcome(harness.call(action, { signal: abort.signal })))
    await csms.waitFor(({ action }) => action === 'A')
    abort.abort(new Error('stop'))
    expect(await Promise.all(aborted)).toEqual(['Error: stop', 'Error: stop'])
    const next = harness.call('C')
    await csms.call(ID, 'Question', {})
    expect(csms.calls.map(({ action }) => action)).toEqual(['A'])
    gate.resolve({ answer: {} })
    await next
    expect(csms.calls.map(({ action }) => action)).toEqual(['A', 'C'])
  })

  test('too many waiting calls are refused', async () => {
    csms.react(() => ({ misdeed: 'silence' }))
    const harness = await open({ limits: { maxOutgoingCalls: 2 } })
    const calls = ['A', 'B', 'C', 'D'].map((action) => outcome(harness.call(action)))
    expect(await calls[3]).toBe('CALL_QUEUE_FULL: D: 2 calls wait already')
    await harness.client.close()
    expect(await calls[2]).toMatch(/^LINK_CLOSED/)
  })
})

describe('calls of the CSMS', () => {
  test('are answered with the payload, in order', async () => {
    const harness = await open({}, async (action, payload) => ({ action, payload }))
    const answers = await Promise.all([csms.call(ID, 'A', { n: 1 }), csms.call(ID, 'B', { n: 2 })])
    expect(answers.map(([type, , payload]) => [type, payload])).toEqual([
      [3, { action: 'A', payload: { n: 1 } }],
      [3, { action: 'B', payload: { n: 2 } }],
    ])
    expect(harness.notices).toEqual([])
  })

  test('a refusal of ours becomes a CALLERROR', async () => {
    await open({}, () => Promise.reject(new RpcCallError('NotSupported', 'no such thing here')))
    expect(await csms.call(ID, 'A', {}, 'q')).toEqual([4, 'q', 'NotSupported', 'no such thing here', {}])
  })

  test('a fault of ours is told without its text', async () => {
    const harness = await open({}, () => Promise.reject(new TypeError('x.y is not a function at secret.ts:7')))
    expect(await csms.call(ID, 'A', {}, 'q')).toEqual([4, 'q', 'Internal', 'the request could not be carried out', {}])
    expect(harness.notices).toMatchObject([{ kind: 'handler-failed' }])
  })

  test('one that we do not answer in time gets no answer, and the next is served', async () => {
    const clock = new ManualClock()
    const harness = await open({ clock }, (action) =>
      action === 'Hang' ? new Promise(() => undefined) : Promise.resolve({}),
    )
    const socket = await csms.connected(ID)
    socket.send('[2,"h","Hang",{}]')
    const next = csms.call(ID, 'Next', {}, 'n')
    while (clock.sleeping < 2) await clock.settle()
    await clock.advance(60_000)
    expect(await next).toEqual([3, 'n', {}])
    expect(csms.frames).toEqual(['[3,"n",{}]'])
    expect(harness.notices).toMatchObject([{ kind: 'unanswered-call' }])
  })

  test('a repeated one is answered from memory and not done twice (F20)', async () => {
    let done = 0
    await open({}, async () => ({ count: ++done }))
    const first = await csms.call(ID, 'RemoteStart', { tag: 'A1' }, 'same')
    const second = await csms.call(ID, 'RemoteStart', { tag: 'A1' }, 'same')
    expect([first, second]).toEqual([
      [3, 'same', { count: 1 }],
      [3, 'same', { count: 1 }],
    ])
    expect(await csms.call(ID, 'RemoteStart', { tag: 'B2' }, 'same')).toEqual([3, 'same', { count: 2 }])
  })

  test('of 200 at once the first are answered in order and the rest are refused (F21)', async () => {
    const order: number[] = []
    const clock = new ManualClock()
    await open({ clock }, async (_, payload) => {
      order.push((payload as { n: number }).n)
      return {}
    })
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => csms.call(ID, 'Q', { n }, `q${n}`)))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(order.length).toBeGreaterThanOrEqual(64)
    const refused = answers.filter(([type]) => type === 4)
    expect(refused).toHaveLength(200 - order.length)
    expect(refused[0]?.slice(2)).toEqual(['Busy', 'too many calls at once', {}])
    await clock.advance(10_000)
    expect(await csms.call(ID, 'Q', { n: 999 }, 'after')).toEqual([3, 'after', {}])
  })

  test('their rate is limited, and it recovers', async () => {
    const clock = new ManualClock()
    await open({ clock, limits: { callBurst: 2, callsPerSecond: 1 } })
    expect(await answerTypes(3)).toEqual([3, 3, 4])
    await clock.advance(2000)
    expect(await answerTypes(3)).toEqual([3, 3, 4])
  })

  test('a flood cuts the link', async () => {
    const harness = await open({ limits: { callBurst: 1, callsPerSecond: 0.001, maxRefusedCalls: 5 } })
    const socket = await csms.connected(ID)
    for (let i = 0; i < 20; i++) socket.send(`[2,"f${i}","Q",{}]`)
    await harness.until(() => harness.downs.length === 1)
    expect(harness.downs[0]?.message).toBe('the peer floods us with calls')
  })
})

describe('frames that are none', () => {
  test('a thousand of them, and the link is alive (F19, H31)', async () => {
    const harness = await open()
    const socket = await csms.connected(ID)
    const garbage = [
      '',
      'hello',
      '[2]',
      '{}',
      'null',
      '[7,"x",{}]',
      '[2,"x","Heart',
      '[2,1,"A",{}]',
      '['.repeat(60_000),
    ]
    for (let i = 0; i < 1000; i++) socket.send(garbage[i % garbage.length] ?? '')
    socket.send(Buffer.from([0, 1, 2, 255]))
    csms.react(() => ({ answer: { alive: true } }))
    expect(await harness.call('Hello')).toEqual({ alive: true })
    expect(harness.opened()).toBe(1)
    expect(harness.notices.map(({ kind }) => kind)).toEqual(['unreadable-frame'])
  })

  test.each(['[2,"x"]', '[2,"x","A",{},1]', '[2,"x","A",[]]'])('%s is answered with a CALLERROR', async (frame) => {
    await open()
    const socket = await csms.connected(ID)
    socket.send(frame)
    while (csms.frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const answer: unknown = JSON.parse(csms.frames[0] ?? '')
    expect(answer).toEqual([4, 'x', 'Malformed', expect.any(String), {}])
  })

  test.each([
    ['ten megabytes', (socket: WebSocket) => socket.send('x'.repeat(10_000_000)), /1009|exceeded/],
    [
      '131,000 fragments without an end',
      (socket: WebSocket) => {
        for (let i = 0; i < 131_000; i++) socket.send('x', { fin: false })
      },
      /fragments/i,
    ],
  ])('%s close the link, and it comes back (H26, H27)', async (_, misbehave, reason) => {
    const harness = await open({ backOff: { waitMinimumMs: 10, randomRangeMs: 10 } })
    csms.react(() => ({ misdeed: 'silence' }))
    const waiting = outcome(harness.call('A'))
    const socket = await csms.connected(ID)
    misbehave(socket)
    expect(await waiting).toMatch(/^LINK_CLOSED/)
    expect(await waiting).toMatch(reason)
    await harness.until(() => harness.opened() === 2)
  })
})

describe('frames that break the WebSocket protocol close the link, and it comes back (H29)', () => {
  test.each([
    ['invalid UTF-8', [0x81, 0x02, 0xc3, 0x28], '1007'],
    ['reserved bits', [0xf1, 0x01, 0x78], '1002'],
    ['a masked frame of a server', [0x81, 0x81, 1, 2, 3, 4, 0x79], '1002'],
    ['a ping of 126 bytes', [0x89, 0x7e, 0x00, 0x7e, ...Array<number>(126).fill(0x78)], '1002'],
    ['compression that was not agreed', [0xc1, 0x01, 0x78], '1002'],
  ])('%s', async (_, bytes, code) => {
    const harness = await open({ backOff: { waitMinimumMs: 10, randomRangeMs: 10 } })
    const socket = await csms.connected(ID)
    const told = new Promise((resolve) => socket.once('close', resolve))
    csms.attempts[0]?.socket.write(Buffer.from(bytes))
    expect(String(await told)).toBe(code)
    await harness.until(() => harness.opened() === 2)
  })
})

function failingTrace(): never {
  throw new Error('disk full')
}

test('a trace that fails loses no frame', async () => {
  const opened = Promise.withResolvers<void>()
  const notices: string[] = []
  const client = connectRpc(
    {
      url: csms.url,
      stationId: ID,
      versions: [{ subprotocol: 'ocpp1.6', dialect: DIALECT }],
      transport: { authorization: null, tls: {}, explain: () => null },
      clock: systemClock,
      random: Math.random,
    },
    {
      onOpen() {
        opened.resolve()
        throw new Error('no room')
      },
      onDown: () => undefined,
      onFrame: failingTrace,
      onCall: async () => ({}),
      onNotice: ({ message }) => notices.push(message),
    },
  )
  await csms.connected(ID)
  await opened.promise
  expect(await csms.call(ID, 'Question', {}, 'q')).toEqual([3, 'q', {}])
  expect(notices).toEqual(['no room'])
  await client.close()
})

test('secrets are masked in the trace', async () => {
  const harness = await open()
  await csms.call(ID, 'Set', { password: 'hunter2' })
  expect(harness.frames.map(({ text }) => text).join('\n')).not.toContain('hunter2')
  expect(harness.frames.map(({ direction }) => direction)).toEqual(['received', 'sent'])
})
