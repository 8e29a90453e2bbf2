/** Real sockets of this machine. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'

import { dialTcp, listenTcp, type TcpWire } from '../../src/wire/tcp.ts'
import type { WireEvents } from '../../src/wire/wire.ts'

const STAY = new AbortController().signal
const HOST = '127.0.0.1'

/** What a wire tells, to be waited for. */
function hearing() {
  const bytes = Promise.withResolvers<string>()
  const closed = Promise.withResolvers<string>()
  let heard = ''
  const events: WireEvents = {
    bytes: (chunk) => {
      heard += chunk.toString()
      if (heard.endsWith('.')) bytes.resolve(heard)
    },
    closed: closed.resolve,
  }
  return { events, bytes: bytes.promise, closed: closed.promise }
}

/** A listener that keeps the wires of its clients. */
async function listening(limit = 10) {
  const wires: TcpWire[] = []
  const ears: ReturnType<typeof hearing>[] = []
  const came: PromiseWithResolvers<void>[] = Array.from({ length: limit + 1 }, () => Promise.withResolvers())
  const listener = await listenTcp(HOST, 0, limit, (wire) => {
    const ear = hearing()
    wires.push(wire)
    ears.push(ear)
    came[wires.length - 1]?.resolve()
    return ear.events
  })
  onTestFinished(() => listener.close())
  return { port: listener.port, wires, ears, came: (index: number) => came[index]?.promise, listener }
}

function nextTurn(): Promise<null> {
  return new Promise((resolve) => setImmediate(() => resolve(null)))
}

describe('a wire over TCP', () => {
  it('carries bytes both ways, and says when they have left', async () => {
    const server = await listening()
    const ear = hearing()
    const wire = await dialTcp(HOST, server.port)(ear.events, STAY)
    await server.came(0)
    wire.write(Buffer.from('to the server.'))
    await server.wires[0]?.send(Buffer.from('to the client.'))
    expect([await server.ears[0]?.bytes, await ear.bytes]).toEqual(['to the server.', 'to the client.'])
    await wire.close()
    expect(await server.ears[0]?.closed).toBe('closed by the client')
  })

  it('that the other side ends tells it once; one that we end tells nothing', async () => {
    const server = await listening()
    const [ended, own] = [hearing(), hearing()]
    await dialTcp(HOST, server.port)(ended.events, STAY)
    await server.came(0)
    const wire = await dialTcp(HOST, server.port)(own.events, STAY)
    await server.came(1)
    await wire.close()
    await server.wires[0]?.close()
    expect(await Promise.race([ended.closed, own.closed])).toBe('closed by the other side')
  })

  it('that nobody answers is refused in words', async () => {
    const { port, listener } = await listening()
    await listener.close()
    const ear = hearing()
    await expect(dialTcp(HOST, port)(ear.events, STAY)).rejects.toThrow('connection refused')
  })

  it('is given up with its signal, and its bytes are heard no more', async () => {
    const stop = new AbortController()
    const dialled = dialTcp(HOST, 9)(hearing().events, stop.signal)
    stop.abort(new Error('enough'))
    await expect(dialled).rejects.toThrow('enough')
    await expect(dialTcp(HOST, 9)(hearing().events, stop.signal)).rejects.toThrow('enough')
  })

  it('is cut off when the other side does not take what is sent', async () => {
    const sockets: Socket[] = []
    const deaf = createServer((socket) => sockets.push(socket.pause()))
    deaf.listen(0, HOST)
    await once(deaf, 'listening')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      deaf.close()
    })
    const ear = hearing()
    const wire = await dialTcp(HOST, (deaf.address() as AddressInfo).port)(ear.events, STAY)
    let reason: string | null = null
    while (reason === null) {
      wire.write(Buffer.alloc(16 * 1024))
      reason = await Promise.race([ear.closed, nextTurn()])
    }
    expect(reason).toBe('closed by the other side')
  })
})

describe('a listener', () => {
  it('turns away more clients than its limit', async () => {
    const server = await listening(1)
    await dialTcp(HOST, server.port)(hearing().events, STAY)
    await server.came(0)
    const turnedAway = connect(server.port, HOST)
    turnedAway.on('error', () => undefined)
    await once(turnedAway, 'close')
    expect(server.wires).toHaveLength(1)
  })

  it('says that a port is taken, and ends its clients when it is closed', async () => {
    const server = await listening()
    const taken = listenTcp(HOST, server.port, 1, () => hearing().events)
    await expect(taken).rejects.toMatchObject({
      code: 'LINK_UNREACHABLE',
      message: `cannot listen on ${HOST}:${server.port}: this port is taken`,
    })
    const ear = hearing()
    await dialTcp(HOST, server.port)(ear.events, STAY)
    await server.came(0)
    await server.listener.close()
    expect(await ear.closed).toBe('closed by the other side')
  })
})
