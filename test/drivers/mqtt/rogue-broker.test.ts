/** A link at brokers that no test program would be: silent, garbled, refusing, hanging up. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'

import { BridgeError } from '../../../src/model/errors.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { asking, linkTo, order, seen, topic } from './link-bench.ts'

const CONNECTED = Buffer.from('20020000', 'hex')
const CONNECT = 1
const PUBLISH = 3
const SUBSCRIBE = 8

/** @param answer what is sent back for a packet of this type; one chunk of the client is taken as whole packets */
async function rogueBroker(answer: (type: number, packet: Buffer, socket: Socket) => Buffer | null) {
  const connections: Socket[] = []
  const server = createServer((socket) => {
    connections.push(socket)
    server.emit('came')
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      for (const packet of packetsOf(chunk)) {
        const bytes = answer(packet.readUInt8(0) >> 4, packet, socket)
        if (bytes !== null) socket.write(bytes)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of connections) socket.destroy()
  })
  const bound = server.address()
  return {
    url: `mqtt://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`,
    connections: () => connections.length,
    came: async (count: number) => {
      while (connections.length < count) await once(server, 'came')
    },
  }
}

/** Small packets: one byte of length each. */
function packetsOf(chunk: Buffer): readonly Buffer[] {
  const packets: Buffer[] = []
  for (let at = 0; at + 1 < chunk.length; at += 2 + chunk.readUInt8(at + 1)) {
    packets.push(chunk.subarray(at, at + 2 + chunk.readUInt8(at + 1)))
  }
  return packets
}

/** The answer to a SUBSCRIBE of one topic. */
function granted(packet: Buffer, code = 0): Buffer {
  return Buffer.from([0x90, 3, packet.readUInt8(2), packet.readUInt8(3), code])
}

function message(name: string, payload: string): Buffer {
  return Buffer.from([0x30, 2 + name.length + payload.length, 0, name.length, ...Buffer.from(name + payload)])
}

describe('an MQTT link', () => {
  it.each([
    [1, 'does not speak MQTT 3.1.1'],
    [2, 'refuses our client id'],
    [3, 'is not available'],
    [4, 'refuses user or password'],
    [5, 'check user and password'],
  ])('says why it is refused: return code %i', async (code, words) => {
    const broker = await rogueBroker(() => Buffer.from([0x20, 2, 0, code]))
    const call = linkTo(broker.url).ask(topic('a'), asking())
    await expect(call).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
    await expect(call).rejects.toThrow(words)
  })

  it.each([
    ['garbage', Buffer.from('what?\r\n\r\n')],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['TLS', Buffer.from('15030100020228', 'hex')],
    ['a length without end', Buffer.from('20ffffffffffff', 'hex')],
  ])('is unreachable where something else listens: %s', async (_name, bytes) => {
    const broker = await rogueBroker((type, _packet, socket) => {
      // What follows the nonsense is the end, as with most that do not understand us.
      if (type === CONNECT) socket.end(bytes)
      return null
    })
    await expect(linkTo(broker.url).ask(topic('a'), asking())).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
  })

  it('gives up a broker that accepts and says nothing, after 5 s, and tries again', async () => {
    const clock = new ManualClock()
    const broker = await rogueBroker(() => null)
    const link = linkTo(broker.url, clock)
    await broker.came(1)
    const call = link.ask(topic('a'), asking({ timeoutMs: 1000 })).catch((error: unknown) => error)
    await clock.advance(1000)
    expect(await call).toMatchObject({ code: 'LINK_UNREACHABLE' })
    const long = link.tell(order('a', '1'), asking({ timeoutMs: 60_000 })).catch((error: unknown) => error)
    await clock.advance(4000)
    expect(await long).toMatchObject({ code: 'LINK_UNREACHABLE' })
    expect(link.state).toBe('waiting')
    await expect(link.ask(topic('a'), asking({ timeoutMs: 60_000 }))).rejects.toThrow('no connection within 5000 ms')
    await clock.advance(250)
    await broker.came(2)
  })

  it('backs off from a broker that throws it out again and again', async () => {
    const clock = new ManualClock()
    const broker = await rogueBroker((type, _packet, socket) => {
      if (type === CONNECT) socket.end(CONNECTED)
      return null
    })
    const link = linkTo(broker.url, clock)
    // 250 ms doubling to 10 s, times 0.75 by the test's chance.
    for (const [index, waitMs] of [188, 375, 750, 1500, 3000, 6000, 7500, 7500].entries()) {
      await broker.came(index + 1)
      while (link.state !== 'waiting') await new Promise((resolve) => setImmediate(resolve))
      await clock.settle()
      await clock.advance(waitMs - 1)
      expect(broker.connections()).toBe(index + 1)
      await clock.advance(1)
    }
    await broker.came(9)
  })

  it('tells a refused subscription, and asks for it anew the next time', async () => {
    let refuse = true
    const broker = await rogueBroker((type, packet, socket) => {
      if (type === CONNECT) return CONNECTED
      if (type !== SUBSCRIBE) return null
      socket.write(granted(packet, refuse ? 128 : 0))
      return refuse ? null : message('a', '1')
    })
    const link = linkTo(broker.url)
    await expect(link.ask(topic('a'), asking())).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION' })
    refuse = false
    expect(await link.ask(topic('a'), asking())).toMatchObject({ body: '1' })
    expect(link.counters.exceptions).toBe(1)
  })

  it('hangs up on a packet without end, and takes nothing of it', async () => {
    let first = true
    const broker = await rogueBroker((type, packet, socket) => {
      if (type === CONNECT) return CONNECTED
      if (type !== SUBSCRIBE) return null
      socket.write(granted(packet))
      if (!first) return message('a', 'good')
      first = false
      // 256 MiB are announced.
      socket.write(Buffer.from('30ffffff7f000161', 'hex'))
      return Buffer.alloc(9 * 1024 * 1024, 'x')
    })
    const link = linkTo(broker.url)
    const call = link.ask(topic('a'), asking())
    await expect(call).rejects.toMatchObject({ code: 'LINK_CLOSED' })
    await expect(call).rejects.toThrow('a packet larger than')
    await seen(link, 'good')
    expect(await link.ask(topic('a'), asking())).toMatchObject({ body: 'good' })
  })

  it('survives any bytes: it is still there, or connects anew, and closes in peace', async () => {
    let bytes = new Uint8Array(0)
    const broker = await rogueBroker((type, packet, socket) => {
      if (type === CONNECT) return CONNECTED
      if (type !== SUBSCRIBE) return null
      socket.write(granted(packet))
      socket.end(bytes)
      return null
    })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (noise) => {
        bytes = noise
        const link = linkTo(broker.url)
        const outcome: unknown = await link.ask(topic('a'), asking()).catch((error: unknown) => error)
        if (outcome instanceof BridgeError) expect(['LINK_CLOSED', 'DEVICE_EXCEPTION']).toContain(outcome.code)
        else expect(outcome).toMatchObject({ body: expect.any(String) })
        await link.close()
        expect(link.state).toBe('closed')
      }),
      { numRuns: 40 },
    )
  })

  it('takes doubled messages and those that nobody asked for as they are: news', async () => {
    const broker = await rogueBroker((type, packet, socket) => {
      if (type === CONNECT) return CONNECTED
      if (type !== SUBSCRIBE) return null
      socket.write(Buffer.concat([granted(packet), message('b', '9'), message('a', '1'), message('a', '1')]))
      return null
    })
    const link = linkTo(broker.url)
    expect(await link.ask(topic('a'), asking())).toMatchObject({ body: '1' })
    expect(link.state).toBe('open')
  })

  it('gives up an order that is not confirmed, and one whose broker hangs up', async () => {
    const clock = new ManualClock()
    let orders = 0
    const broker = await rogueBroker((type, _packet, socket) => {
      if (type === CONNECT) return CONNECTED
      if (type === PUBLISH && (orders += 1) === 2) socket.destroy()
      return null
    })
    const link = linkTo(broker.url, clock)
    const sent = seen(link, 'set\n\n6')
    const silent = link.tell(order('set', '6'), asking({ timeoutMs: 1000 })).catch((error: unknown) => error)
    await sent
    await clock.advance(1000)
    expect(await silent).toMatchObject({ code: 'DEVICE_TIMEOUT' })
    await expect(link.tell(order('set', '7'), asking())).rejects.toMatchObject({ code: 'LINK_CLOSED' })
    expect(link.counters).toMatchObject({ requests: 2, timeouts: 1 })
  })

  it('settles aborted calls at once, and all of them when it closes', async () => {
    const broker = await rogueBroker((type, packet) => {
      if (type === CONNECT) return CONNECTED
      return type === SUBSCRIBE ? granted(packet) : null
    })
    const link = linkTo(broker.url)
    const stop = new AbortController()
    const aborted = [
      link.ask(topic('a'), asking({}, stop.signal)),
      link.tell(order('set', '1'), asking({}, stop.signal)),
    ].map((call) => call.catch((error: unknown) => error))
    stop.abort(new Error('enough'))
    for (const error of await Promise.all(aborted)) expect(error).toEqual(new Error('enough'))
    const closed = [link.ask(topic('a'), asking()), link.tell(order('set', '1'), asking())].map((call) =>
      call.catch((error: unknown) => error),
    )
    await link.close()
    for (const error of await Promise.all(closed)) expect(error).toMatchObject({ code: 'LINK_CLOSED' })
  })

  it.each([
    ['a topic that means many', topic('a/#')],
    ['no topic', topic('')],
    ['another kind', { kind: 'telegram' } as const],
  ])('refuses to ask for %s', async (_name, request) => {
    await expect(linkTo('mqtt://127.0.0.1:9').ask(request, asking())).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })

  it('has a limit on topics', async () => {
    const link = linkTo('mqtt://127.0.0.1:9')
    const stop = new AbortController()
    const calls = Array.from({ length: 1000 }, (_, index) =>
      link.ask(topic(`t/${index}`), asking({}, stop.signal)).catch(() => undefined),
    )
    await expect(link.ask(topic('one too many'), asking())).rejects.toMatchObject({ code: 'LINK_OVERLOADED' })
    stop.abort(new Error('enough'))
    await Promise.all(calls)
  })
})
