/** What a driver wants, said by an app: who may, what is refused, and what the site is told. */
import { afterEach, describe, expect, it } from 'vitest'
import { startApi, type RunningApi } from '../../src/api/server.ts'
import { Secret, type ApiKeyConfig } from '../../src/config/site-config.ts'
import type { SiteOperations } from '../../src/site/facade.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { FakeSite } from './fake-site.ts'

const APP = 'app-key-0123456789-abc'
const KIOSK = 'kiosk-key-0123456789'
const KEYS: readonly ApiKeyConfig[] = [
  { name: 'app', key: new Secret(Buffer.from(APP)), allow: ['wishes'], stationIds: ['garage'], signalIds: null },
  {
    name: 'kiosk',
    key: new Secret(Buffer.from(KIOSK)),
    allow: ['token', 'stop', 'unlock'],
    stationIds: null,
    signalIds: null,
  },
]
const AT_3 = '/api/v1/stations/garage/evses/3/wishes'

let running: RunningApi | null = null
afterEach(async () => {
  await running?.close()
  running = null
})

async function start(wished: Awaited<ReturnType<SiteOperations['setWish']>> = 'stored') {
  const told: unknown[] = []
  const site: SiteOperations = {
    presentToken: () => Promise.resolve('unknown-station'),
    stopSession: () => Promise.resolve('unknown-station'),
    unlock: () => Promise.resolve('unknown-station'),
    setWish: (...said) => {
      told.push(said)
      return Promise.resolve(wished)
    },
    removeWish: (...said) => {
      told.push(said)
      return Promise.resolve(wished === 'no-session' ? wished : 'removed')
    },
  }
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const api = await startApi(new FakeSite(), {
    host: '127.0.0.1',
    port: 0,
    log,
    clock: new ManualClock(),
    operations: { site, keys: KEYS },
  })
  running = api
  const call = async (method: string, body?: unknown, path = AT_3, key = APP) => {
    const answer = await fetch(new URL(path, api.url), {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return { call, told }
}

describe('PUT wishes', () => {
  it('tells the site departure, energy, promise and priority', async () => {
    const { call, told } = await start()
    const body = { departsAt: '2026-11-22T17:30:00+01:00', energyKWh: 12.3, promised: true, priority: 5 }
    expect(await call('PUT', body)).toEqual({ status: 200, body: { outcome: 'stored' } })
    const departsAt = Date.UTC(2026, 10, 22, 16, 30)
    expect(told).toEqual([['garage', 3, { departsAt, energyWh: 12_300, promised: true, priority: 5 }]])
  })

  it('takes each alone', async () => {
    const { call, told } = await start()
    expect((await call('PUT', { priority: 2 })).status).toBe(200)
    expect(told).toEqual([['garage', 3, { departsAt: null, energyWh: null, promised: false, priority: 2 }]])
  })

  it.each([
    [{}, 'nothing is wished; DELETE takes wishes back'],
    [{ departsAt: '17:30' }, '`departsAt` is a time with its offset, such as `2026-11-22T17:30:00+01:00`'],
    [{ departsAt: '2026-11-22T17:30:00' }, '`departsAt` is a time with its offset'],
    [{ departsAt: '2026-13-22T17:30:00Z' }, '`departsAt` is a time with its offset'],
    [{ departsAt: 1_800_000_000 }, '`departsAt` is a time with its offset'],
    [{ energyKWh: 0 }, '`energyKWh` is the energy of the whole session, more than 0 and at most 1000'],
    [{ energyKWh: -5 }, '`energyKWh` is the energy'],
    [{ energyKWh: 1001 }, '`energyKWh` is the energy'],
    [{ energyKWh: '10' }, '`energyKWh` is the energy'],
    [{ promised: 'yes' }, '`promised` is true or false'],
    [{ priority: 0 }, '`priority` is a whole number from 1 to 9'],
    [{ priority: 10 }, '`priority` is a whole number from 1 to 9'],
    [{ priority: 1.5 }, '`priority` is a whole number from 1 to 9'],
    [{ energyWh: 5000 }, 'the body has other keys than this call takes'],
  ])('refuses %j', async (body, detail) => {
    const { call, told } = await start()
    expect(await call('PUT', body)).toMatchObject({
      status: 400,
      body: { code: 'API_REQUEST_INVALID', detail: expect.stringContaining(detail) as string },
    })
    expect(told).toEqual([])
  })

  it('says why a wish cannot be taken', async () => {
    const { call } = await start({ problem: 'the departure is in the past' })
    expect(await call('PUT', { priority: 2 })).toMatchObject({
      status: 409,
      body: { code: 'API_WISH_REFUSED', detail: 'the departure is in the past' },
    })
  })
})

describe('both calls', () => {
  it('need a session', async () => {
    const { call } = await start('no-session')
    for (const answer of [await call('PUT', { priority: 2 }), await call('DELETE')])
      expect(answer).toMatchObject({ status: 409, body: { code: 'API_NO_SESSION' } })
  })

  it('need a key that may, and a station of it', async () => {
    const { call, told } = await start()
    const other = AT_3.replace('garage', 'yard')
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? { priority: 2 } : undefined
      expect(await call(method, body, AT_3, KIOSK)).toMatchObject({ status: 403, body: { code: 'API_NOT_ALLOWED' } })
      expect(await call(method, body, other)).toMatchObject({ status: 403, body: { code: 'API_NOT_ALLOWED' } })
      expect(await call(method, body, AT_3, 'x')).toMatchObject({ status: 401, body: { code: 'API_KEY_REFUSED' } })
    }
    expect(told).toEqual([])
  })
})

describe('DELETE wishes', () => {
  it('takes them back', async () => {
    const { call, told } = await start()
    expect(await call('DELETE')).toEqual({ status: 200, body: { outcome: 'removed' } })
    expect(told).toEqual([['garage', 3]])
  })

  it('takes no body', async () => {
    const { call, told } = await start()
    expect(await call('DELETE', { priority: 2 })).toMatchObject({
      status: 400,
      body: { detail: 'this call takes no body' },
    })
    expect(told).toEqual([])
  })
})
