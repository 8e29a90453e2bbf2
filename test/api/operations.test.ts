/** Calls that do something: who may, what is refused and how, and that neither keys nor cards are told to anybody (H59). */
import { request } from 'node:http'
import { afterEach, describe, expect, it, test } from 'vitest'
import { BURST_CALLS, LOCK_OUT_MS, MAX_WRONG_KEYS } from '../../src/api/key-guard.ts'
import { startApi, type RunningApi } from '../../src/api/server.ts'
import { Secret, type ApiAction, type ApiKeyConfig } from '../../src/config/site-config.ts'
import type { Presented, SiteOperations } from '../../src/site/facade.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { FakeSite } from './fake-site.ts'

const KIOSK = 'kiosk-key-0123456789'
const APP = 'app-key-0123456789-abc'
const key = (name: string, text: string, allow: readonly ApiAction[], stationIds: readonly string[] | null = null) =>
  ({ name, key: new Secret(Buffer.from(text)), allow, stationIds, signalIds: null }) satisfies ApiKeyConfig
const KEYS = [key('kiosk', KIOSK, ['token'], ['garage']), key('app', APP, ['token', 'stop', 'unlock'])]

/** A station `garage` with three connectors that notes what was asked of it. */
class FakeOperations implements SiteOperations {
  readonly asked: string[] = []
  answer: Presented = { outcome: 'started', evse: 3, reason: null }
  stopped: 'stopped' | 'no-session' = 'stopped'
  wished: 'stored' | 'no-session' | { readonly problem: string } = 'stored'
  unwished: 'removed' | 'no-session' = 'removed'
  unlocked: 'unlocked' | 'failed' | 'not-supported' = 'unlocked'

  presentToken: SiteOperations['presentToken'] = (stationId, evse, idToken) =>
    this.#at(stationId, evse, `token ${idToken}`, this.answer)
  stopSession: SiteOperations['stopSession'] = (stationId, evse) => this.#at(stationId, evse, 'stop', this.stopped)
  setWish: SiteOperations['setWish'] = (stationId, evse, wish) =>
    this.#at(stationId, evse, `wish ${JSON.stringify(wish)}`, this.wished)
  removeWish: SiteOperations['removeWish'] = (stationId, evse) => this.#at(stationId, evse, 'no wish', this.unwished)
  unlock: SiteOperations['unlock'] = (stationId, evse) => this.#at(stationId, evse, 'unlock', this.unlocked)

  #at<Result>(stationId: string, evse: number | null, what: string, answer: Result) {
    if (stationId !== 'garage') return Promise.resolve('unknown-station' as const)
    if (evse !== null && evse > 3) return Promise.resolve('unknown-evse' as const)
    this.asked.push(`${stationId}/${evse ?? 'any'} ${what}`)
    return Promise.resolve(answer)
  }
}

const closing: RunningApi[] = []
afterEach(async () => {
  for (const api of closing.splice(0)) await api.close()
})

async function start({
  keys = KEYS,
  clock = new ManualClock(),
}: { readonly keys?: readonly ApiKeyConfig[] | null; readonly clock?: ManualClock } = {}) {
  const site = new FakeOperations()
  const lines: string[] = []
  const note = (fields: object, text: string): void => void lines.push(`${text} ${JSON.stringify(fields)}`)
  const api = await startApi(new FakeSite(), {
    host: '127.0.0.1',
    port: 0,
    log: { info: note, warn: note, error: note },
    clock,
    ...(keys === null ? {} : { operations: { site, keys } }),
  })
  closing.push(api)
  return { api, site, lines, clock }
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readonly<Record<string, unknown>>
}

function post(
  api: RunningApi,
  path: string,
  bearer: string | null = APP,
  body: string | Buffer = '',
  more: Record<string, string> = {},
): Promise<Answer> {
  const { hostname, port } = new URL(api.url)
  const headers = {
    ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
    ...(body.length === 0 ? {} : { 'content-type': 'application/json' }),
    ...more,
  }
  return new Promise((resolve, reject) => {
    const call = request({ host: hostname, port, path, method: 'POST', headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => (text += part.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }),
      )
    })
    call.on('error', reject)
    call.end(body)
  })
}

const AT_3 = '/api/v1/stations/garage/evses/3'
const TOKEN = JSON.stringify({ idToken: 'D4CD7650' })
const seen = ({ status, body }: Answer): readonly unknown[] => [status, body['code'] ?? body['outcome']]

describe('a call with a key', () => {
  it('presents a token at a connector, or wherever it is meant', async () => {
    const { api, site } = await start()
    const first = await post(api, `${AT_3}/token`, KIOSK, TOKEN)
    expect([first.status, first.body]).toEqual([200, { outcome: 'started', evse: 3, reason: null }])
    site.answer = { outcome: 'waiting-for-vehicle', evse: null, reason: null }
    expect(seen(await post(api, '/api/v1/stations/garage/token', KIOSK, TOKEN))).toEqual([200, 'waiting-for-vehicle'])
    expect(site.asked).toEqual(['garage/3 token D4CD7650', 'garage/any token D4CD7650'])
  })

  it('says why an identifier was refused', async () => {
    const { api, site } = await start()
    site.answer = { outcome: 'refused', evse: 3, reason: 'blocked' }
    const answer = await post(api, `${AT_3}/token`, APP, TOKEN)
    expect(answer).toMatchObject({ status: 409, body: { code: 'API_TOKEN_REFUSED', detail: 'blocked' } })
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })

  it('stops and unlocks', async () => {
    const { api, site } = await start()
    expect(seen(await post(api, `${AT_3}/stop`))).toEqual([200, 'stopped'])
    expect(seen(await post(api, `${AT_3}/unlock`, APP, '{}'))).toEqual([200, 'unlocked'])
    site.stopped = 'no-session'
    expect(seen(await post(api, `${AT_3}/stop`))).toEqual([409, 'API_NO_SESSION'])
    site.unlocked = 'failed'
    expect(seen(await post(api, `${AT_3}/unlock`))).toEqual([409, 'API_UNLOCK_FAILED'])
    site.unlocked = 'not-supported'
    expect(seen(await post(api, `${AT_3}/unlock`))).toEqual([409, 'API_UNLOCK_UNSUPPORTED'])
  })

  it.each([
    ['/api/v1/stations/other/evses/1/stop', 404, 'API_STATION_UNKNOWN'],
    ['/api/v1/stations/garage/evses/4/stop', 404, 'API_STATION_UNKNOWN'],
    ['/api/v1/stations/garage/evses/0/stop', 404, 'API_STATION_UNKNOWN'],
    ['/api/v1/stations/garage/evses/1e0/stop', 404, 'API_STATION_UNKNOWN'],
    ['/api/v1/stations/garage/evses/-1/stop', 404, 'API_STATION_UNKNOWN'],
    ['/api/v1/stations/garage/stop', 404, 'API_NOT_FOUND'],
    ['/api/v1/stations/garage/evses/1/reset', 404, 'API_NOT_FOUND'],
    ['/api/v1/site', 405, 'API_METHOD_REFUSED'],
  ])('to %s is refused', async (path, status, code) => {
    const { api, site } = await start()
    expect(seen(await post(api, path))).toEqual([status, code])
    expect(site.asked).toEqual([])
  })

  it.each([
    ['no body', '', 400],
    ['no JSON', '{"idToken": "A"', 400],
    ['a list', '["A"]', 400],
    ['null', 'null', 400],
    ['no id', '{}', 400],
    ['an empty id', '{"idToken": ""}', 400],
    ['spaces around', '{"idToken": " A"}', 400],
    ['a number', '{"idToken": 7}', 400],
    ['21 characters', '{"idToken": "ABCDEFGHIJKLMNOPQRSTU"}', 400],
    ['a line break', String.raw`{"idToken": "A\nB"}`, 400],
    ['a letter that is not ASCII', '{"idToken": "Ä"}', 400],
    ['another key', '{"idToken": "A", "evse": 2}', 400],
    ['a prototype', '{"idToken": "A", "__proto__": {}}', 400],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ['deep nesting', '['.repeat(900), 400],
    ['more than a kilobyte', JSON.stringify({ idToken: 'A'.repeat(2000) }), 413],
  ])('with %s is refused', async (_, body, status) => {
    const { api, site } = await start()
    const answer = await post(api, `${AT_3}/token`, APP, body)
    expect(seen(answer)).toEqual([status, status === 413 ? 'API_BODY_TOO_LARGE' : 'API_REQUEST_INVALID'])
    expect(site.asked).toEqual([])
  })

  it('is limited in length also where it does not say how long it is', async () => {
    const { api } = await start()
    const chunked = { 'transfer-encoding': 'chunked' }
    expect((await post(api, `${AT_3}/token`, APP, `{"idToken": "${'A'.repeat(20_000)}"}`, chunked)).status).toBe(413)
  })

  it('takes 20 characters, and says that a form is none', async () => {
    const { api } = await start()
    expect((await post(api, `${AT_3}/token`, APP, '{"idToken": "ABCDEFGHIJ KLMNOPQRS"}')).status).toBe(200)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(seen(await post(api, `${AT_3}/token`, APP, 'idToken=A', form))).toEqual([415, 'API_REQUEST_INVALID'])
  })

  it('still comes from no foreign page and by our own name', async () => {
    const { api, site } = await start()
    expect(seen(await post(api, `${AT_3}/stop`, APP, '', { 'sec-fetch-site': 'cross-site' }))).toEqual([
      403,
      'API_CROSS_SITE',
    ])
    expect(seen(await post(api, `${AT_3}/stop`, APP, '', { host: 'evil.example' }))).toEqual([421, 'API_HOST_REFUSED'])
    expect(site.asked).toEqual([])
  })
})

describe('a key', () => {
  it('opens what it is for, and tells nothing of the rest', async () => {
    const { api, site } = await start()
    for (const path of [
      `${AT_3}/stop`,
      `${AT_3}/unlock`,
      '/api/v1/stations/other/evses/1/token',
      '/api/v1/stations/none/token',
    ]) {
      expect([path, ...seen(await post(api, path, KIOSK, path.endsWith('token') ? TOKEN : ''))]).toEqual([
        path,
        403,
        'API_NOT_ALLOWED',
      ])
    }
    expect(site.asked).toEqual([])
  })

  it('that is missing, wrong, cut, of another kind or not a bearer’s: one answer', async () => {
    const { api, site } = await start()
    const answers = [
      await post(api, `${AT_3}/stop`, null),
      await post(api, `${AT_3}/stop`, 'wrong'),
      await post(api, `${AT_3}/stop`, APP.slice(0, -1)),
      await post(api, `${AT_3}/stop`, `${APP}x`),
      await post(api, `${AT_3}/stop`, null, '', { authorization: `Basic ${APP}` }),
      await post(api, `${AT_3}/stop`, ''),
      await post(api, '/api/v1/stations/none/evses/9/stop', 'wrong'),
    ]
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'API_KEY_REFUSED' } })
    expect(answers[0]?.headers['www-authenticate']).toBe('Bearer')
    expect(site.asked).toEqual([])
  })

  it('is not in the log, and neither is a card', async () => {
    const { api, lines } = await start()
    await post(api, `${AT_3}/token`, APP, TOKEN)
    await post(api, `${AT_3}/token`, 'guess-0123456789-abcdef', TOKEN)
    expect(lines.join('\n')).toContain('app: token at garage/3')
    expect(lines.join('\n')).toContain('its key is missing or wrong')
    for (const secret of [APP, KIOSK, 'guess-0123456789', 'D4CD7650']) expect(lines.join('\n')).not.toContain(secret)
  })

  it('guessed too often locks the address out, also for the right one, for a minute', async () => {
    const { api, site, clock } = await start()
    for (let tries = 1; tries <= MAX_WRONG_KEYS; tries++)
      expect((await post(api, `${AT_3}/stop`, `guess-${tries}`)).status).toBe(401)
    const locked = await post(api, `${AT_3}/stop`)
    expect(seen(locked)).toEqual([429, 'API_LOCKED_OUT'])
    expect(locked.headers['retry-after']).toBe('60')
    expect(site.asked).toEqual([])
    await clock.advance(LOCK_OUT_MS)
    expect((await post(api, `${AT_3}/stop`)).status).toBe(200)
  })

  it('in a hurry waits', async () => {
    const { api, clock } = await start()
    for (let calls = 0; calls < BURST_CALLS; calls++) expect((await post(api, `${AT_3}/stop`)).status).toBe(200)
    expect(seen(await post(api, `${AT_3}/stop`))).toEqual([429, 'API_TOO_MANY_CALLS'])
    expect((await post(api, `${AT_3}/token`, KIOSK, TOKEN)).status).toBe(200)
    await clock.advance(1000)
    expect((await post(api, `${AT_3}/stop`)).status).toBe(200)
  })
})

test('without keys the API only shows', async () => {
  const { api, site } = await start({ keys: null })
  const answer = await post(api, `${AT_3}/stop`)
  expect(seen(answer)).toEqual([405, 'API_METHOD_REFUSED'])
  expect(site.asked).toEqual([])
})
