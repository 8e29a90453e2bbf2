import { describe, expect, it } from 'vitest'

import { dsmrDecoder, writeDsmr } from '../../../drivers/telegram/dsmr.ts'
import { telegramLink } from '../../../drivers/telegram/link.ts'
import { listening } from '../../../drivers/telegram/reception.ts'
import type { TraceEntry } from '../../../src/model/driver.ts'
import { asking, MemoryLine, outcome } from './memory-line.ts'

const TELEGRAM = { kind: 'telegram' } as const
const power = (kilowatts: number) => new Map([['1-0:1.7.0', { value: kilowatts, unit: 'kW' }]])
const KEEP_MS = 60_000

function bench({ network = false, strip = false, prepare = (_line: MemoryLine): void => undefined } = {}) {
  const line = new MemoryLine()
  prepare(line)
  const link = telegramLink({
    url: 'memory:dsmr',
    dial: line.dial,
    backOff: { firstMs: 100, limitMs: 1000 },
    keepMs: KEEP_MS,
    settings: { clock: line.clock, random: () => 1, serial: null, echo: false },
    reception: (events) => listening(dsmrDecoder(events), line.clock, strip, network),
  })
  return { line, clock: line.clock, link }
}

describe('a link to a meter that speaks by itself', () => {
  it('answers with the newest telegram and the time it came', async () => {
    const { line, clock, link } = bench()
    await clock.settle()
    line.receive(writeDsmr(power(1)))
    await clock.advance(5000)
    line.receive(writeDsmr(power(2)))
    await clock.advance(700)
    expect(await link.ask(TELEGRAM, asking())).toEqual({ body: power(2), at: 5000 })
    expect(link.state).toBe('open')
    expect(link.counters).toEqual({ requests: 1, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 })
    await link.close()
  })

  it('waits for the first one, with everybody who asks', async () => {
    const { line, clock, link } = bench()
    const calls = [link.ask(TELEGRAM, asking()), link.ask(TELEGRAM, asking())]
    await clock.advance(900)
    line.receive(writeDsmr(power(1)))
    for (const answer of await Promise.all(calls)) expect(answer).toEqual({ body: power(1), at: 900 })
    await link.close()
  })

  it('tells silence, broken telegrams and a missing connection apart', async () => {
    const { line, clock, link } = bench()
    const silent = outcome(link.ask(TELEGRAM, asking()))
    await clock.advance(1000)
    expect(await silent).toBe('DEVICE_TIMEOUT')
    const broken = link.ask(TELEGRAM, asking())
    const damaged = writeDsmr(power(1))
    damaged[20] = 0x39
    line.receive(damaged)
    const failed = expect(broken).rejects.toMatchObject({
      code: 'DEVICE_BAD_ANSWER',
      message: 'memory:dsmr: no whole telegram: wrong check sum',
    })
    await clock.advance(1000)
    await failed
    line.refuse = true
    line.hangUp()
    await clock.settle()
    const away = outcome(link.ask(TELEGRAM, asking()))
    await clock.advance(1000)
    expect(await away).toBe('LINK_UNREACHABLE')
    expect(link.counters).toMatchObject({ requests: 3, timeouts: 2, badAnswers: 1 })
    await link.close()
  })

  it('does not answer with what a silent meter said long ago', async () => {
    const { line, clock, link } = bench()
    await clock.settle()
    line.receive(writeDsmr(power(1)))
    await clock.advance(KEEP_MS)
    expect(await link.ask(TELEGRAM, asking())).toEqual({ body: power(1), at: 0 })
    await clock.advance(1)
    const stale = outcome(link.ask(TELEGRAM, asking()))
    await clock.advance(1000)
    expect(await stale).toBe('DEVICE_TIMEOUT')
    await link.close()
  })

  it('lets go of its wire when it closes', async () => {
    const { line, clock, link } = bench()
    await clock.settle()
    expect(line.open).toBe(1)
    await link.close()
    expect([line.open, clock.sleeping]).toEqual([0, 0])
  })

  it('comes back by itself, at once after a good connection and more slowly each time nobody is there', async () => {
    const { line, clock, link } = bench()
    await clock.settle()
    line.receive(writeDsmr(power(1)))
    line.refuse = true
    line.hangUp()
    const dials: number[] = []
    for (let now = 0; now <= 2000; now += 100) {
      if (line.dials > dials.length + 1) dials.push(now)
      await clock.advance(100)
    }
    // Waits of 100, 200, 400 and 800 ms.
    expect(dials).toEqual([100, 300, 700, 1500])
    line.refuse = false
    await clock.advance(1000)
    expect(link.state).toBe('open')
    expect(link.counters.reconnects).toBe(1)
    await link.close()
  })

  it('tells those who wait that nobody is there as soon as it knows', async () => {
    const { link } = bench({ prepare: (line) => (line.refuse = true) })
    expect(await outcome(link.ask(TELEGRAM, asking(60_000)))).toBe('LINK_UNREACHABLE')
    await link.close()
  })

  it('gives up a dialling that never ends', async () => {
    const { line, clock, link } = bench({ prepare: (each) => (each.hang = true) })
    const call = outcome(link.ask(TELEGRAM, asking(60_000)))
    await clock.advance(5000)
    expect(await call).toBe('LINK_UNREACHABLE')
    line.hang = false
    await clock.advance(100)
    expect(link.state).toBe('open')
    await link.close()
  })

  it('dials a gateway anew that has been silent for two minutes, and leaves a serial port alone', async () => {
    for (const network of [true, false]) {
      const { line, clock, link } = bench({ network })
      await clock.settle()
      line.receive(writeDsmr(power(1)))
      await clock.advance(119_000)
      line.receive(Buffer.from('x'))
      await clock.advance(119_000)
      expect(line.dials).toBe(1)
      await clock.advance(2000)
      expect(line.dials).toBe(network ? 2 : 1)
      await link.close()
    }
  })

  it('hears a meter of 7E1 through an adapter of 8N1', async () => {
    const { line, clock, link } = bench({ strip: true })
    await clock.settle()
    line.receive(Buffer.from(writeDsmr(power(1)).map((byte) => byte | 0x80)))
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: power(1) })
    await link.close()
  })

  it('forgets half a telegram when the connection is another one', async () => {
    const { line, clock, link } = bench()
    await clock.settle()
    const telegram = writeDsmr(power(1))
    line.receive(telegram.subarray(0, 25))
    line.hangUp()
    await clock.advance(100)
    line.receive(telegram.subarray(25))
    line.receive(telegram)
    expect(await link.ask(TELEGRAM, asking())).toMatchObject({ body: power(1) })
    expect(link.counters).toMatchObject({ badAnswers: 0, reconnects: 1 })
    await link.close()
  })

  it('shows whole telegrams and what was thrown away while somebody listens', async () => {
    const { line, clock, link } = bench()
    const entries: TraceEntry[] = []
    link.trace(() => {
      throw new Error('a listener with a fault of its own')
    })
    const stop = link.trace((each) => entries.push(each))
    await clock.settle()
    const telegram = writeDsmr(power(1))
    const damaged = Buffer.from(telegram)
    damaged[20] = 0x39
    line.receive(Buffer.concat([damaged, telegram]))
    stop()
    line.receive(telegram)
    expect(entries.map(({ direction, note, bytes }) => [direction, note, bytes.length])).toEqual([
      ['event', 'open', 0],
      ['received', 'wrong check sum', telegram.length],
      ['received', '', telegram.length],
    ])
    await link.close()
  })
})
