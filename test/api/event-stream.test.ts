import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { MAX_READERS } from '../../src/api/event-stream.ts'
import { startApi } from '../../src/api/server.ts'
import type { RunningApi } from '../../src/api/server.ts'
import type { ApiTrace } from '../../src/api/types.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { FakeSite } from './fake-site.ts'
import { AT, sampleSite } from './sample-site.ts'
import { openStream } from './sse-reader.ts'
import type { SseMessage, SseReader } from './sse-reader.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(): Promise<{ site: FakeSite; clock: ManualClock; api: RunningApi; warnings: string[] }> {
  const site = new FakeSite()
  const clock = new ManualClock()
  const warnings: string[] = []
  const log = { info: () => {}, warn: (_: object, text: string) => warnings.push(text), error: () => {} }
  const api = await startApi(site, { host: '127.0.0.1', port: 0, log, clock, webFolder: '/nonexistent' })
  closing.push(() => api.close())
  return { site, clock, api, warnings }
}

async function open(api: RunningApi, query = '', headers: Record<string, string> = {}): Promise<SseReader> {
  const reader = await openStream(`${api.url}/api/v1/stream${query}`, headers)
  closing.push(() => reader.close())
  return reader
}

const textOf = (message: SseMessage): string => (message.data as ApiTrace).text

test('a reader gets a snapshot at once, then one each second', async () => {
  const { site, clock, api } = await start()
  const reader = await open(api)
  expect((await reader.next('snapshot')).data).toMatchObject({ name: 'Parkhaus Nord' })
  site.current = sampleSite({ at: AT + 1000 })
  await clock.advance(1000)
  expect((await reader.next('snapshot')).data).toMatchObject({ at: AT + 1000 })
})

test('an event is told at once and brings a snapshot within 100 ms; polls are no news', async () => {
  const { site, clock, api } = await start()
  const reader = await open(api)
  await reader.next('snapshot')
  site.current = sampleSite({ at: AT + 100 })
  site.event({ kind: 'device-offline', evse: 1, stationId: 'CP-001', at: AT })
  site.event({ kind: 'frame', upstreamId: 'operator', direction: 'sent', text: '[]', stationId: 'CP-001', at: AT })
  expect((await reader.next('event')).data).toMatchObject({
    stationId: 'CP-001',
    kind: 'device-offline',
    text: 'EVSE 1: the charger does not answer',
  })
  await clock.advance(100)
  expect((await reader.next('snapshot')).data).toMatchObject({ at: AT + 100 })
  expect(reader.kept.filter(({ event }) => event === 'event')).toEqual([])
})

test('who comes late is given the last frames; who comes back is given what it missed', async () => {
  const { site, api } = await start()
  site.frame('one')
  const first = await open(api)
  const one = await first.next('trace')
  expect(textOf(one)).toBe('one')
  first.close()
  site.frame('two')
  const again = await open(api, '', { 'last-event-id': one.id ?? '' })
  expect(textOf(await again.next('trace'))).toBe('two')
  // An id of another process means nothing here: all is given.
  const stranger = await open(api, '?after=zzz-99')
  expect([textOf(await stranger.next('trace')), textOf(await stranger.next('trace'))]).toEqual(['one', 'two'])
})

test('register frames go only to those who ask for them', async () => {
  const { site, api } = await start()
  const plain = await open(api)
  const curious = await open(api, '?registers=1')
  site.registers('01 03 …')
  site.frame('[2]')
  expect(textOf(await curious.next('trace'))).toBe('01 03 …')
  expect(textOf(await plain.next('trace'))).toBe('[2]')
})

test('the wires are tapped only while somebody looks at them', async () => {
  const { site, api } = await start()
  await open(api)
  expect(site.listeners.traces).toBe(0)
  const curious = await open(api, '?registers=1')
  expect(site.listeners.traces).toBe(1)
  curious.close()
  await expect.poll(() => site.listeners.traces).toBe(0)
})

test('hostile text stays inside its event and is cut at 8192 characters', async () => {
  const { site, api } = await start()
  const reader = await open(api)
  site.frame('x\n\nevent: snapshot\ndata: {}\n\n')
  site.frame('y'.repeat(10_000))
  expect(textOf(await reader.next('trace'))).toBe('x\n\nevent: snapshot\ndata: {}\n\n')
  expect((await reader.next('trace')).data).toMatchObject({ cut: true, text: 'y'.repeat(8192) })
})

test('a reader that does not read is cut off at 1 MiB; the others go on', async () => {
  const { site, api, warnings } = await start()
  const good = await open(api)
  const { hostname, port } = new URL(api.url)
  const stuck = connect(Number(port), hostname)
  closing.push(() => stuck.destroy())
  stuck.on('error', () => {})
  stuck.pause()
  stuck.write(`GET /api/v1/stream HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`)
  const big = 'z'.repeat(8000)
  // The system's own buffers take some megabytes first.
  for (let sent = 0; sent < 4000 && warnings.length === 0; sent++) {
    site.frame(big)
    await good.next('trace')
  }
  expect(warnings).toEqual(['a reader of the event stream is too slow and was cut off'])
  site.frame('still here')
  expect(textOf(await good.next('trace'))).toBe('still here')
})

test('more readers than the limit are refused; a place that is left is given again', async () => {
  const { api } = await start()
  const readers = await Promise.all(Array.from({ length: MAX_READERS }, () => open(api)))
  const refused = await open(api)
  expect(refused.status).toBe(503)
  expect(refused.problem).toMatchObject({ code: 'API_TOO_MANY_READERS' })
  readers[0]?.close()
  await expect.poll(async () => (await open(api)).status).toBe(200)
})

test('a site that gives no snapshot keeps its readers and is told once in the log', async () => {
  const { site, clock, api } = await start()
  const reader = await open(api)
  await reader.next('snapshot')
  site.current = new Error('broken')
  await clock.advance(3000)
  site.current = sampleSite({ at: AT + 4000 })
  await clock.advance(1000)
  expect((await reader.next('snapshot')).data).toMatchObject({ at: AT + 4000 })
})

test('closing ends every stream and leaves the site', async () => {
  const { site, api } = await start()
  const reader = await open(api)
  await api.close()
  await reader.ended
  expect(site.listeners).toEqual({ traces: 0, events: 0 })
})
