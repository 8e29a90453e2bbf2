/** Limits over HTTP, against the signals of a real site: seen by all, set with a key, refused with a reason; and their log. */
import { onTestFinished, describe, expect, it } from 'vitest'
import { startApi } from '../../src/api/server.ts'
import { type ApiAction, type ApiKeyConfig, Secret, type SignalConfig } from '../../src/config/site-config.ts'
import { silentLog } from '../../src/site/log.ts'
import { MAX_API_LIMITS } from '../../src/site/signals/api-limit.ts'
import { SiteSignals } from '../../src/site/signals/site-signals.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { balanceInput, charger, circuit } from '../site/signals/balance-input.ts'
import { FakeSite } from './fake-site.ts'

const START = '2026-11-22T12:00:00.000Z'
const EMS = 'ems-key-0123456789'
const MANAGER = 'manager-key-0123456789'
const KIOSK = 'kiosk-key-0123456789'
const key = (
  name: string,
  text: string,
  allow: readonly ApiAction[],
  stationIds: readonly string[] | null = null,
  signalIds: readonly string[] | null = null,
) => ({ name, key: new Secret(Buffer.from(text)), allow, stationIds, signalIds }) satisfies ApiKeyConfig
const KEYS = [
  key('ems', EMS, ['limit']),
  key('kiosk', KIOSK, ['token']),
  key('part', 'part-key-0123456789', ['limit'], ['A']),
  key('manager', MANAGER, ['limit'], null, ['ems']),
]

const signal = (id: string, over: Partial<SignalConfig> = {}): SignalConfig => ({
  id,
  source: 'ems',
  circuitId: 'house',
  priority: 3,
  expiresMs: null,
  way: { kind: 'api' },
  ...over,
})
const CIRCUITS = [circuit('house'), circuit('garage', 'house')]

class SiteWithLimits extends FakeSite {
  readonly limits: SiteSignals

  constructor(limits: SiteSignals) {
    super()
    this.limits = limits
  }
}

async function open(signals: readonly SignalConfig[] = [signal('api')]) {
  // Real sockets, and the test's own time
  const clock = new ManualClock(Date.parse(START))
  const memory = new MemoryLedger()
  const limits = new SiteSignals({
    signals,
    circuits: CIRCUITS,
    links: {
      open: () => {
        throw new Error('there is nothing to read here')
      },
    },
    clock,
    log: silentLog,
    ledger: memory.process().ledger,
    guaranteedWatts: () => 4200,
    onChange: () => {},
  })
  await limits.start()
  const site = new SiteWithLimits(limits)
  const api = await startApi(site, {
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    clock,
    operations: { site: NOTHING, limits, keys: KEYS },
  })
  onTestFinished(async () => {
    await api.close()
    await limits.stop()
  })
  const ask = async (method: string, path: string, body: object | null = null, bearer: string | null = EMS) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> }
  }
  return {
    ask,
    put: (id: string, body: object, bearer: string | null = EMS) => ask('PUT', `/api/v1/limits/${id}`, body, bearer),
    seen: async () => (await ask('GET', '/api/v1/limits', null, null)).body,
    clock,
    memory,
    limits,
  }
}

const NOTHING = {
  presentToken: () => Promise.resolve('unknown-station' as const),
  stopSession: () => Promise.resolve('unknown-station' as const),
  unlock: () => Promise.resolve('unknown-station' as const),
  setWish: () => Promise.resolve('unknown-station' as const),
  removeWish: () => Promise.resolve('unknown-station' as const),
}

describe('a key with `limit`', () => {
  it('sets a limit, sees it, and takes it back', async () => {
    const { put, seen, ask, memory } = await open()
    const set = await put('peak', { circuit: 'garage', kW: 30, forSeconds: 900 })
    const limit = {
      id: 'peak',
      source: 'ems',
      circuit: 'garage',
      amps: null,
      kW: 30,
      priority: 3,
      by: 'API key ems',
      since: START,
      until: '2026-11-22T12:15:00.000Z',
      inForce: true,
      proved: true,
    }
    expect(set).toEqual({ status: 200, body: { outcome: 'set', stored: true, limit } })
    expect((await seen())['limits']).toEqual([limit])
    expect(memory.limits.size).toBe(1)

    expect(await ask('DELETE', '/api/v1/limits/peak')).toEqual({
      status: 200,
      body: { outcome: 'ended', stored: true },
    })
    expect((await seen())['limits']).toEqual([])
    expect(await ask('DELETE', '/api/v1/limits/peak')).toMatchObject({
      status: 404,
      body: { code: 'API_LIMIT_UNKNOWN' },
    })
  })

  it('sets amperes for each phase, for the signal’s circuit and with its priority, until a time', async () => {
    const { put, limits } = await open()
    await put('peak', { amps: { L1: 63, L2: 50, L3: 40 }, until: '2026-11-22T13:00:00+00:00' })
    expect(limits.inForce()).toMatchObject([
      { id: 'peak', circuitId: 'house', priority: 3, maxAmps: { L1: 63, L2: 50, L3: 40 }, until: 3_600_000 },
    ])
  })

  it('names the signal where there are several', async () => {
    const signals = [signal('grid', { source: 'dso' }), signal('boss', { source: 'operator', circuitId: 'garage' })]
    const { put, limits } = await open(signals)
    expect((await put('x', { amps: 10 })).body['detail']).toBe('`signal` is one of grid, boss')
    expect((await put('x', { signal: 'nobody', amps: 10 })).status).toBe(400)
    await put('x', { signal: 'boss', amps: 10 })
    expect(limits.inForce()).toMatchObject([{ source: 'operator', circuitId: 'garage' }])
  })

  it('sees what is outranked', async () => {
    const { put, seen } = await open()
    await put('low', { amps: 10, priority: 1 })
    await put('high', { amps: 50, priority: 9 })
    expect((await seen())['limits']).toMatchObject([
      { id: 'low', inForce: false },
      { id: 'high', inForce: true },
    ])
  })

  it('need not name an end where the site file has one', async () => {
    const { put, clock, seen } = await open([signal('api', { expiresMs: 60_000 })])
    await put('peak', { amps: 10 })
    await clock.advance(60_000)
    expect((await seen())['limits']).toEqual([])
  })

  it('is told when the disk is full; the limit holds all the same', async () => {
    const { put, memory, limits } = await open()
    memory.full = true
    expect((await put('peak', { amps: 10 })).body['stored']).toBe(false)
    expect(limits.inForce().length).toBe(1)
  })
})

describe('is refused', () => {
  it.each([
    ['no value', { circuit: 'garage' }, 'neither `amps` nor `kW`'],
    ['a negative one', { amps: -1 }, 'from 0 to 10000'],
    ['a text for a number', { kW: '30' }, '`kW` is a number'],
    ['half the phases', { amps: { L1: 1 } }, 'one for each of L1, L2 and L3'],
    ['a key that is not known', { amps: 10, watts: 5 }, 'other keys'],
    ['a circuit that is not below', { amps: 10, circuit: 'yard' }, '`circuit` is house or one below it'],
    ['an end that is over', { amps: 10, until: '2026-11-22T11:00:00Z' }, 'over already'],
    ['an end far away', { amps: 10, forSeconds: 1e9 }, '31 days'],
    ['a priority beyond', { amps: 10, priority: 10 }, 'from 1 to 9'],
  ])('%s', async (_what, body, reason) => {
    const { put, limits } = await open()
    const answer = await put('peak', body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'API_REQUEST_INVALID' } })
    expect(answer.body['detail']).toContain(reason)
    expect(limits.inForce()).toEqual([])
  })

  it('an id that is no part of an address', async () => {
    expect((await (await open()).put('-x', { amps: 1 })).body['detail']).toContain('an id has')
  })

  it('who has no key, not this right, or only some stations', async () => {
    const { put, ask } = await open()
    expect((await put('x', { amps: 1 }, null)).status).toBe(401)
    expect((await put('x', { amps: 1 }, 'wrong-key-0123456789')).status).toBe(401)
    expect(await put('x', { amps: 1 }, KIOSK)).toMatchObject({ status: 403, body: { code: 'API_NOT_ALLOWED' } })
    expect((await put('x', { amps: 1 }, 'part-key-0123456789')).status).toBe(403)
    expect((await ask('DELETE', '/api/v1/limits/x', null, KIOSK)).status).toBe(403)
    expect((await ask('POST', '/api/v1/limits/x', { amps: 1 })).status).toBe(405)
  })

  it('everything, where the site file lets the API set nothing', async () => {
    const { put } = await open([])
    expect((await put('x', { amps: 1 })).body['detail']).toBe('the site file has no signal that the API may set')
  })

  it('the name of somebody else’s limit: it would end that one', async () => {
    const { put, limits } = await open([signal('grid', { source: 'dso' }), signal('ems')])
    await put('peak', { signal: 'grid', kW: 10 })
    expect(await put('peak', { signal: 'ems', kW: 90 })).toMatchObject({
      status: 409,
      body: { code: 'API_LIMIT_TAKEN', detail: 'a limit peak of somebody else (dso) stands: choose another id' },
    })
    expect(limits.inForce()).toMatchObject([{ source: 'dso', carsMaxWatts: 10_000 }])
  })

  it('a key that speaks for some signals only, at those of others', async () => {
    const { put, ask, limits } = await open([
      signal('grid', { source: 'dso' }),
      signal('ems', { circuitId: 'garage' }),
      signal('other'),
    ])
    await put('dim', { signal: 'grid', kW: 10 })
    await put('plan', { signal: 'other', kW: 20 })
    // the only one that it may set need not be named
    expect(await put('mine', { kW: 5 }, MANAGER)).toMatchObject({ status: 200, body: { limit: { circuit: 'garage' } } })
    expect((await put('x', { signal: 'grid', kW: 90 }, MANAGER)).body['detail']).toBe('`signal` is one of ems')
    expect((await put('plan', { kW: 90 }, MANAGER)).status).toBe(409)
    for (const id of ['dim', 'plan'])
      expect(await ask('DELETE', `/api/v1/limits/${id}`, null, MANAGER)).toMatchObject({
        status: 403,
        body: { code: 'API_NOT_ALLOWED' },
      })
    expect((await ask('DELETE', '/api/v1/limits/mine', null, MANAGER)).status).toBe(200)
    expect(limits.inForce().map(({ id }) => id)).toEqual(['dim', 'plan'])
  })

  it('one limit too many; the same id again is not one', async () => {
    const { limits } = await open([signal('ems'), signal('grid', { source: 'dso' })])
    const set = (id: string, amps: number, name = 'ems') => limits.set(id, { signal: name, amps }, 'a test')
    for (let index = 0; index < MAX_API_LIMITS; index++) await set(`l${index}`, 10)
    expect(await set('one-more', 10)).toMatchObject({ outcome: 'too-many' })
    expect(await set('l7', 12)).toMatchObject({ outcome: 'set' })
    // an energy manager that has used up its own leaves the grid operator's
    expect(await set('dim', 10, 'grid')).toMatchObject({ outcome: 'set' })
  })
})

describe('the log', () => {
  it('tells each command, its reaction and what was achieved', async () => {
    const { put, ask, clock, limits } = await open([signal('grid', { source: 'dso', circuitId: 'garage' })])
    const tick = async (amps: number): Promise<void> => {
      await clock.advance(1000)
      const outlet = charger('A', {
        confirmedAmps: amps,
        measuredAmps: [amps, amps, amps],
        measuredAt: clock.monotonic(),
      })
      const input = balanceInput({
        at: clock.monotonic(),
        circuits: CIRCUITS,
        outlets: [outlet],
        limits: limits.inForce(),
      })
      limits.observe(input, { allocations: [{ outletId: 'A', amps: 6, binding: { kind: 'device' }, rank: null }] })
    }
    await tick(16)
    await put('dim', { kW: 4.2 })
    await tick(16)
    await tick(6)
    await tick(6)
    await ask('DELETE', '/api/v1/limits/dim')
    await clock.settle()

    const { status, body } = await ask('GET', '/api/v1/limits/log', null, null)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      from: '2026-11-21T12:00:04.000Z',
      to: '2026-11-22T12:00:04.000Z',
      complete: true,
      commands: [
        {
          source: 'dso',
          command: { limitId: 'dim', circuitId: 'garage', carsMaxWatts: 4200, by: 'API key ems', carsWatts: 11_040 },
          cameAt: '2026-11-22T12:00:01.000Z',
          setAfterMs: 2000,
          reachedAfterMs: 2000,
          endedAt: '2026-11-22T12:00:04.000Z',
          endReason: 'taken back (API key ems)',
          exceededMinutes: 0,
        },
      ],
    })
  })

  it.each([
    ['to=2026-02-30T12:00:00Z', 'times with their offset'],
    ['from=yesterday', 'times with their offset'],
    ['from=2026-11-22T12:00:00Z&to=2026-11-21T12:00:00Z', '`from` is after `to`'],
    ['from=2025-11-22T12:00:00Z&to=2026-11-21T12:00:00Z', '31 days'],
  ])('does not understand %s', async (query, reason) => {
    const { status, body } = await (await open()).ask('GET', `/api/v1/limits/log?${query}`, null, null)
    expect([status, String(body['detail']).includes(reason)]).toEqual([400, true])
  })

  it('takes times with an offset as a query carries them', async () => {
    const { ask } = await open()
    const { body } = await ask(
      'GET',
      '/api/v1/limits/log?from=2026-11-22T12:00:00+01:00&to=2026-11-22T12:00:00Z',
      null,
      null,
    )
    expect(body['from']).toBe('2026-11-22T11:00:00.000Z')
  })
})
