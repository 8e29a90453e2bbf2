/** The link against a slave that lies, and behind a network that spoils, over real sockets. */
import { afterEach, describe, expect, it } from 'vitest'

import { modbusDriver, modbusServer, type ModbusLink } from '../../../drivers/modbus/index.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import { chaosProxy } from '../../peers/chaos-proxy.ts'
import { honestly, rogueSlave, type Misbehaviour, type RogueFraming } from '../../peers/rogue-slave.ts'
import { addressBank } from './address-bank.ts'
import { asking, registers } from './memory-wire.ts'

const QUICK = { timeoutMs: 150, retries: 0 }
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function linkTo(scheme: string, port: number): ModbusLink {
  const link = modbusDriver.open(`${scheme}://127.0.0.1:${port}`, {
    clock: systemClock,
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
): Promise<{ link: ModbusLink; connections: () => number; babble: (bytes: Buffer) => void }> {
  const slave = await rogueSlave(framing, behave)
  open.push(slave)
  return {
    link: linkTo(framing === 'tcp' ? 'tcp' : 'rtu+tcp', slave.port),
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

describe.each(['tcp', 'rtu'] as const)('a rogue slave over %s', (framing) => {
  it('that answers late never has register 0 shown as register 100', async () => {
    for (const lateness of [200, 290, 400]) {
      const { link } = await rogue(framing, (request, socket) => {
        if (request.index === 0) setTimeout(() => socket.write(honestly(request)), lateness)
        else setTimeout(() => socket.write(honestly(request)), 20)
      })
      expect(await read(link, 0)).toBe('DEVICE_TIMEOUT')
      for (let turn = 0; turn < 4; turn += 1)
        expect([[100, 101], 'DEVICE_TIMEOUT']).toContainEqual(await read(link, 100))
      await pause(lateness)
      expect(await read(link, 100)).toEqual([100, 101])
    }
  })

  it('that always answers later than the time-out never gives a wrong value', async () => {
    const { link } = await rogue(framing, (request, socket) => {
      setTimeout(() => socket.write(honestly(request)), 220)
    })
    for (const address of [0, 100, 200, 300, 400, 500]) {
      const value = await read(link, address)
      if (Array.isArray(value)) expect(value).toEqual([address, address + 1])
    }
  })

  it('that answers byte by byte, or twice in one segment, is understood', async () => {
    const { link } = await rogue(framing, (request, socket) => {
      const bytes = honestly(request)
      if (request.index % 2 === 0) {
        for (const [index, byte] of bytes.entries()) setTimeout(() => socket.write(Buffer.from([byte])), index)
      } else socket.write(Buffer.concat([bytes, bytes]))
    })
    for (const address of [0, 100, 200, 300])
      expect(await read(link, address, 2, { timeoutMs: 1000, retries: 0 })).toEqual([address, address + 1])
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
    expect(await read(link, 100)).toEqual([100, 101])
  })

  it('that sends a mebibyte keeps nobody: the next read is right', async () => {
    const { link } = await rogue(framing, (request, socket) => {
      if (request.index > 0) socket.write(honestly(request))
      else socket.write(Buffer.alloc(1024 * 1024, framing === 'tcp' ? 0 : 0x41))
    })
    // On TCP it hangs up and reads once more, which may already bring the right value.
    expect([[0, 1], 'DEVICE_BAD_ANSWER', 'DEVICE_TIMEOUT', 'LINK_CLOSED']).toContainEqual(await read(link, 0))
    expect(await read(link, 100, 2, { timeoutMs: 1000, retries: 0 })).toEqual([100, 101])
  })

  it('that cuts its answer short is refused, and the next read is right', async () => {
    const { link } = await rogue(framing, (request, socket) => {
      socket.write(request.index === 0 ? honestly(request).subarray(0, -3) : honestly(request))
    })
    expect(await read(link, 0)).toMatch(/DEVICE_BAD_ANSWER|DEVICE_TIMEOUT/)
    // On TCP the rest of the stream has lost its frame: hanging up and asking again is allowed to cost one read.
    const next = await read(link, 100)
    expect([[100, 101], 'DEVICE_BAD_ANSWER', 'DEVICE_TIMEOUT']).toContainEqual(next)
    expect(await read(link, 200)).toEqual([200, 201])
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
    expect(await read(link, 100)).toEqual([100, 101])
    expect(connections()).toBe(2)
  })

  it('that babbles on a bus delays it no longer than it babbles', async () => {
    const { link, babble } = await rogue('rtu', (request, socket) => {
      socket.write(honestly(request))
    })
    expect(await read(link, 0)).toEqual([0, 1])
    let left = 100
    const timer = setInterval(() => {
      babble(Buffer.from([0x01, 0x03, 0x04, 0x55]))
      if (--left === 0) clearInterval(timer)
    }, 1)
    expect(await read(link, 100, 2, { timeoutMs: 2000, retries: 1 })).toEqual([100, 101])
    clearInterval(timer)
  })

  it('that is not there is told at once, and works when it comes', async () => {
    const slave = await rogueSlave('tcp', (request, socket) => socket.write(honestly(request)))
    const { port } = slave
    await slave.close()
    const link = linkTo('tcp', port)
    expect(await read(link, 0)).toBe('LINK_UNREACHABLE')
  })
})

describe('behind a bad network', () => {
  it('values stay right while bytes come one by one, turned, doubled or cut, and connections are reset', async () => {
    const server = await modbusServer.listen('rtu+tcp://127.0.0.1:0', new Map([[1, addressBank()]]), {
      clock: systemClock,
      serial: null,
      answerDelayMs: 0,
    })
    open.push(server)
    // A fixed sequence of random numbers (Lehmer), so that each run is the same as far as sockets allow.
    let seed = 42
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647
    const proxy = await chaosProxy('127.0.0.1', Number(new URL(server.url.replace('rtu+tcp', 'http')).port), random)
    open.push(proxy)
    const link = linkTo('rtu+tcp', proxy.port)
    let right = 0
    for (let turn = 0; turn < 80; turn += 1) {
      proxy.chaos.splitBytes = turn % 10 === 3 ? 1 : 0
      proxy.chaos.corrupt = 0.05
      proxy.chaos.duplicate = 0.02
      proxy.chaos.truncate = 0.02
      if (turn % 20 === 19) proxy.reset()
      const address = (turn * 37) % 1000
      const value = await read(link, address, 2, { timeoutMs: 200, retries: 2 })
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
    expect(await read(link, 0)).toEqual([0, 1])
    proxy.chaos.frozen = true
    for (let turn = 0; turn < 4; turn += 1) expect(await read(link, 0)).toBe('DEVICE_TIMEOUT')
    proxy.chaos.frozen = false
    expect(await read(link, 100)).toEqual([100, 101])
  })
})
