/**
 * The link against a slave that lies, and behind a network that spoils, over real sockets. Time moves with the turns of the event loop
 * and faster than the day: waiting is short, and a machine that has no time for us makes no time-outs.
 */
import { afterEach, describe, expect, it } from 'vitest'

import { modbusDriver, modbusServer, type ModbusLink } from '../../../drivers/modbus/index.ts'
import { type Clock, systemClock } from '../../../src/model/clock.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import { chaosProxy } from '../../peers/chaos-proxy.ts'
import { FastClock } from '../../peers/fast-clock.ts'
import { honestly, rogueSlave, type Misbehaviour, type RogueFraming } from '../../peers/rogue-slave.ts'
import { addressBank } from './address-bank.ts'
import { asking, registers } from './memory-wire.ts'

/** For what is expected to fail. */
const QUICK = { timeoutMs: 300, retries: 0 }
/** For what is expected to come. */
const PATIENT = { timeoutMs: 10_000, retries: 0 }
const SPEED = 20
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function clockOf(speed: number): FastClock {
  const clock = new FastClock(speed)
  open.push({
    close: () => {
      clock.stop()
      return Promise.resolve()
    },
  })
  return clock
}

function linkTo(scheme: string, port: number, clock: Clock = clockOf(SPEED)): ModbusLink {
  const link = modbusDriver.open(`${scheme}://127.0.0.1:${port}`, {
    clock,
    random: () => 0,
    serial: null,
    echo: false,
  })
  open.push(link)
  return link
}

async function rogue(
  framing: RogueFraming,
  behave: Misbehaviour,
  clock?: Clock,
): Promise<{ link: ModbusLink; connections: () => number; babble: (bytes: Buffer) => void }> {
  const slave = await rogueSlave(framing, behave)
  open.push(slave)
  return {
    link: linkTo(framing === 'tcp' ? 'tcp' : 'rtu+tcp', slave.port, clock),
    connections: () => slave.connections,
    babble: (bytes) => slave.babble(bytes),
  }
}

/** Values or the error's code. */
async function read(link: ModbusLink, address: number, count = 2, timing = QUICK): Promise<unknown> {
  try {
    return await link.read(registers(1, address, count), asking(timing))
  } catch (error) {
    return isBridgeError(error) ? error.code : error
  }
}

/** A slave that takes `delayMs` of `clock` for the answer to request number `index`. */
function slowly(clock: Clock, delayMs: (index: number) => number): Misbehaviour {
  const { signal } = new AbortController()
  return (request, socket) => {
    const answer = (): void => {
      if (!socket.destroyed) socket.write(honestly(request))
    }
    clock.sleep(delayMs(request.index), signal).then(answer, answer)
  }
}

describe.each(['tcp', 'rtu'] as const)('a rogue slave over %s', (framing) => {
  it.each([310, 450, 2900])('that answers %i ms late never has register 0 shown as register 100', async (lateMs) => {
    const clock = clockOf(SPEED)
    const { link } = await rogue(
      framing,
      slowly(clock, (index) => (index === 0 ? lateMs : 20)),
      clock,
    )
    expect(await read(link, 0)).toBe('DEVICE_TIMEOUT')
    for (let turn = 0; turn < 4; turn += 1) expect(await read(link, 100, 2, PATIENT)).toEqual([100, 101])
  })

  it.each([320, 450, 700])(
    'that takes %i ms, always more than the time-out, never gives a wrong value',
    async (lateMs) => {
      const clock = clockOf(SPEED)
      const { link } = await rogue(
        framing,
        slowly(clock, () => lateMs),
        clock,
      )
      for (const [retries, address] of [0, 100, 200, 300, 400, 500].entries()) {
        const value = await read(link, address, 2, { timeoutMs: 300, retries: retries % 3 })
        if (Array.isArray(value)) expect(value).toEqual([address, address + 1])
      }
    },
  )

  it('that answers byte by byte, or twice in one segment, is understood', async () => {
    const { link } = await rogue(
      framing,
      (request, socket) => {
        const bytes = honestly(request)
        if (request.index % 2 === 0) {
          for (const [index, byte] of bytes.entries()) setTimeout(() => socket.write(Buffer.from([byte])), index)
        } else socket.write(Buffer.concat([bytes, bytes]))
      },
      clockOf(1),
    )
    for (const address of [0, 100, 200, 300])
      expect(await read(link, address, 2, PATIENT)).toEqual([address, address + 1])
  })

  it.each([
    ['of another unit', { unit: 9 }, null],
    ['with too few registers', {}, [3, 2, 0, 0]],
    ['with too many registers', {}, [3, 6, 0, 0, 0, 1, 0, 2]],
    ['of another function', {}, [4, 4, 0, 0, 0, 1]],
    ['that echoes the request', {}, [3, 0, 0, 0, 2]],
    ['with a function of 0x80 only', {}, [0x80, 0x80]],
  ] as const)('that answers with a frame %s is refused, and the next read is right', async (_name, lies, pdu) => {
    const { link } = await rogue(framing, (request, socket) => {
      socket.write(
        request.index === 0 ? request.wrap(pdu === null ? request.honest : Buffer.from(pdu), lies) : honestly(request),
      )
    })
    expect(await read(link, 0)).toMatch(/DEVICE_BAD_ANSWER|DEVICE_TIMEOUT/)
    expect(await read(link, 100, 2, PATIENT)).toEqual([100, 101])
  })

  it('that sends a mebibyte keeps nobody: the next read is right', async () => {
    const { link } = await rogue(framing, (request, socket) => {
      if (request.index > 0) socket.write(honestly(request))
      else socket.write(Buffer.alloc(1024 * 1024, framing === 'tcp' ? 0 : 0x41))
    })
    // On TCP it hangs up and reads once more, which may already bring the right value.
    expect([[0, 1], 'DEVICE_BAD_ANSWER', 'DEVICE_TIMEOUT', 'LINK_CLOSED']).toContainEqual(await read(link, 0))
    expect(await read(link, 100, 2, PATIENT)).toEqual([100, 101])
  })

  it('that cuts its answer short is refused, and the next read is right', async () => {
    const { link } = await rogue(framing, (request, socket) => {
      socket.write(request.index === 0 ? honestly(request).subarray(0, -3) : honestly(request))
    })
    expect(await read(link, 0)).toMatch(/DEVICE_BAD_ANSWER|DEVICE_TIMEOUT/)
    // On TCP the rest of the stream has lost its frame: hanging up and asking again is allowed to cost one read.
    const next = await read(link, 100)
    expect([[100, 101], 'DEVICE_BAD_ANSWER', 'DEVICE_TIMEOUT']).toContainEqual(next)
    expect(await read(link, 200, 2, PATIENT)).toEqual([200, 201])
  })
})

describe('a rogue slave', () => {
  it.each([
    ['length 0', '000000000000'],
    ['length 65535', '00000000ffff01'],
    ['protocol id 0xFFFF', '0000ffff000401'],
  ])('with MBAP %s is left, and the same read is right on a new connection', async (_name, hex) => {
    const { link, connections } = await rogue('tcp', (request, socket) => {
      socket.write(request.index === 0 ? Buffer.from(hex, 'hex') : honestly(request))
    })
    expect(await read(link, 100, 2, PATIENT)).toEqual([100, 101])
    expect(connections()).toBe(2)
  })

  it('that babbles on a bus delays it no longer than it babbles', async () => {
    const { link, babble } = await rogue(
      'rtu',
      (request, socket) => {
        socket.write(honestly(request))
      },
      clockOf(1),
    )
    expect(await read(link, 0, 2, PATIENT)).toEqual([0, 1])
    let left = 100
    const timer = setInterval(() => {
      babble(Buffer.from([0x01, 0x03, 0x04, 0x55]))
      if (--left === 0) clearInterval(timer)
    }, 1)
    expect(await read(link, 100, 2, { timeoutMs: 2000, retries: 20 })).toEqual([100, 101])
    clearInterval(timer)
  })

  it('that is not there is told at once, and works when it comes', async () => {
    const slave = await rogueSlave('tcp', (request, socket) => socket.write(honestly(request)))
    const { port } = slave
    await slave.close()
    const link = linkTo('tcp', port)
    expect(await read(link, 0)).toBe('LINK_UNREACHABLE')
    open.push(
      await modbusServer.listen(`tcp://127.0.0.1:${port}`, new Map([[1, addressBank()]]), {
        clock: systemClock,
        serial: null,
        answerDelayMs: 0,
      }),
    )
    let value: unknown = null
    while (!Array.isArray(value)) value = await read(link, 100, 2, PATIENT)
    expect(value).toEqual([100, 101])
  })
})

describe('behind a bad network', () => {
  it('values stay right while bytes come one by one, turned, doubled or cut, and connections are reset', async () => {
    const clock = clockOf(10)
    const server = await modbusServer.listen('rtu+tcp://127.0.0.1:0', new Map([[1, addressBank()]]), {
      clock,
      serial: null,
      answerDelayMs: 0,
    })
    open.push(server)
    // A fixed sequence of random numbers (Lehmer), so that each run is the same as far as sockets allow.
    let seed = 42
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647
    const proxy = await chaosProxy('127.0.0.1', Number(new URL(server.url.replace('rtu+tcp', 'http')).port), random)
    open.push(proxy)
    const link = linkTo('rtu+tcp', proxy.port, clock)
    let right = 0
    for (let turn = 0; turn < 80; turn += 1) {
      proxy.chaos.splitBytes = turn % 10 === 3 ? 1 : 0
      proxy.chaos.corrupt = 0.05
      proxy.chaos.duplicate = 0.02
      proxy.chaos.truncate = 0.02
      if (turn % 20 === 19) proxy.reset()
      const address = (turn * 37) % 1000
      const value = await read(link, address, 2, { timeoutMs: 500, retries: 2 })
      if (Array.isArray(value)) {
        expect(value).toEqual([address, address + 1])
        right += 1
      }
    }
    expect(right).toBeGreaterThan(70)
    expect(link.counters.badAnswers).toBeGreaterThan(0)
  })

  it('a frozen device times out, and answers again when it thaws', async () => {
    const slave = await rogueSlave('tcp', (request, socket) => socket.write(honestly(request)))
    open.push(slave)
    const proxy = await chaosProxy('127.0.0.1', slave.port, () => 0.99)
    open.push(proxy)
    const link = linkTo('tcp', proxy.port)
    expect(await read(link, 0, 2, PATIENT)).toEqual([0, 1])
    proxy.chaos.frozen = true
    for (let turn = 0; turn < 4; turn += 1)
      expect(await read(link, 0, 2, { timeoutMs: 2000, retries: 0 })).toBe('DEVICE_TIMEOUT')
    proxy.chaos.frozen = false
    expect(await read(link, 100, 2, PATIENT)).toEqual([100, 101])
  })
})
