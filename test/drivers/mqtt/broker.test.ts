/** Links and served devices at a broker of somebody else. */
import { EventEmitter, once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'

import { mqttServer } from '../../../drivers/mqtt/index.ts'
import { systemClock } from '../../../src/model/clock.ts'
import type { DeviceServer, DocumentBank } from '../../../src/model/driver.ts'
import { mosquitto, startBroker, type Broker, type BrokerOptions } from '../../peers/mosquitto.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { certificate } from '../../peers/tls/certificates.ts'
import { asking, linkTo, order, seen, topic } from './link-bench.ts'

async function broker(options: BrokerOptions = {}): Promise<Broker & { readonly url: string }> {
  const started = await startBroker(options)
  onTestFinished(() => started.remove())
  return { ...started, url: `mqtt://127.0.0.1:${started.port}` }
}

interface ServedDevice {
  readonly topics: Map<string, string>
  readonly heard: string[]
  /** Resolves when it has heard `count` messages. */
  hear(count: number): Promise<void>
  readonly server: DeviceServer
}

async function served(url: string, topics: Readonly<Record<string, string>> = {}): Promise<ServedDevice> {
  const own = new Map(Object.entries(topics))
  const heard: string[] = []
  const ears = new EventEmitter()
  const bank: DocumentBank = {
    answer: () => null,
    telegram: () => new Map(),
    topics: () => own,
    hear: (name, payload) => {
      heard.push(`${name} ${payload}`)
      ears.emit('heard')
    },
  }
  const server = await mqttServer.serve(url, bank, { clock: systemClock, serial: null, everyMs: 10 })
  onTestFinished(() => server.close())
  return {
    topics: own,
    heard,
    server,
    hear: async (count) => {
      while (heard.length < count) await once(ears, 'heard')
    },
  }
}

describeWithPeers('MQTT at mosquitto', [mosquitto], () => {
  it('hears topics of a device and the changes, with the time they came', async () => {
    const { url } = await broker()
    const device = await served(url, { 'box/amp': '16', 'box/nrg': '[230, 231]' })
    const link = linkTo(url)
    const first = await link.ask(topic('box/amp'), asking())
    expect(first.body).toBe('16')
    expect(await link.ask(topic('box/nrg'), asking())).toMatchObject({ body: '[230, 231]' })
    expect(await link.ask(topic('box/amp'), asking())).toEqual(first)
    const changed = seen(link, 'box/amp\n\n13')
    device.topics.set('box/amp', '13')
    await changed
    const second = await link.ask(topic('box/amp'), asking())
    expect(second.body).toBe('13')
    expect(second.at).toBeGreaterThan(first.at)
    // Two subscriptions, and nothing more.
    expect(link.counters).toMatchObject({ requests: 2, timeouts: 0, badAnswers: 0, reconnects: 0 })
  })

  it('tells a device, which hears only what it did not say itself', async () => {
    const { url } = await broker()
    const device = await served(url, { 'box/amp': '16' })
    const link = linkTo(url)
    expect(await link.tell(order('box/amp/set', '13'), asking())).toBeNull()
    expect(await link.tell(order('box/amp', '7'), asking())).toBeNull()
    await device.hear(2)
    expect(device.heard).toEqual(['box/amp/set 13', 'box/amp 7'])
  })

  it('keeps orders in their order, with the pause between them', async () => {
    const { url } = await broker()
    const device = await served(url)
    const link = linkTo(url)
    await Promise.all(['1', '2', '3'].map((payload) => link.tell(order('box/set', payload), asking({ pauseMs: 5 }))))
    await device.hear(3)
    expect(device.heard).toEqual(['box/set 1', 'box/set 2', 'box/set 3'])
  })

  it('waits for the first message no longer than the time-out', async () => {
    const { url } = await broker()
    const link = linkTo(url)
    await expect(link.ask(topic('box/none'), asking({ timeoutMs: 30 }))).rejects.toMatchObject({
      code: 'DEVICE_TIMEOUT',
    })
    const late = link.ask(topic('box/none'), asking())
    await link.tell(order('box/none', 'here'), asking())
    expect(await late).toMatchObject({ body: 'here' })
    expect(link.counters.timeouts).toBe(1)
  })

  it('drops payloads that are too large, both ways, and keeps the value before', async () => {
    const { url } = await broker()
    const link = linkTo(url)
    const device = await served(url, { 'box/a': '1' })
    await link.ask(topic('box/a'), asking())
    const dropped = seen(link, 'dropped')
    device.topics.set('box/a', 'x'.repeat(256 * 1024 + 1))
    await dropped
    expect(await link.ask(topic('box/a'), asking())).toMatchObject({ body: '1' })
    expect(link.counters.badAnswers).toBe(1)
    const waiting = linkTo(url).ask(topic('box/a'), asking())
    await expect(waiting).rejects.toMatchObject({ code: 'DEVICE_BAD_ANSWER' })
    await expect(link.tell(order('box/a', 'x'.repeat(256 * 1024 + 1)), asking())).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })

  it('comes back with its topics when the broker does; meanwhile values age and orders fail at once', async () => {
    const { url, stop, start } = await broker()
    const device = await served(url, { 'box/a': '1' })
    const link = linkTo(url)
    const before = await link.ask(topic('box/a'), asking())
    const lost = seen(link, 'connection lost')
    await stop()
    await lost
    expect(await link.ask(topic('box/a'), asking())).toEqual(before)
    await expect(link.tell(order('box/set', '6'), asking())).rejects.toMatchObject({
      code: expect.stringMatching(/^LINK_(UNREACHABLE|CLOSED)$/),
    })
    const again = seen(link, 'box/a\n\n2')
    device.topics.set('box/a', '2')
    await start()
    await again
    expect(await link.ask(topic('box/a'), asking())).toMatchObject({ body: '2' })
    await link.tell(order('box/set', '6'), asking())
    await device.hear(1)
    // The order that failed was not kept for later.
    expect(device.heard).toEqual(['box/set 6'])
    expect(link.counters.reconnects).toBe(1)
  })

  it('reports an order that the broker does not confirm, and delivers it no second time', async () => {
    const { url, freeze, thaw } = await broker()
    const device = await served(url)
    const link = linkTo(url)
    await link.tell(order('box/set', '16'), asking())
    freeze()
    await expect(link.tell(order('box/set', '6'), asking({ timeoutMs: 30 }))).rejects.toMatchObject({
      code: 'DEVICE_TIMEOUT',
    })
    thaw()
    await link.tell(order('box/set', '10'), asking())
    await device.hear(3)
    expect(device.heard).toEqual(['box/set 16', 'box/set 6', 'box/set 10'])
  })

  it('logs in, and says when it may not', async () => {
    const { url } = await broker({ login: { user: 'bridge', password: 'hush hush' } })
    const at = (user: string): string => url.replace('//', `//${user}@`)
    const link = linkTo(at('bridge:hush%20hush'))
    await link.tell(order('a', '1'), asking())
    expect(link.url).toBe(url)
    for (const user of ['bridge:wrong', 'other:hush%20hush']) {
      const call = linkTo(at(user)).tell(order('a', '1'), asking())
      await expect(call).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
      await expect(call).rejects.toThrow('check user and password')
      await expect(call).rejects.not.toThrow('hush')
    }
  })

  it('says when the broker refuses a subscription', async () => {
    const { url } = await broker({ access: ['topic read open/#', 'topic write open/#'] })
    const link = linkTo(url)
    await link.tell(order('open/a', '1', true), asking())
    expect(await link.ask(topic('open/a'), asking())).toMatchObject({ body: '1' })
    // mosquitto takes any subscription and then stays silent.
    await expect(link.ask(topic('shut/a'), asking({ timeoutMs: 30 }))).rejects.toMatchObject({
      code: expect.stringMatching(/^DEVICE_(TIMEOUT|EXCEPTION)$/),
    })
  })

  it('speaks TLS', async () => {
    const { url } = await broker({ tls: certificate('server') })
    const secure = url.replace('mqtt:', 'mqtts:')
    await linkTo(`${secure}?insecure=yes`).tell(order('a', '1'), asking())
    await expect(linkTo(secure).tell(order('a', '1'), asking())).rejects.toThrow('?insecure=yes')
    await expect(linkTo(url).tell(order('a', '1'), asking())).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
  })

  it('is thrown out by another of the same name, and does not fight for its place without end', async () => {
    const { url } = await broker()
    const first = linkTo(`${url}?client=twin`)
    await first.tell(order('a', '1'), asking())
    const lost = seen(first, 'connection lost')
    const second = linkTo(`${url}?client=twin`)
    await second.tell(order('a', '1'), asking())
    await lost
    expect(['waiting', 'connecting']).toContain(first.state)
  })

  it('serves no device where no broker is', async () => {
    const { url, stop } = await broker()
    await stop()
    await expect(served(url)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
  })

  it('does not take what the broker kept of the device for orders to it', async () => {
    const { url } = await broker()
    const first = await served(url, { 'box/a': '1' })
    await first.server.close()
    const link = linkTo(url)
    await link.tell(order('box/mode', 'eco', true), asking())
    const second = await served(url, { 'box/a': '2' })
    await second.hear(1)
    expect(second.heard).toEqual(['box/mode eco'])
  })
})
