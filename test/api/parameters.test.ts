/** The station controller's parameters over the API: what is shown, who may change them, and what is refused with its reason. */
import { afterEach, describe, expect, it, test } from 'vitest'
import { startApi, type RunningApi } from '../../src/api/server.ts'
import { type ApiAction, Secret } from '../../src/config/site-config.ts'
import { parametersSnapshot } from '../../src/site/controller/parameter-operations.ts'
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { BridgeError } from '../../src/model/errors.ts'
import type { ParameterOperations, SiteOperations, SiteSnapshot, Wrong } from '../../src/site/facade.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { FakeSite } from './fake-site.ts'
import { sampleSite } from './sample-site.ts'

const KEYS = {
  desk: 'desk-key-0123456789',
  kiosk: 'kiosk-key-0123456789',
  garage: 'garage-key-0123456789',
} as const
const key = (name: keyof typeof KEYS, allow: readonly ApiAction[], stationIds: readonly string[] | null = null) => ({
  name,
  key: new Secret(Buffer.from(KEYS[name])),
  allow,
  stationIds,
  signalIds: null,
})

/** A site with the station `garage` (connectors 1 to 3) and the circuit `house` that notes what was set, and takes nothing above 100. */
class Parameters extends FakeSite implements ParameterOperations {
  readonly asked: string[] = []
  values: Readonly<Partial<Record<string, number | null>>> = {}

  override snapshot(): SiteSnapshot {
    const parameters = { ...parametersSnapshot(PLAIN_PARAMETERS, 'SITE-NORD'), ...this.values }
    return { ...sampleSite(), parameters }
  }

  setParameters: ParameterOperations['setParameters'] = (values, by) => {
    this.asked.push(`${JSON.stringify(values)} by ${by}`)
    const wrong = Object.entries(values).find(([, value]) => (value ?? 0) > 100)?.[0]
    if (wrong !== undefined) return Promise.resolve([{ name: wrong, expected: 'a number up to 100' } as Wrong])
    this.values = { ...this.values, ...values }
    return Promise.resolve([])
  }

  setOutletMaximum: ParameterOperations['setOutletMaximum'] = (stationId, evse, amps, by) => {
    this.asked.push(`${stationId}/${evse} ${amps} by ${by}`)
    if (stationId !== 'garage') return Promise.resolve('unknown-station')
    return Promise.resolve(evse > 3 ? 'unknown-evse' : this.#amps(amps))
  }

  setCircuitMaximum: ParameterOperations['setCircuitMaximum'] = (circuitId, amps, by) => {
    this.asked.push(`circuit ${circuitId} ${amps} by ${by}`)
    return Promise.resolve(circuitId === 'house' ? this.#amps(amps) : 'unknown-circuit')
  }

  #amps(amps: number | null): readonly Wrong[] {
    return (amps ?? 0) > 100 ? [{ name: null, expected: 'a number from 6 to 100, or 0' }] : []
  }
}

const closing: RunningApi[] = []
afterEach(async () => {
  for (const api of closing.splice(0)) await api.close()
})

async function start({ withKeys = true } = {}) {
  const site = new Parameters()
  const lines: string[] = []
  const note = (_: object, text: string): void => void lines.push(text)
  const keys = [key('desk', ['parameters']), key('kiosk', ['token']), key('garage', ['parameters'], ['garage'])]
  const api = await startApi(site, {
    host: '127.0.0.1',
    port: 0,
    log: { info: note, warn: note, error: note },
    clock: new ManualClock(),
    ...(withKeys ? { operations: { site: NOTHING, parameters: site, keys } } : {}),
  })
  closing.push(api)
  const call = async (method: string, path: string, body?: unknown, bearer: string | null = KEYS.desk) => {
    const response = await fetch(`${api.url}/api/v1/${path}`, {
      method,
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> }
  }
  return { site, lines, call }
}

const nowhere = () => Promise.resolve('unknown-station' as const)
const NOTHING: SiteOperations = {
  presentToken: nowhere,
  stopSession: nowhere,
  setWish: nowhere,
  removeWish: nowhere,
  unlock: nowhere,
}
const OUTLET = 'stations/garage/evses/3/max-current'
const CIRCUIT = 'circuits/house/max-current'

test('everybody may see them', async () => {
  const { call } = await start({ withKeys: false })
  expect(await call('GET', 'parameters', undefined, null)).toEqual({
    status: 200,
    body: {
      controllerId: 'SITE-NORD',
      usableSharePercent: 100,
      chargerDeadBandAmps: 1,
      siteDeadBandAmps: 0,
      arrivalReserveAmps: 0,
      reservedArrivals: 0,
      outletMaxima: [],
      circuitMaxima: [],
    },
  })
  expect((await call('PATCH', 'parameters', { reservedArrivals: 1 })).status).toBe(405)
})

describe('a key with `parameters`', () => {
  it('changes those that it names, and is answered with all', async () => {
    const { call, site, lines } = await start()
    const answer = await call('PATCH', 'parameters', { usableSharePercent: 62.5, reservedArrivals: null })
    expect(answer).toMatchObject({ status: 200, body: { usableSharePercent: 62.5, chargerDeadBandAmps: 1 } })
    expect(site.asked).toEqual(['{"usableSharePercent":62.5,"reservedArrivals":null} by the API (key desk)'])
    expect(lines).toContain('desk: parameters at the site')
  })

  it('sets and takes away maxima of outlets and circuits', async () => {
    const { call, site } = await start()
    expect(await call('PUT', OUTLET, { amps: 10 })).toEqual({ status: 200, body: { amps: 10 } })
    expect(await call('DELETE', OUTLET)).toEqual({ status: 200, body: { amps: null } })
    expect(await call('PUT', CIRCUIT, { amps: 0 })).toEqual({ status: 200, body: { amps: 0 } })
    expect(await call('DELETE', CIRCUIT)).toEqual({ status: 200, body: { amps: null } })
    expect(site.asked.map((asked) => asked.replace(' by the API (key desk)', ''))).toEqual([
      'garage/3 10',
      'garage/3 null',
      'circuit house 0',
      'circuit house null',
    ])
  })

  it('for some stations sets their outlets and nothing else', async () => {
    const { call, site } = await start()
    expect((await call('PUT', OUTLET, { amps: 10 }, KEYS.garage)).status).toBe(200)
    for (const [method, path, body] of [
      ['PUT', 'stations/CP-001/evses/1/max-current', { amps: 10 }],
      ['PUT', CIRCUIT, { amps: 10 }],
      ['DELETE', CIRCUIT, undefined],
      ['PATCH', 'parameters', { reservedArrivals: 1 }],
    ] as const)
      expect(await call(method, path, body, KEYS.garage)).toMatchObject({
        status: 403,
        body: { code: 'API_NOT_ALLOWED' },
      })
    expect(site.asked).toHaveLength(1)
  })

  it.each([
    ['PATCH', 'parameters', { reservedArrivals: 1 }],
    ['PUT', OUTLET, { amps: 10 }],
    ['DELETE', OUTLET, undefined],
    ['PUT', CIRCUIT, { amps: 10 }],
  ])('is needed for %s %s', async (method, path, body) => {
    const { call, site } = await start()
    expect(await call(method, path, body, null)).toMatchObject({ status: 401, body: { code: 'API_KEY_REFUSED' } })
    expect(await call(method, path, body, KEYS.kiosk)).toMatchObject({ status: 403, body: { code: 'API_NOT_ALLOWED' } })
    expect(site.asked).toEqual([])
  })
})

describe('a value that cannot be', () => {
  it.each([
    [
      'PATCH',
      'parameters',
      { usableSharePercent: '80' },
      '`usableSharePercent` is a number from 1 to 100, or null for what the site file has',
    ],
    [
      'PATCH',
      'parameters',
      { percentsupplyuseable: 80 },
      'the body has other keys than usableSharePercent, chargerDeadBandAmps, siteDeadBandAmps, arrivalReserveAmps, reservedArrivals',
    ],
    ['PATCH', 'parameters', [80], 'the body has other keys than'],
    ['PUT', OUTLET, {}, 'the body is `{"amps": NUMBER}`; DELETE takes the maximum away'],
    ['PUT', OUTLET, { amps: null }, 'the body is `{"amps": NUMBER}`'],
    ['PUT', CIRCUIT, { amps: 10, watts: 5 }, 'the body is `{"amps": NUMBER}`'],
    ['DELETE', CIRCUIT, { amps: 10 }, 'this call takes no body'],
  ])('%s %s %j is refused before it is looked at', async (method, path, body, detail) => {
    const { call, site } = await start()
    expect(await call(method, path, body)).toMatchObject({
      status: 400,
      body: { code: 'API_REQUEST_INVALID', detail: expect.stringContaining(detail) },
    })
    expect(site.asked).toEqual([])
  })

  it('is refused with its place and what can stand there', async () => {
    const { call } = await start()
    expect((await call('PATCH', 'parameters', { siteDeadBandAmps: 101 })).body).toMatchObject({
      status: 400,
      code: 'API_REQUEST_INVALID',
      detail: '`siteDeadBandAmps` is a number up to 100',
    })
    for (const path of [OUTLET, CIRCUIT])
      expect((await call('PUT', path, { amps: 101 })).body).toMatchObject({
        status: 400,
        detail: '`amps` is a number from 6 to 100, or 0',
      })
  })

  it.each([
    ['stations/nowhere/evses/1/max-current', 'API_STATION_UNKNOWN'],
    ['stations/garage/evses/4/max-current', 'API_STATION_UNKNOWN'],
    ['stations/garage/evses/0/max-current', 'API_STATION_UNKNOWN'],
    ['stations/garage/max-current', 'API_NOT_FOUND'],
    ['circuits/cellar/max-current', 'API_CIRCUIT_UNKNOWN'],
    ['circuits/house', 'API_NOT_FOUND'],
  ])('at %s is for nobody', async (path, code) => {
    const { call } = await start()
    expect(await call('PUT', path, { amps: 10 })).toMatchObject({ status: 404, body: { code } })
  })
})

test('what the disk does not take is a fault with its code', async () => {
  const { call, site } = await start()
  site.setParameters = () => Promise.reject(new BridgeError('LEDGER_FULL', 'no space left'))
  expect(await call('PATCH', 'parameters', { reservedArrivals: 1 })).toMatchObject({
    status: 500,
    body: { code: 'LEDGER_FULL' },
  })
})
