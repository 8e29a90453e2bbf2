import { describe, expect, it } from 'vitest'

import type { DocumentAnswer, RequestOptions, TraceEntry } from '../../src/model/driver.ts'
import { isBridgeError } from '../../src/model/errors.ts'
import { ListeningLink, type Heard } from '../../src/wire/listening-link.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const TELEGRAM = { kind: 'telegram' } as const
const BYTES = Buffer.from('telegram')

function asking(timeoutMs = 1000, signal = new AbortController().signal): RequestOptions {
  return { timing: { timeoutMs, pauseMs: 0, retries: 0, connectDelayMs: 0 }, urgency: 'normal', signal }
}

/** The message that a call failed with, or its value. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    return isBridgeError(error) ? `${error.code} ${error.message}` : error
  }
}

/** A link whose ear the test is. */
function bench() {
  const clock = new ManualClock()
  const ear = { newest: null as DocumentAnswer | null, doubt: null as string | null, beside: '' }
  const heard: Heard[] = []
  const settings = { clock, random: () => 1, serial: null, echo: false }
  const ends: PromiseWithResolvers<string>[] = []
  const opens: (() => void)[] = []
  const link = new ListeningLink('test', { firstMs: 100, limitMs: 1000 }, settings, (told) => {
    heard.push(told)
    return {
      once: (life, opened) => {
        const end = Promise.withResolvers<string>()
        ends.push(end)
        opens.push(opened)
        life.signal.addEventListener('abort', () => end.reject(life.signal.reason))
        return end.promise
      },
      newest: () => ear.newest,
      doubt: () => ear.doubt,
      beside: () => ear.beside,
    }
  })
  const [said] = heard
  if (said === undefined) throw new Error('the link has not asked for an ear')
  return { clock, link, ear, said, open: () => opens.at(-1)?.(), end: (why: string) => ends.at(-1)?.resolve(why) }
}

const answer = (at: number): DocumentAnswer => ({ body: new Map(), at })

describe('a listening link', () => {
  it('answers with what is there, or with what comes next, to everybody who asks', async () => {
    const { link, ear, said, open } = bench()
    open()
    const calls = [link.ask(TELEGRAM, asking()), link.ask(TELEGRAM, asking())]
    said.telegram(BYTES, null)
    said.telegram(BYTES, answer(7))
    expect(await Promise.all(calls)).toEqual([answer(7), answer(7)])
    ear.newest = answer(8)
    expect(await link.ask(TELEGRAM, asking())).toEqual(answer(8))
    expect(link.counters).toEqual({ requests: 3, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 })
    await link.close()
  })

  it('says why there is no answer: not open, doubt, broken bytes, silence', async () => {
    const { clock, link, ear, said, open } = bench()
    const late = async (): Promise<unknown> => {
      const call = outcome(link.ask(TELEGRAM, asking()))
      await clock.advance(1000)
      return call
    }
    expect(await late()).toBe('LINK_UNREACHABLE test: not open yet')
    open()
    expect(await late()).toBe('DEVICE_TIMEOUT test: no telegram within 1000 ms')
    ear.beside = 'another is heard'
    expect(await late()).toBe('DEVICE_TIMEOUT test: no telegram within 1000 ms; another is heard')
    said.broken('wrong check sum', BYTES)
    expect(await late()).toBe('DEVICE_BAD_ANSWER test: no whole telegram: wrong check sum')
    ear.doubt = 'there are two'
    expect(await late()).toBe('DEVICE_BAD_ANSWER test: there are two')
    ear.doubt = null
    said.telegram(BYTES, null)
    expect(await late()).toMatch(/^DEVICE_TIMEOUT/)
    expect(link.counters).toMatchObject({ timeouts: 6, badAnswers: 1 })
    await link.close()
  })

  it('lets those who ask wait over an end, and tells them at once that it cannot be opened', async () => {
    const { clock, link, open, end } = bench()
    open()
    const call = outcome(link.ask(TELEGRAM, asking(60_000)))
    end('hung up')
    await clock.advance(100)
    end('refused')
    expect(await call).toBe('LINK_UNREACHABLE test: refused')
    await link.close()
  })

  it('takes no orders and no other questions', async () => {
    const { link } = bench()
    const order = { kind: 'publish', topic: 'a', payload: '1', retain: false } as const
    expect(await outcome(link.tell(order, asking()))).toMatch(/^REQUEST_INVALID/)
    expect(await outcome(link.ask({ kind: 'topic', topic: 'a' }, asking()))).toMatch(/^REQUEST_INVALID/)
    await link.close()
  })

  it('settles aborted calls with their reason, and all calls when it closes', async () => {
    const { clock, link, open } = bench()
    open()
    const stop = new AbortController()
    const aborted = outcome(link.ask(TELEGRAM, asking(5000, stop.signal)))
    stop.abort('enough')
    expect(await aborted).toBe('enough')
    expect(await outcome(link.ask(TELEGRAM, asking(5000, stop.signal)))).toBe('enough')
    const waiting = Array.from({ length: 201 }, () => outcome(link.ask(TELEGRAM, asking(5000))))
    expect(await waiting.at(-1)).toBe('LINK_OVERLOADED test: 200 questions wait')
    await link.close()
    await link.close()
    expect(await waiting[0]).toBe('LINK_CLOSED test: the link was closed')
    expect(await outcome(link.ask(TELEGRAM, asking()))).toBe('LINK_CLOSED test: the link is closed')
    expect([link.state, clock.sleeping]).toEqual(['closed', 0])
  })

  it('shows what it hears and what becomes of it', async () => {
    const { clock, link, said, open, end } = bench()
    const entries: TraceEntry[] = []
    link.trace((entry) => entries.push(entry))
    open()
    said.telegram(BYTES, null)
    said.broken('cut short', BYTES)
    end('hung up')
    await clock.advance(100)
    end('refused')
    await clock.settle()
    await link.close()
    expect(entries.map(({ direction, note }) => [direction, note])).toEqual([
      ['event', 'open'],
      ['received', ''],
      ['received', 'cut short'],
      ['event', 'ended: hung up'],
      ['event', 'not open: refused'],
      ['event', 'closed'],
    ])
  })
})
