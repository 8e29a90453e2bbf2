import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'

import type { DocumentLink, TraceEntry } from '../../../src/model/driver.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { asking, datagram, linkTo, scriptedDevice } from './scripted-device.ts'

const REPORT_2 = datagram('report 2', '"ID": "2"')

/** The failure of a call, without leaving it unhandled. */
function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no failure',
    (error: unknown) => error,
  )
}

/** Resolves when the link has heard something. */
function received(link: DocumentLink): Promise<void> {
  return new Promise((resolve) => {
    const stop = link.trace(({ direction }) => {
      if (direction !== 'received') return
      stop()
      resolve()
    })
  })
}

describe('a link over UDP', () => {
  it('asks, tells and counts', async () => {
    const device = await scriptedDevice((text) => [
      text.startsWith('report') ? '{"ID": "2", "State": 3}' : 'TCH-OK :done',
    ])
    const link = linkTo(device.url)
    expect(await link.ask(REPORT_2, asking())).toMatchObject({ body: '{"ID": "2", "State": 3}' })
    expect(await link.tell(datagram('curr 13000', 'TCH-OK'), asking())).toMatchObject({ body: 'TCH-OK :done' })
    expect(device.heard).toEqual(['report 2', 'curr 13000'])
    expect(link.state).toBe('open')
    expect(link.counters).toEqual({ requests: 2, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 })
  })

  it('tells without waiting when nothing is to be matched', async () => {
    const device = await scriptedDevice(() => [])
    const link = linkTo(device.url)
    expect(await link.tell(datagram('display 1', null), asking())).toBeNull()
    await device.hear(1)
  })

  it('takes only the datagram that fits, and drops and counts the others', async () => {
    const device = await scriptedDevice(() => [
      '{"E pres": 0}',
      Buffer.from([0xff, 0, 1]),
      '{"ID": "2"}',
      '{"ID": "2"}',
    ])
    const link = linkTo(device.url)
    const entries: TraceEntry[] = []
    link.trace((entry) => entries.push(entry))
    expect(await link.ask(REPORT_2, asking())).toMatchObject({ body: '{"ID": "2"}' })
    expect(link.counters).toMatchObject({ badAnswers: 2 })
    const shown = entries.filter(({ direction }) => direction !== 'event')
    expect(shown.slice(0, 4).map(({ bytes, note }) => [Buffer.from(bytes).toString(), note])).toEqual([
      ['report 2', ''],
      ['{"E pres": 0}', 'dropped: nobody waits for it'],
      ['ÿ\u0000\u0001', 'dropped: nobody waits for it'],
      ['{"ID": "2"}', ''],
    ])
  })

  it('survives any bytes, and takes none of them for the answer', async () => {
    let noise: readonly Buffer[] = []
    const device = await scriptedDevice(() => [...noise, '{"ID": "2"}'])
    const link = linkTo(device.url)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (datagrams) => {
        noise = datagrams.map((bytes) => Buffer.from(bytes))
        expect(await link.ask(REPORT_2, asking())).toMatchObject({ body: '{"ID": "2"}' })
      }),
      { numRuns: 50 },
    )
    expect(link.counters).toMatchObject({ requests: 50, timeouts: 0 })
    expect(link.counters.badAnswers).toBeGreaterThan(0)
  })

  it('takes the next datagram when nothing is to be matched', async () => {
    const device = await scriptedDevice((text) => [`you said ${text}`])
    expect(await linkTo(device.url).ask(datagram('i', null), asking())).toMatchObject({ body: 'you said i' })
  })

  it('gives up silence, repeats questions but no orders, and tells silence from nonsense', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice((text) => (text === 'bad' ? ['what?'] : []))
    const link = linkTo(device.url, clock)
    const question = failureOf(link.ask(REPORT_2, asking({ timeoutMs: 1000, retries: 1 })))
    await device.hear(1)
    await clock.advance(1000)
    await device.hear(2)
    await clock.advance(1000)
    expect(await question).toMatchObject({ code: 'DEVICE_TIMEOUT' })
    const order = failureOf(link.tell(datagram('ena 1', 'TCH-OK'), asking({ timeoutMs: 1000, retries: 1 })))
    await device.hear(3)
    await clock.advance(1000)
    expect(await order).toMatchObject({ code: 'DEVICE_TIMEOUT' })
    expect(link.counters).toMatchObject({ requests: 3, timeouts: 3, badAnswers: 0 })
    const came = received(link)
    const nonsense = failureOf(link.ask(datagram('bad', 'good'), asking({ timeoutMs: 1000 })))
    await came
    await clock.advance(1000)
    expect(await nonsense).toMatchObject({ code: 'DEVICE_BAD_ANSWER', message: expect.stringContaining('but "what?"') })
  })

  it('never takes the late answer to an order for the answer to another', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice((text) => (text === 'curr 13000' ? [] : ['TCH-OK :done']))
    const link = linkTo(device.url, clock)
    const lost = failureOf(link.tell(datagram('curr 13000', 'TCH-OK'), asking({ timeoutMs: 1000 })))
    await device.hear(1)
    await clock.advance(1000)
    expect(await lost).toMatchObject({ code: 'DEVICE_TIMEOUT' })
    let confirmed = false
    const next = link.tell(datagram('curr 6000', 'TCH-OK'), asking({ timeoutMs: 1000 })).then(() => {
      confirmed = true
    })
    await clock.advance(500)
    expect(device.heard).toEqual(['curr 13000'])
    const late = received(link)
    await device.send('TCH-OK :late')
    await late
    await clock.settle()
    expect(confirmed).toBe(false)
    await clock.advance(500)
    await next
    expect(device.heard).toEqual(['curr 13000', 'curr 6000'])
    expect(link.counters.badAnswers).toBe(1)
  })

  it('refuses datagrams that are too large, both ways', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice(() => [`{"ID": "2"}${'x'.repeat(8192)}`])
    const link = linkTo(device.url, clock)
    const came = received(link)
    const call = failureOf(link.ask(REPORT_2, asking({ timeoutMs: 1000 })))
    await came
    await clock.advance(1000)
    expect(await call).toMatchObject({ code: 'DEVICE_BAD_ANSWER' })
    await expect(link.ask(datagram('x'.repeat(8193), null), asking())).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })

  it.each([
    ['nothing', datagram('', null)],
    ['a text that any answer has', datagram('i', '')],
    ['another kind', { kind: 'http', method: 'GET', path: '/', headers: {}, body: null } as const],
  ])('refuses to ask with %s', async (_name, request) => {
    await expect(linkTo('udp://127.0.0.1:9?local=0').ask(request, asking())).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })

  it('keeps one request on the wire, and the pause after each', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice((text) => [`${text} done`])
    const link = linkTo(device.url, clock)
    const calls = ['a', 'b'].map((text) => link.ask(datagram(text, 'done'), asking({ pauseMs: 100 })))
    expect(await calls[0]).toMatchObject({ body: 'a done' })
    await clock.advance(99)
    expect(device.heard).toEqual(['a'])
    await clock.advance(1)
    expect(await calls[1]).toMatchObject({ body: 'b done' })
  })

  it('settles aborted calls at once, and counts their answers as late', async () => {
    const device = await scriptedDevice((text) => (text === 'other' ? ['{"ID": "3"}'] : []))
    const link = linkTo(device.url)
    const stop = new AbortController()
    const calls = [1, 2].map(() => failureOf(link.ask(REPORT_2, asking({}, stop.signal))))
    await device.hear(1)
    stop.abort(new Error('enough'))
    for (const error of await Promise.all(calls)) expect(error).toEqual(new Error('enough'))
    await device.send('{"ID": "2"}')
    expect(await link.ask(datagram('other', '"ID": "3"'), asking())).toMatchObject({ body: '{"ID": "3"}' })
    expect(link.counters).toMatchObject({ requests: 2, badAnswers: 1 })
  })

  it('is away after three requests without an answer, and comes back', async () => {
    const clock = new ManualClock()
    let away = false
    const device = await scriptedDevice(() => (away ? [] : ['{"ID": "2"}']))
    const link = linkTo(device.url, clock)
    await link.ask(REPORT_2, asking())
    away = true
    for (const [turn, state] of (['open', 'open', 'waiting'] as const).entries()) {
      const call = failureOf(link.ask(REPORT_2, asking({ timeoutMs: 1000 })))
      await device.hear(turn + 2)
      await clock.advance(1000)
      expect(await call).toMatchObject({ code: 'DEVICE_TIMEOUT' })
      expect(link.state).toBe(state)
    }
    away = false
    await link.ask(REPORT_2, asking())
    expect(link.state).toBe('open')
    expect(link.counters.reconnects).toBe(1)
  })

  it('is unreachable at a name that does not exist', async () => {
    await expect(linkTo('udp://no-such-device.invalid:7090?local=0').ask(REPORT_2, asking())).rejects.toMatchObject({
      code: 'LINK_UNREACHABLE',
    })
  })

  it('says when the port of this machine is taken, and works when it is free again', async () => {
    const other = createSocket('udp4')
    other.bind(0)
    await once(other, 'listening')
    const { port } = other.address()
    const device = await scriptedDevice(() => ['{"ID": "2"}'])
    const link = linkTo(`udp://127.0.0.1:${device.port}?local=${port}`)
    await expect(link.ask(REPORT_2, asking())).rejects.toThrow(`port ${port} of this machine is taken`)
    other.close()
    await once(other, 'close')
    expect(await link.ask(REPORT_2, asking())).toMatchObject({ body: '{"ID": "2"}' })
  })
})

describe('several links on one local port', () => {
  it('get the answers of their own devices, and no port is held after the last has gone', async () => {
    const first = await scriptedDevice(() => ['{"ID": "2", "from": 1}'], '127.0.0.2')
    const second = await scriptedDevice(() => ['{"ID": "2", "from": 2}'], '127.0.0.3', first.port)
    const probe = createSocket('udp4')
    probe.bind(0)
    await once(probe, 'listening')
    const { port } = probe.address()
    probe.close()
    await once(probe, 'close')
    const links = [first, second].map((device) => linkTo(device.url.replace('local=0', `local=${port}`)))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => links[index % 2]!.ask(REPORT_2, asking())),
    )
    expect(answers.map(({ body }) => body)).toEqual(
      Array.from({ length: 20 }, (_, index) => `{"ID": "2", "from": ${(index % 2) + 1}}`),
    )
    await links[0]?.close()
    expect(await links[1]?.ask(REPORT_2, asking())).toMatchObject({ body: '{"ID": "2", "from": 2}' })
    await links[1]?.close()
    const again = createSocket('udp4')
    onTestFinished(() => {
      again.close()
    })
    again.bind(port)
    await once(again, 'listening')
  })

  it('hear nothing from strangers, but a device that answers from another port', async () => {
    const stranger = createSocket('udp4')
    stranger.bind(0, '127.0.0.9')
    await once(stranger, 'listening')
    onTestFinished(() => {
      stranger.close()
    })
    const otherPort = createSocket('udp4')
    otherPort.bind(0, '127.0.0.4')
    await once(otherPort, 'listening')
    onTestFinished(() => {
      otherPort.close()
    })
    const asked = createSocket('udp4')
    asked.bind(0, '127.0.0.4')
    await once(asked, 'listening')
    onTestFinished(() => {
      asked.close()
    })
    asked.once('message', (_bytes, from) => {
      stranger.send('{"ID": "2", "from": "stranger"}', from.port, '127.0.0.1', () => {
        otherPort.send('{"ID": "2", "from": "device"}', from.port, '127.0.0.1')
      })
    })
    const link = linkTo(`udp://127.0.0.4:${asked.address().port}?local=0`)
    expect(await link.ask(REPORT_2, asking())).toMatchObject({ body: '{"ID": "2", "from": "device"}' })
    expect(link.counters.badAnswers).toBe(0)
  })
})
