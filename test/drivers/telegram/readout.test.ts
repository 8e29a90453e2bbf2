/** An IEC 62056-21 meter that is asked, on a line where both ends must have the same speed. */
import { describe, expect, it } from 'vitest'

import { withParity, writeBlock } from '../../../drivers/telegram/iec-block.ts'
import { readoutServer } from '../../../drivers/telegram/iec-server.ts'
import { telegramLink } from '../../../drivers/telegram/link.ts'
import { asking as reading } from '../../../drivers/telegram/readout.ts'
import type { ReadoutOptions } from '../../../drivers/telegram/url.ts'
import type { DocumentBank, TraceEntry } from '../../../src/model/driver.ts'
import type { SerialLine } from '../../../src/wire/serial-line.ts'
import { asking, MemoryLine, outcome } from './memory-line.ts'

const TELEGRAM = { kind: 'telegram' } as const
const OPTICAL: SerialLine = { baud: 300, dataBits: 7, parity: 'even', stopBits: 1 }
const OPTIONS: ReadoutOptions = { mode: 'C', everyMs: 60_000, device: '' }
const VALUES = new Map([['1-0:1.8.0', { value: 123.456, unit: 'kWh' }]])
const BANK: DocumentBank = {
  answer: () => null,
  topics: () => new Map(),
  hear: () => undefined,
  telegram: () => VALUES,
}

function bench(options: Partial<ReadoutOptions> = {}, line: SerialLine = OPTICAL, network = false) {
  const memory = new MemoryLine()
  if (!network) memory.baud = { link: line.baud, meter: line.baud }
  const readout = { ...OPTIONS, ...options }
  const link = telegramLink({
    url: 'memory:iec62056',
    dial: memory.dial,
    backOff: { firstMs: 100, limitMs: 1000 },
    keepMs: 180_000,
    settings: { clock: memory.clock, random: () => 1, serial: null, echo: false },
    reception: (events, record) => reading(line, readout, events, record, memory.clock),
  })
  const entries: TraceEntry[] = []
  link.trace((entry) => entries.push(entry))
  return {
    memory,
    clock: memory.clock,
    link,
    entries,
    /** Puts our own meter at the other end. */
    serve: (own: Partial<ReadoutOptions> = {}) => {
      const life = new AbortController()
      const meter = readoutServer(BANK, { ...OPTIONS, ...own }, line, memory.clock)
      memory.meter = meter.bytes
      void meter.run(memory.meterWire, life.signal)
      return life
    },
    /** Ends the link, also when time stands still. */
    end: () => link.close(),
  }
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1')

describe('a read-out', () => {
  it('of mode C signs on at 300 baud, agrees on a speed, and goes over to it', async () => {
    const { memory, clock, link, serve, end } = bench()
    serve()
    const call = link.ask(TELEGRAM, asking(10_000))
    await clock.advance(2000)
    expect(await call).toMatchObject({ body: VALUES })
    expect(memory.sent.map(text)).toEqual(['/?!\r\n', '\x06050\r\n'])
    expect(memory.baud).toEqual({ link: 9600, meter: 300 })
    await end()
  })

  it('begins anew at 300 baud, every minute', async () => {
    const { memory, clock, link, serve, end } = bench()
    serve()
    await clock.advance(59_000)
    expect(memory.sent).toHaveLength(2)
    await clock.advance(123_000)
    expect(memory.sent).toHaveLength(8)
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    expect(link.counters.badAnswers).toBe(0)
    await end()
  })

  it('over a socket asks the meter to stay at the speed that the gateway has', async () => {
    const { memory, clock, link, serve, end } = bench({}, { ...OPTICAL, baud: 2400 }, true)
    serve()
    await clock.advance(1000)
    expect(memory.sent.map(text)).toEqual(['/?!\r\n', '\x06030\r\n'])
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    await end()
  })

  it('of mode A selects nothing', async () => {
    const { memory, clock, link, serve, end } = bench()
    serve({ mode: 'A' })
    await clock.advance(3000)
    expect(memory.sent).toHaveLength(1)
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    await end()
  })

  it('of mode B changes the speed unasked', async () => {
    const { memory, clock, link, end } = bench()
    memory.meter = () => {
      memory.receive(Buffer.from('/ABCC\r\n'))
    }
    await clock.advance(1000)
    expect(memory.baud).toEqual({ link: 2400, meter: 300 })
    expect(memory.sent).toHaveLength(1)
    memory.receive(writeBlock(VALUES))
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    await end()
  })

  it('works through an adapter of 8N1, which carries the parity in its eighth bit', async () => {
    const { memory, clock, link, serve, end } = bench({}, { ...OPTICAL, dataBits: 8, parity: 'none' })
    serve()
    await clock.advance(3000)
    // '/' has five ones, '?' six, '!' two.
    expect(memory.sent[0]).toEqual(Buffer.from([0xaf, 0x3f, 0x21, 0x8d, 0x0a]))
    expect(withParity(Buffer.from([0x2f]))).toEqual(Buffer.from([0xaf]))
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    await end()
  })

  it('asks one meter of several by its address', async () => {
    const { memory, clock, link, serve, end } = bench({ device: '00012345' })
    serve({ device: '00099999' })
    await clock.advance(5000)
    expect(memory.sent.map(text)).toEqual(['/?00012345!\r\n'])
    serve({ device: '00012345' })
    await clock.advance(10_000)
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    await end()
  })

  it('passes over the echo of an optical head', async () => {
    const { memory, clock, link, serve, end } = bench()
    serve()
    const meter = memory.meter
    memory.meter = (bytes) => {
      memory.receive(bytes)
      meter(bytes)
    }
    await clock.advance(3000)
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    await end()
  })

  it('of a meter that is silent is a time-out, and is tried again', async () => {
    const { memory, clock, link, entries, serve, end } = bench()
    const call = outcome(link.ask(TELEGRAM, asking(5000)))
    await clock.advance(5000)
    expect(await call).toBe('DEVICE_TIMEOUT')
    expect(link.counters.badAnswers).toBe(0)
    expect(entries.map(({ note }) => note)).toContain('no identification came: nothing at all')
    serve()
    await clock.advance(8000)
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: VALUES })
    expect(memory.dials).toBe(1)
    await end()
  })

  it('of a silent gateway makes a new connection', async () => {
    const { memory, clock, link, end } = bench({}, OPTICAL, true)
    await clock.advance(3100)
    expect(memory.dials).toBe(2)
    expect(link.counters.reconnects).toBe(1)
    await end()
  })

  it.each([
    ['nonsense', Buffer.from('??????\r\n'), 'no identification among 8 bytes'],
    ['another speed after the option select', null, 'no data block among'],
  ])('with %s is a bad answer', async (_name, answer, why) => {
    const { memory, clock, link, end } = bench()
    let asked = 0
    memory.meter = () => {
      asked += 1
      if (asked === 1) memory.receive(answer ?? Buffer.from('/ABC5x\r\n'))
      else if (answer === null) void memory.transmit(writeBlock(VALUES))
    }
    const call = link.ask(TELEGRAM, asking(8000))
    const failed = expect(call).rejects.toMatchObject({
      code: 'DEVICE_BAD_ANSWER',
      message: expect.stringContaining(why),
    })
    await clock.advance(8000)
    await failed
    expect(link.counters.badAnswers).toBe(1)
    await end()
  })

  it('with a wrong check character is thrown away', async () => {
    const { memory, clock, link, entries, end } = bench({ mode: 'A' })
    const block = writeBlock(VALUES)
    block[block.length - 1] = 0
    memory.meter = () => {
      memory.receive(Buffer.concat([Buffer.from('/ABCXx\r\n'), block]))
    }
    await clock.advance(1000)
    expect(link.counters.badAnswers).toBe(1)
    expect(entries.map(({ direction, note }) => [direction, note])).toEqual([
      ['event', 'open'],
      ['sent', ''],
      ['received', ''],
      ['received', 'wrong check character'],
    ])
    await end()
  })

  it('without end is given up', async () => {
    const { memory, clock, link, end } = bench({ mode: 'A' })
    memory.meter = () => {
      memory.meter = () => undefined
      memory.receive(Buffer.from('/ABCXx\r\n\x02'))
      for (let block = 0; block < 100; block += 1) memory.receive(Buffer.alloc(1000, 0x41))
    }
    await clock.advance(4000)
    expect(link.counters.badAnswers).toBe(1)
    await end()
  })

  it('ends with the link, in the middle', async () => {
    const { clock, link, memory } = bench()
    await clock.advance(100)
    await link.close()
    expect(memory.open).toBe(0)
  })
})
