/** Opening a connection, losing it and coming back, on real sockets with a clock that the test moves. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { stationUrl } from '../../../src/ocpp/rpc/address.ts'
import type { Approach } from '../../../src/ocpp/rpc/approach.ts'
import type { RpcOptions } from '../../../src/ocpp/rpc/connect.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { startScriptedCsms } from '../../peers/scripted-csms.ts'
import type { ScriptedCsms, ScriptedCsmsOptions } from '../../peers/scripted-csms.ts'
import { DIALECT, outcome, startClient } from './harness.ts'
import type { Harness } from './harness.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function startCsms(options: ScriptedCsmsOptions = {}): Promise<ScriptedCsms> {
  const csms = await startScriptedCsms(options)
  closing.push(() => csms.close())
  return csms
}

function start(url: string, options: Partial<RpcOptions> = {}): Harness & { readonly clock: ManualClock } {
  const clock = new ManualClock()
  const harness = startClient(url, { clock, ...options })
  closing.push(() => harness.client.close())
  return { ...harness, clock }
}

/** Fails once, so that the test can look at the waiting. */
async function firstFailure(harness: Harness): Promise<string> {
  await harness.until(() => harness.downs.length === 1)
  return outcome(Promise.reject(harness.downs[0]))
}

describe('the handshake', () => {
  test('asks for the station’s path with the subprotocol, without compression', async () => {
    const csms = await startCsms()
    const harness = start(`${csms.url}/ocpp`, { stationId: 'CP/Süd%1' })
    await harness.until(() => harness.opened() === 1)
    expect(csms.attempts[0]?.url).toBe('/ocpp/CP%2FS%C3%BCd%251')
    expect(csms.attempts[0]?.headers).toMatchObject({ 'sec-websocket-protocol': 'ocpp1.6' })
    expect(csms.attempts[0]?.headers).not.toHaveProperty('sec-websocket-extensions')
    expect(csms.attempts[0]?.headers).not.toHaveProperty('authorization')
    expect([harness.client.isOpen, harness.client.subprotocol]).toEqual([true, 'ocpp1.6'])
  })

  test('a frame that comes with the handshake is not lost', async () => {
    const csms = await startCsms()
    const harness = start(csms.url)
    const socket = await csms.connected('CP-1')
    socket.send('[2,"early","Question",{}]')
    await harness.until(() => harness.frames.length === 2)
    expect(harness.frames[1]?.text).toBe('[3,"early",{}]')
  })

  test.each([401, 403, 404])('after %i at most one attempt per minute (F13)', async (status) => {
    const csms = await startCsms({ refuse: () => ({ status }) })
    const harness = start(csms.url)
    expect(await firstFailure(harness)).toMatch(
      new RegExp(`^CSMS_REFUSED: ws://127.0.0.1:\\d+/CP-1 answered ${status}`),
    )
    await harness.clock.advance(59_999)
    expect(csms.attempts).toHaveLength(1)
    csms.refuse(() => null)
    await harness.clock.advance(10_000)
    await harness.until(() => harness.opened() === 1)
  })

  test('503 with Retry-After is kept (F13)', async () => {
    const csms = await startCsms({ refuse: () => ({ status: 503, headers: { 'Retry-After': '120' } }) })
    const harness = start(csms.url)
    expect(await firstFailure(harness)).toMatch(/^CSMS_UNREACHABLE: .* answered 503: out of service for now$/)
    await harness.clock.advance(119_999)
    expect(csms.attempts).toHaveLength(1)
    csms.refuse(() => null)
    await harness.clock.advance(2000)
    await harness.until(() => harness.opened() === 1)
  })

  test('a redirect is not followed (F13)', async () => {
    const other = await startCsms()
    const csms = await startCsms({ refuse: () => ({ status: 302, headers: { Location: `${other.url}/CP-1` } }) })
    expect(await firstFailure(start(csms.url))).toMatch(
      /^CSMS_REFUSED: .* answered 302: a redirect, which is not followed$/,
    )
    expect(other.attempts).toHaveLength(0)
  })

  test.each([
    ['no subprotocol', null],
    ['another version', 'ocpp2.0.1'],
  ])('%s: closed without a frame, and tried slowly (F14)', async (_, subprotocol) => {
    const csms = await startCsms({ subprotocol })
    const harness = start(csms.url)
    expect(await firstFailure(harness)).toMatch(/^CSMS_PROTOCOL: .* does not speak ocpp1.6$/)
    await harness.clock.advance(59_999)
    expect(csms.attempts).toHaveLength(1)
    expect(harness.frames).toEqual([])
    expect(harness.opened()).toBe(0)
  })

  test('with several versions, each is offered alone after the list was refused (F14)', async () => {
    const csms = await startCsms({ subprotocol: null })
    const versions = ['ocpp2.0.1', 'ocpp1.6'].map((subprotocol) => ({ subprotocol, dialect: DIALECT }))
    const harness = start(csms.url, { versions })
    for (let attempt = 1; attempt <= 3; attempt++) {
      await harness.until(() => harness.downs.length === attempt)
      await harness.clock.advance(70_000)
    }
    expect(csms.attempts.slice(0, 3).map(({ headers }) => headers['sec-websocket-protocol'])).toEqual([
      'ocpp2.0.1,ocpp1.6',
      'ocpp2.0.1',
      'ocpp1.6',
    ])
  })

  test('one that never ends is given up after 10 s', async () => {
    const csms = await startCsms({ refuse: () => 'silence' })
    const harness = start(csms.url)
    while (csms.attempts.length === 0) await harness.clock.settle()
    await harness.clock.advance(9999)
    expect(harness.downs).toEqual([])
    await harness.clock.advance(1)
    expect(await firstFailure(harness)).toMatch(/^CSMS_UNREACHABLE: .*: no answer within 10 s$/)
  })

  test('nobody there, or somebody who is no web server', async () => {
    const server = createServer((socket) => socket.resume().end('220 mail.example.com ESMTP\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await firstFailure(start(`ws://127.0.0.1:${port}`))).toMatch(/: what answers is not a web server$/)
    await new Promise((resolve) => server.close(resolve))
    expect(await firstFailure(start(`ws://127.0.0.1:${port}`))).toMatch(/^CSMS_UNREACHABLE: .*: connection refused$/)
  })
})

describe('coming back', () => {
  test('waits grow while the CSMS throws us out, and shrink after a good connection', async () => {
    const csms = await startCsms()
    const harness = start(csms.url) // random 0.5: 1.5 s, 2.5 s, 4.5 s, ...
    for (const [round, waitMs] of [1500, 2500, 4500].entries()) {
      await harness.until(() => harness.opened() === round + 1)
      ;(await csms.connected('CP-1')).terminate()
      await harness.until(() => harness.downs.length === round + 1)
      await harness.clock.advance(waitMs - 1)
      expect(csms.attempts).toHaveLength(round + 1)
      await harness.clock.advance(1)
    }
    await harness.until(() => harness.opened() === 4)
    await csms.connected('CP-1')
    await harness.call('Heartbeat')
    await harness.clock.advance(10_000)
    csms.dropAll()
    await harness.until(() => harness.downs.length === 4)
    await harness.clock.advance(1500)
    await harness.until(() => harness.opened() === 5)
  })

  test('a dead link is noticed within two ping periods', async () => {
    const csms = await startCsms()
    const harness = start(csms.url, { pingIntervalSeconds: 20 })
    await harness.until(() => harness.opened() === 1)
    const socket = await csms.connected('CP-1')
    const ponged = new Promise((resolve) => socket.once('ping', resolve))
    await harness.clock.advance(20_000)
    await ponged
    await harness.call('Heartbeat') // the pong came before this answer
    socket.pause() // cable cut: nothing is read, nothing answered
    await harness.clock.advance(20_000)
    expect(harness.downs).toEqual([])
    await harness.clock.advance(20_000)
    await harness.until(() => harness.downs.length === 1)
    expect(harness.downs[0]?.message).toBe('the peer was silent for 20 s after a ping')
  })

  test('pings can be switched off', async () => {
    const csms = await startCsms()
    const harness = start(csms.url)
    await harness.until(() => harness.opened() === 1)
    const socket = await csms.connected('CP-1')
    socket.pause()
    harness.client.setPingInterval(0)
    await harness.clock.advance(3_600_000)
    expect(harness.downs).toEqual([])
    socket.resume()
  })

  test('reconnect closes and opens again', async () => {
    const csms = await startCsms()
    const harness = start(csms.url)
    await harness.until(() => harness.opened() === 1)
    harness.client.reconnect('reset by the CSMS')
    await harness.until(() => harness.downs.length === 1)
    expect(harness.downs[0]?.message).toBe('the connection was closed by us: reset by the CSMS')
    await harness.clock.advance(2000)
    await harness.until(() => harness.opened() === 2)
  })

  test('reconnect comes back soon to a CSMS that works, however long the waits are and however often', async () => {
    const csms = await startCsms()
    const harness = start(csms.url, { backOff: { waitMinimumMs: 60_000 } })
    for (let round = 1; round <= 5; round++) {
      await harness.until(() => harness.opened() === round)
      await harness.call('Heartbeat')
      harness.client.reconnect('the password was changed')
      await harness.until(() => harness.downs.length === round)
      await harness.clock.advance(1499)
      expect(csms.attempts).toHaveLength(round)
      await harness.clock.advance(1)
    }
    // An end that is not ours is a failure.
    await harness.until(() => harness.opened() === 6)
    await csms.connected('CP-1')
    csms.dropAll()
    await harness.until(() => harness.downs.length === 6)
    await harness.clock.advance(59_999)
    expect(csms.attempts).toHaveLength(6)
  })

  test('close ends everything: no attempt, no notice, calls settled', async () => {
    const csms = await startCsms({ react: () => ({ misdeed: 'silence' }) })
    const harness = start(csms.url)
    await harness.until(() => harness.opened() === 1)
    const waiting = outcome(harness.call('A'))
    await harness.client.close()
    expect(await waiting).toMatch(/^LINK_CLOSED/)
    await harness.clock.advance(3_600_000)
    expect(csms.attempts).toHaveLength(1)
    expect(harness.downs).toEqual([])
    expect(harness.clock.sleeping).toBe(0)
  })

  test('close while connecting and while waiting', async () => {
    const silent = await startCsms({ refuse: () => 'silence' })
    const connecting = start(silent.url)
    while (silent.attempts.length === 0) await connecting.clock.settle()
    await connecting.client.close()
    const refusing = await startCsms({ refuse: () => ({ status: 401 }) })
    const waiting = start(refusing.url)
    await waiting.until(() => waiting.downs.length === 1)
    await waiting.client.close()
    expect([connecting.clock.sleeping, waiting.clock.sleeping]).toEqual([0, 0])
  })
})

/** Shows a different password at each attempt; writes down what it is told. */
function approachTo(url: string): { readonly approach: Approach; readonly told: string[] } {
  const told: string[] = []
  let attempts = 0
  const approach: Approach = {
    next: () => {
      const authorization = `Basic ${++attempts}`
      return { url: stationUrl(url, 'CP-1'), transport: { authorization, tls: {}, explain: () => null } }
    },
    told: (news) => told.push(news.kind === 'failed' ? `failed: ${news.error.code}` : news.kind),
  }
  return { approach, told }
}

describe('the way to the CSMS', () => {
  test('is asked for before each attempt', async () => {
    const csms = await startCsms({
      refuse: ({ headers }) => (headers.authorization === 'Basic 3' ? null : { status: 401 }),
    })
    const { approach, told } = approachTo(csms.url)
    const harness = start(csms.url, { approach })
    for (const attempt of [1, 2]) {
      await harness.until(() => harness.downs.length === attempt)
      await harness.clock.advance(70_000)
    }
    await harness.until(() => harness.opened() === 1)
    expect(told.slice(0, 3)).toEqual(['failed: CSMS_REFUSED', 'failed: CSMS_REFUSED', 'opened'])
  })

  test('works once the CSMS has spoken OCPP; how that connection ends is no news', async () => {
    const csms = await startCsms()
    const { approach, told } = approachTo(csms.url)
    const harness = start(csms.url, { approach })
    await harness.until(() => harness.opened() === 1)
    await harness.call('Heartbeat')
    expect(told).toEqual(['opened', 'working'])
    csms.dropAll()
    await harness.until(() => harness.downs.length === 1)
    await harness.clock.advance(60_000)
    expect(told.slice(2)).toEqual(['opened', 'working'])
  })

  test('works when the CSMS keeps a connection on which nobody has anything to say', async () => {
    const csms = await startCsms()
    const { approach, told } = approachTo(csms.url)
    const harness = start(csms.url, { approach })
    await harness.until(() => harness.opened() === 1)
    await harness.clock.advance(9999)
    expect(told).toEqual(['opened'])
    await harness.clock.advance(1)
    expect(told).toEqual(['opened', 'working'])
  })

  test('has failed when the CSMS takes the WebSocket and throws us out at once', async () => {
    const csms = await startCsms()
    const { approach, told } = approachTo(csms.url)
    const harness = start(csms.url, { approach })
    ;(await csms.connected('CP-1')).close(1008, 'who are you?')
    await harness.until(() => harness.downs.length === 1)
    expect(told).toEqual(['opened', 'failed: LINK_CLOSED'])
  })

  test('has not failed when we leave ourselves', async () => {
    const csms = await startCsms()
    const { approach, told } = approachTo(csms.url)
    const harness = start(csms.url, { approach })
    await harness.until(() => harness.opened() === 1)
    harness.client.reconnect('a change')
    await harness.until(() => harness.downs.length === 1)
    await harness.client.close()
    expect(told).toEqual(['opened'])
  })

  test('that cannot be had is a failed attempt, and the next one comes', async () => {
    const csms = await startCsms()
    const { approach, told } = approachTo(csms.url)
    let refusals = 1
    const next = (): ReturnType<Approach['next']> => {
      if (refusals-- > 0) throw new BridgeError('CONFIG_INVALID', 'no password')
      return approach.next()
    }
    const harness = start(csms.url, { approach: { ...approach, next } })
    expect(await firstFailure(harness)).toBe('CONFIG_INVALID: no password')
    await harness.clock.advance(2000)
    await harness.until(() => harness.opened() === 1)
    expect(told).toEqual(['failed: CONFIG_INVALID', 'opened'])
  })

  test('that fails to take the news ends nothing', async () => {
    const csms = await startCsms()
    const { approach } = approachTo(csms.url)
    const clumsy: Approach = {
      next: () => approach.next(),
      told: () => {
        throw new Error('a fault of ours')
      },
    }
    const harness = start(csms.url, { approach: clumsy })
    await harness.until(() => harness.opened() === 1)
    expect(await outcome(harness.call('Heartbeat'))).toBe('answered')
    csms.dropAll()
    await harness.until(() => harness.downs.length === 1)
    await harness.clock.advance(60_000)
    await harness.until(() => harness.opened() === 2)
    expect(harness.notices[0]?.kind).toBe('handler-failed')
  })
})
