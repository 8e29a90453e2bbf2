import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { frameOf } from '../../../drivers/modbus/framing.ts'
import { modbusDriver, modbusServer } from '../../../drivers/modbus/index.ts'
import { rtuFraming } from '../../../drivers/modbus/rtu-framing.ts'
import { serveRequest } from '../../../drivers/modbus/serve-request.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { FastClock } from '../../peers/fast-clock.ts'
import { addressBank, type AddressBank } from './address-bank.ts'
import { asking, registers } from './memory-wire.ts'

const SETTINGS = { clock: systemClock, serial: null, answerDelayMs: 0 } as const
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

async function served(url: string, units: ReadonlyMap<number, AddressBank>): Promise<{ url: string; port: number }> {
  const server = await modbusServer.listen(url, units, SETTINGS)
  open.push(server)
  return { url: server.url, port: Number(/:(\d+)(\?|$)/.exec(server.url)?.[1]) }
}

function ask(units: ReadonlyMap<number, AddressBank>, unit: number, hex: string): string | null {
  return serveRequest(units, unit, Buffer.from(hex, 'hex'))?.toString('hex') ?? null
}

/** What a raw client gets back for `bytes` within `ms`. */
function raw(port: number, bytes: Buffer, ms = 150): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let got = ''
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('hex')
    })
    socket.on('error', () => undefined)
    setTimeout(() => {
      socket.destroy()
      resolve(got)
    }, ms)
  })
}

describe('a served device', () => {
  it('answers the standard functions', () => {
    const units = new Map([[1, addressBank()]])
    expect(ask(units, 1, '0300640002')).toBe('030400640065')
    expect(ask(units, 1, '0400640001')).toBe('04020064')
    expect(ask(units, 1, '010000000a')).toBe('01024902')
    expect(ask(units, 1, '060005002a')).toBe('060005002a')
    expect(ask(units, 1, '0500010000')).toBe('0500010000')
    expect(ask(units, 1, '10000700020400080009')).toBe('1000070002')
    // (5 AND F2) OR (25 AND NOT F2), the example of 6.16, on a register that holds 0x12.
    expect(ask(units, 1, '0600040012')).toBe('0600040012')
    expect(ask(units, 1, '16000400f20025')).toBe('16000400f20025')
    expect(ask(units, 1, '0300040001')).toBe('03020017')
    expect(ask(units, 1, '170004000100040001020099')).toBe('17020099')
    expect(ask(units, 1, '2b0e0100')).toBe(
      `2b0e01810000030009${Buffer.from('ampbridge').toString('hex')}0104${Buffer.from('bank').toString('hex')}0203${Buffer.from('1.0').toString('hex')}`,
    )
  })

  it('refuses with exceptions: 1 unknown function, 2 no such register, 3 wrong count', () => {
    const units = new Map([[1, addressBank()]])
    expect(ask(units, 1, '5a00')).toBe('da01')
    expect(ask(units, 1, '03ea600001')).toBe('8302')
    expect(ask(units, 1, '0300000000')).toBe('8303')
    expect(ask(units, 1, '10000000020400080')).toBe('9003')
    expect(ask(units, 1, '1000000002020008')).toBe('9003')
  })

  it('answers exception 4 when its memory breaks, and never ends the process', () => {
    const broken = { ...addressBank(), read: () => [] }
    expect(ask(new Map([[1, broken]]), 1, '0300000001')).toBe('8304')
    const throwing = {
      ...addressBank(),
      read: (): readonly number[] => {
        throw new Error('a fault')
      },
    }
    expect(ask(new Map([[1, throwing]]), 1, '0300000001')).toBe('8304')
  })

  it('keeps silent for units that are not there, and takes broadcasts for all', () => {
    const units = new Map([
      [1, addressBank()],
      [2, addressBank()],
    ])
    expect(ask(units, 3, '0300000001')).toBeNull()
    expect(ask(units, 0, '0300000001')).toBeNull()
    expect(ask(units, 0, '0600050063')).toBeNull()
    expect([...units.values()].map((bank) => bank.writes.map((write) => write.words))).toEqual([[[99]], [[99]]])
    const zero = new Map([...units, [0, addressBank()] as const])
    expect(ask(zero, 0, '0300050001')).toBe('03020005')
  })
})

describe('a server', () => {
  it('serves 32 clients at once and turns the next one away', async () => {
    const { port } = await served('tcp://127.0.0.1:0', new Map([[1, addressBank()]]))
    const sockets = await Promise.all(
      Array.from(
        { length: 32 },
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => resolve(socket))
          }),
      ),
    )
    const extra = connect(port, '127.0.0.1')
    extra.on('error', () => undefined)
    await new Promise((resolve) => extra.once('close', resolve))
    const answers = await Promise.all(
      sockets.map(
        (socket, index) =>
          new Promise<string>((resolve) => {
            socket.once('data', (chunk: Buffer) => resolve(chunk.toString('hex')))
            socket.write(Buffer.from(`00${index.toString(16).padStart(2, '0')}00000006010300010001`, 'hex'))
          }),
      ),
    )
    expect(answers[31]).toBe('001f000000050103020001')
    for (const socket of sockets) socket.destroy()
  })

  it('of a device that takes one client turns the second one away', async () => {
    const server = await modbusServer.listen('tcp://127.0.0.1:0', new Map([[1, addressBank()]]), {
      ...SETTINGS,
      clients: 1,
    })
    open.push(server)
    const port = Number(/:(\d+)(\?|$)/.exec(server.url)?.[1])
    const question = Buffer.from('000100000006010300640001', 'hex')
    const first = raw(port, question, 300)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await raw(port, question)).toBe('')
    expect(await first).toBe('0001000000050103020064')
  })

  it('hangs up on a client that does not speak Modbus, and others do not notice', async () => {
    const { url, port } = await served('tcp://127.0.0.1:0', new Map([[1, addressBank()]]))
    const link = modbusDriver.open(url, { clock: systemClock, random: Math.random, serial: null, echo: false })
    open.push(link)
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(await link.read(registers(1, 5, 1), asking())).toEqual([5])
  })

  it('tells an unknown function on RTU from noise by the silence behind it', async () => {
    const { port } = await served('rtu+tcp://127.0.0.1:0', new Map([[1, addressBank()]]))
    const unknown = frameOf(rtuFraming, 0, 1, Buffer.from([90, 1, 2]))
    expect(await raw(port, unknown)).toBe(frameOf(rtuFraming, 0, 1, Buffer.from([0xda, 1])).toString('hex'))
    expect(await raw(port, Buffer.from([0xff, 0x00, 0x13]))).toBe('')
    const read = frameOf(rtuFraming, 0, 1, Buffer.from('0300070001', 'hex'))
    expect(await raw(port, Buffer.concat([Buffer.from([0x00]), read]))).toContain('0103020007')
  })

  it('of a bus with a speed takes the time that the wires would take, for all clients together', async () => {
    const { url } = await served(
      'rtu+tcp://127.0.0.1:0?baud=9600&format=8N1',
      new Map([
        [1, addressBank()],
        [2, addressBank()],
      ]),
    )
    const links = [0, 1].map(() =>
      modbusDriver.open(url, { clock: systemClock, random: Math.random, serial: null, echo: false }),
    )
    open.push(...links)
    const started = performance.now()
    await Promise.all(links.map((link, index) => link.read(registers(index + 1, 0, 20), asking())))
    // Twice 8 + 45 characters of 1.04 ms and the silences. Only the lower bound: a test must not time the machine.
    expect(performance.now() - started).toBeGreaterThan(110)
  })

  it('of a bus hangs up on a client that floods it, and the others get their answers', async () => {
    const clock = new FastClock(50)
    const server = await modbusServer.listen('rtu+tcp://127.0.0.1:0', new Map([[1, addressBank()]]), {
      clock,
      serial: null,
      answerDelayMs: 100,
    })
    open.push({ close: () => Promise.resolve(clock.stop()) }, server)
    const link = modbusDriver.open(server.url, { clock: systemClock, random: () => 0, serial: null, echo: false })
    open.push(link)
    const patient = asking({ timeoutMs: 15_000 })
    expect(await link.read(registers(1, 5, 1), patient)).toEqual([5])
    const question = frameOf(rtuFraming, 0, 1, Buffer.from('0300070001', 'hex'))
    const flooder = connect(Number(new URL(server.url.replace('rtu+tcp', 'http')).port), '127.0.0.1', () =>
      flooder.write(Buffer.concat(Array.from({ length: 80 }, () => question))),
    )
    flooder.on('error', () => undefined)
    await new Promise((resolve) => flooder.once('close', resolve))
    const from = clock.monotonic()
    expect(await link.read(registers(1, 6, 1), patient)).toEqual([6])
    expect(link.counters.reconnects).toBe(0)
    // What the flooder had asked for is forgotten with it: 64 answers would have taken 6.4 s.
    expect(clock.monotonic() - from).toBeLessThan(3000)
  })

  it('cannot listen where another one does', async () => {
    const { url } = await served('tcp://127.0.0.1:0', new Map())
    await expect(modbusServer.listen(url, new Map(), SETTINGS)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
    await expect(modbusServer.listen('rtu:/dev/no-such-port', new Map(), SETTINGS)).rejects.toMatchObject({
      code: 'LINK_UNREACHABLE',
    })
  })
})
