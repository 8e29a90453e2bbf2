import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startApi } from '../../src/api/server.ts'
import type { RunningApi } from '../../src/api/server.ts'
import { silentLog } from '../../src/site/log.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { FakeSite } from './fake-site.ts'
import { sampleSite } from './sample-site.ts'

let folder = ''
const closing: RunningApi[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-web-'))
  await mkdir(join(folder, 'web/assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'web/index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(folder, 'web/assets/index-1a2b.js'), 'export {};'.repeat(100))
  await writeFile(join(folder, 'web/notes.sqlite'), 'no type, not served')
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(async () => {
  for (const api of closing.splice(0)) await api.close()
})

async function start(site = new FakeSite(), clock = new ManualClock()): Promise<RunningApi> {
  const api = await startApi(site, {
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    clock,
    webFolder: join(folder, 'web'),
    allowedHosts: ['chargers.example.com'],
  })
  closing.push(api)
  return api
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** `path` goes on the wire as it is: `fetch` would tidy it up. */
function ask(
  api: RunningApi,
  path: string,
  { method = 'GET', body = '', ...headers }: Record<string, string> = {},
): Promise<Answer> {
  const { hostname: host, port } = new URL(api.url)
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

const codeOf = (answer: Answer): unknown => (JSON.parse(answer.text) as { code: unknown }).code

test('the site as it is now', async () => {
  const answer = await ask(await start(), '/api/v1/site')
  expect(JSON.parse(answer.text)).toEqual(sampleSite())
  expect(answer.headers['cache-control']).toBe('no-store')
})

test('the trend holds one sample per second, null where nothing was known', async () => {
  const site = new FakeSite()
  const clock = new ManualClock()
  const api = await start(site, clock)
  const [house, ...others] = sampleSite().circuits
  site.current = sampleSite({ circuits: [{ ...house!, measuredAmps: null }, ...others], at: 7 })
  await clock.advance(1000)
  const trend = JSON.parse((await ask(api, '/api/v1/trend')).text)
  expect(trend.circuits[0]).toEqual({ id: 'house', amps: { L1: [47.2, null], L2: [61.8, null], L3: [39.5, null] } })
  expect(trend.at).toEqual([sampleSite().at, 7])
})

test('alive as soon as it answers, ready while the control loop turns', async () => {
  const site = new FakeSite()
  const clock = new ManualClock()
  site.current = sampleSite({ loop: { ticks: 0, missedTicks: 0, lastTickMs: 0 } })
  const api = await start(site, clock)
  expect((await ask(api, '/healthz')).status).toBe(200)
  expect(codeOf(await ask(api, '/readyz'))).toBe('API_NOT_READY')
  site.current = sampleSite()
  await clock.advance(1000)
  expect((await ask(api, '/readyz')).status).toBe(200)
  await clock.advance(11_000)
  expect((await ask(api, '/readyz')).status).toBe(503)
})

test('the page and its assets, packed where asked, cached by content', async () => {
  const api = await start()
  const page = await ask(api, '/')
  expect(page).toMatchObject({ status: 200, text: '<!doctype html><title>page</title>' })
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
  expect((await ask(api, '/', { 'if-none-match': String(page.headers['etag']) })).status).toBe(304)
  const asset = await ask(api, '/assets/index-1a2b.js', { 'accept-encoding': 'gzip, br' })
  expect(asset.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-encoding': 'gzip',
    'cache-control': 'public, max-age=31536000, immutable',
  })
})

test('nothing outside the built page is served, however the path is written', async () => {
  const api = await start()
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/..\\secret.txt',
    '//secret.txt',
    '/notes.sqlite',
    '/assets',
    '/index.html%00.js',
    '/%ff',
  ]) {
    const answer = await ask(api, path)
    expect([path, answer.status >= 400, answer.text.includes('secret"')]).toEqual([path, true, false])
    expect(answer.text).not.toBe('secret')
  }
})

test('a page that was not built says so', async () => {
  const site = new FakeSite()
  const api = await startApi(site, {
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    clock: new ManualClock(),
    webFolder: join(folder, 'none'),
  })
  closing.push(api)
  expect(codeOf(await ask(api, '/'))).toBe('WEB_NOT_BUILT')
})

test('every answer forbids foreign content and sniffing; none allows another origin to read it', async () => {
  const api = await start()
  for (const path of ['/', '/api/v1/site', '/nothing']) {
    const { headers } = await ask(api, path, { origin: 'http://evil.example' })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
})

test('only our own names are answered (DNS rebinding)', async () => {
  const api = await start()
  const { port } = new URL(api.url)
  for (const host of [
    'localhost',
    `localhost:${port}`,
    `127.0.0.1:${port}`,
    `[::1]:${port}`,
    hostname(),
    'chargers.example.com',
  ]) {
    expect([host, (await ask(api, '/healthz', { host })).status]).toEqual([host, 200])
  }
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.nip.io', 'a b']) {
    const answer = await ask(api, '/api/v1/site', { host })
    expect([host, answer.status]).toEqual([host, host === 'a b' ? answer.status : 421])
    expect(answer.text).not.toContain('Parkhaus')
  }
})

test('a foreign page may not use the API, though links to the page work', async () => {
  const api = await start()
  expect(codeOf(await ask(api, '/api/v1/stream', { 'sec-fetch-site': 'cross-site' }))).toBe('API_CROSS_SITE')
  expect((await ask(api, '/', { 'sec-fetch-site': 'cross-site' })).status).toBe(200)
  expect((await ask(api, '/api/v1/site', { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
})

test('refusals are problems with a stable code', async () => {
  const api = await start()
  const missing = await ask(api, '/api/v2/site')
  expect(missing).toMatchObject({ status: 404 })
  expect(missing.headers['content-type']).toBe('application/problem+json')
  expect(JSON.parse(missing.text)).toEqual({
    type: 'about:blank',
    title: 'There is nothing at this address',
    status: 404,
    code: 'API_NOT_FOUND',
    detail: '/api/v2/site',
    hint: 'The page is at `/`, the API under `/api/v1/`.',
  })
  const posted = await ask(api, '/api/v1/site', { method: 'POST', body: '{}' })
  expect([posted.status, posted.headers['allow'], codeOf(posted)]).toEqual([405, 'GET, HEAD', 'API_METHOD_REFUSED'])
  const large = await ask(api, '/api/v1/site', { method: 'POST', body: 'x'.repeat(70_000) })
  expect([large.status, codeOf(large)]).toEqual([413, 'API_BODY_TOO_LARGE'])
})

test('a fault inside is a problem without its insides', async () => {
  const site = new FakeSite()
  const api = await start(site)
  site.current = new Error('password=hunter2')
  const answer = await ask(api, '/api/v1/site')
  expect([answer.status, codeOf(answer)]).toEqual([500, 'INTERNAL'])
  expect(answer.text).not.toContain('hunter2')
})

test('a port that is taken is named', async () => {
  const api = await start()
  const again = startApi(new FakeSite(), {
    host: '127.0.0.1',
    port: Number(new URL(api.url).port),
    log: silentLog,
    clock: new ManualClock(),
  })
  await expect(again).rejects.toMatchObject({ code: 'WEB_PORT_BUSY' })
})
