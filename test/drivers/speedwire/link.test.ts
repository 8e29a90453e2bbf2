import { describe, expect, it } from 'vitest'

import { writeDatagram } from '../../../drivers/speedwire/datagram.ts'
import { speedwireLink, type Listen } from '../../../drivers/speedwire/link.ts'
import { parseSpeedwireUrl } from '../../../drivers/speedwire/url.ts'
import type { RequestOptions, TraceEntry } from '../../../src/model/driver.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const TELEGRAM = { kind: 'telegram' } as const
const FIRST = 1_901_234_567
const SECOND = 1_901_234_568
const power = (watts: number, serial = FIRST) =>
  writeDatagram(new Map([['1-0:1.4.0', { value: watts, unit: 'W' }]]), serial, 0)

function asking(timeoutMs = 1000, signal = new AbortController().signal): RequestOptions {
  return { timing: { timeoutMs, pauseMs: 0, retries: 0, connectDelayMs: 0 }, urgency: 'normal', signal }
}

async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    return isBridgeError(error) ? error.code : error
  }
}

function bench(query = '') {
  const clock = new ManualClock()
  const segment = {
    refuse: false,
    openings: 0,
    open: 0,
    hear: (_bytes: Buffer): void => undefined,
    fail: (_why: string): void => undefined,
  }
  const listen: Listen = async ({ datagram, failed }) => {
    segment.openings += 1
    if (segment.refuse) throw new Error('no network that carries multicast')
    segment.open += 1
    segment.hear = datagram
    segment.fail = failed
    return {
      close: async () => {
        segment.open -= 1
      },
    }
  }
  const url = `speedwire:${query}`
  const settings = { clock, random: () => 1, serial: null, echo: false }
  const link = speedwireLink(url, parseSpeedwireUrl(url), listen, settings)
  const watts = async () => {
    const { body } = await link.ask(TELEGRAM, asking())
    return typeof body === 'string' ? body : body.get('1-0:1.4.0')?.value
  }
  return { clock, segment, link, watts }
}

describe('a link to an SMA meter', () => {
  it('answers with the newest telegram and the time it came, and waits for the first', async () => {
    const { clock, segment, link, watts } = bench()
    const first = link.ask(TELEGRAM, asking())
    await clock.advance(700)
    segment.hear(power(1))
    expect(await first).toMatchObject({ at: 700 })
    segment.hear(power(2))
    expect(await watts()).toBe(2)
    expect(link.counters).toEqual({ requests: 2, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 })
    await link.close()
  })

  it('hears only the meter whose serial number it has', async () => {
    const { clock, segment, link, watts } = bench(`?serial=${SECOND}`)
    await clock.settle()
    segment.hear(power(1, FIRST))
    const call = link.ask(TELEGRAM, asking())
    const failed = expect(call).rejects.toMatchObject({
      code: 'DEVICE_TIMEOUT',
      message: expect.stringContaining(`heard are ${FIRST}`),
    })
    await clock.advance(1000)
    await failed
    segment.hear(power(2, SECOND))
    segment.hear(power(1, FIRST))
    expect(await watts()).toBe(2)
    await link.close()
  })

  it('does not take one of several meters by chance: it names them', async () => {
    const { clock, segment, link, watts } = bench()
    await clock.settle()
    segment.hear(power(1, FIRST))
    expect(await watts()).toBe(1)
    segment.hear(power(2, SECOND))
    const call = link.ask(TELEGRAM, asking())
    const failed = expect(call).rejects.toMatchObject({
      code: 'DEVICE_BAD_ANSWER',
      message: `speedwire:: several meters are heard; say which with ?serial= ${FIRST}, ${SECOND}`,
    })
    await clock.advance(1000)
    await failed
    // The other one was taken away.
    for (let second = 0; second < 31; second += 1) {
      await clock.advance(1000)
      segment.hear(power(3, FIRST))
    }
    expect(await watts()).toBe(3)
    await link.close()
  })

  it('is not crowded out by others that send under many serial numbers', async () => {
    const { clock, segment, link, watts } = bench(`?serial=${FIRST}`)
    await clock.settle()
    for (let serial = 1; serial <= 1000; serial += 1) segment.hear(power(9, serial))
    segment.hear(power(1, FIRST))
    expect(await watts()).toBe(1)
    await link.close()
  })

  it('tells silence and broken datagrams apart, and lets others speak', async () => {
    const { clock, segment, link } = bench()
    await clock.settle()
    segment.hear(Buffer.from('hello'))
    const silent = outcome(link.ask(TELEGRAM, asking()))
    await clock.advance(1000)
    expect(await silent).toBe('DEVICE_TIMEOUT')
    segment.hear(power(1).subarray(0, 33))
    const broken = outcome(link.ask(TELEGRAM, asking()))
    await clock.advance(1000)
    expect(await broken).toBe('DEVICE_BAD_ANSWER')
    expect(link.counters).toMatchObject({ badAnswers: 1, timeouts: 2 })
    await link.close()
  })

  it('does not answer with what a silent meter said half a minute ago, and joins the group anew', async () => {
    const { clock, segment, link, watts } = bench()
    await clock.settle()
    segment.hear(power(1))
    await clock.advance(29_000)
    expect(await watts()).toBe(1)
    await clock.advance(1500)
    const stale = outcome(link.ask(TELEGRAM, asking()))
    await clock.advance(1000)
    expect(await stale).toBe('DEVICE_TIMEOUT')
    expect(segment).toMatchObject({ openings: 2, open: 1 })
    expect(link.counters.reconnects).toBe(1)
    await link.close()
  })

  it('tells at once that it cannot listen, and tries again', async () => {
    const { clock, segment, link, watts } = bench()
    await clock.settle()
    segment.refuse = true
    segment.fail('the network went away')
    await clock.advance(250)
    expect(link.state).toBe('waiting')
    const call = outcome(link.ask(TELEGRAM, asking(60_000)))
    await clock.advance(500)
    expect(await call).toBe('LINK_UNREACHABLE')
    segment.refuse = false
    await clock.advance(1000)
    segment.hear(power(1))
    expect(await watts()).toBe(1)
    await link.close()
  })

  it('leaves the group when it closes', async () => {
    const { clock, segment, link } = bench()
    await clock.settle()
    expect(segment.open).toBe(1)
    await link.close()
    expect([segment.open, clock.sleeping]).toEqual([0, 0])
  })

  it('shows the telegrams of its meter while somebody listens', async () => {
    const { clock, segment, link } = bench(`?serial=${FIRST}`)
    const entries: TraceEntry[] = []
    const stop = link.trace((each) => entries.push(each))
    await clock.settle()
    segment.hear(power(1, FIRST))
    segment.hear(power(1, SECOND))
    segment.hear(power(1).subarray(0, 33))
    stop()
    segment.hear(power(1, FIRST))
    expect(entries.map(({ direction, note }) => [direction, note])).toEqual([
      ['event', 'open'],
      ['received', ''],
      ['received', 'it ends inside a tag'],
    ])
    await link.close()
  })
})
