/** `controller`: the site's own station at a CSMS on a real socket, the API beside it, and chargers that follow both. */
import { afterEach, expect, it } from 'vitest'
import { startApi } from '../../src/api/server.ts'
import { Secret } from '../../src/config/site-config.ts'
import { forbidden } from './box.ts'
import { until } from './chain.ts'
import { Garage, STATION } from './garage.ts'

const SITE = 'SITE-NORD'
const KEY = 'desk-key-0123456789'
const CONTROLLER = `controller: {identity: ${SITE}, upstream: operator, start-values: {percentsupplyuseable: 90}}`
/** Nothing is kept free, and what is free is used at once: what is left is what was set. */
const PLAIN = `controller: {identity: ${SITE}, upstream: operator, start-values: {percentsupplyuseable: 100, numreserve: 0, tolerancestationcurrent: 0}}`

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** What the CSMS asks of the controller's station; a CALLERROR fails the test. */
async function ask(garage: Garage, action: string, payload: object): Promise<unknown> {
  const [type, , answer, ...rest] = await garage.csms.call(SITE, action, payload)
  if (type !== 3) throw new Error(`${action}: ${JSON.stringify([answer, ...rest])}`)
  return answer
}

async function change(garage: Garage, key: string, value: string): Promise<unknown> {
  const answer = (await ask(garage, 'ChangeConfiguration', { key, value })) as { readonly status?: unknown }
  return answer.status
}

async function valueOf(garage: Garage, key: string): Promise<unknown> {
  const answer = (await ask(garage, 'GetConfiguration', { key: [key] })) as {
    readonly configurationKey?: readonly { readonly value?: unknown }[]
  }
  return answer.configurationKey?.[0]?.value
}

async function openApi(garage: Garage): Promise<(method: string, path: string, body?: object) => Promise<unknown>> {
  const { site, clock, log } = garage
  const keys = [
    {
      name: 'desk',
      key: new Secret(Buffer.from(KEY)),
      allow: ['parameters'] as const,
      stationIds: null,
      signalIds: null,
    },
  ]
  const operations = { site: site.operations, parameters: site.parameters, keys }
  const api = await startApi(site, { host: '127.0.0.1', port: 0, log, clock, operations })
  closing.push(() => api.close())
  return async (method, path, body) => {
    const response = await fetch(`${api.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return response.json()
  }
}

const eventsOf = async (garage: Garage): Promise<readonly string[]> =>
  garage.log.lines.filter(({ text }) => text.includes(' now, by ')).map(({ text }) => text)

it('is a station without connectors that boots, beats and has the parameters of the field', async () => {
  const garage = await Garage.open({ also: CONTROLLER })
  const mine = () => garage.csms.calls.filter(({ stationId }) => stationId === SITE)
  await until('the controller tells its status', () => mine().some(({ action }) => action === 'StatusNotification'))
  expect(mine()[0]).toMatchObject({
    action: 'BootNotification',
    payload: { chargePointVendor: 'ampbridge', chargePointModel: 'Station controller' },
  })
  expect(mine().filter(({ action }) => action === 'StatusNotification')).toMatchObject([
    { payload: { connectorId: 0, status: 'Available' } },
  ])
  expect(await change(garage, 'HeartbeatInterval', '10')).toBe('Accepted')
  await until('a heartbeat', () => mine().some(({ action }) => action === 'Heartbeat'))

  const { configurationKey } = (await ask(garage, 'GetConfiguration', {})) as {
    readonly configurationKey: readonly { readonly key: string; readonly value: string; readonly readonly: boolean }[]
  }
  const told = new Map(configurationKey.map(({ key, value }) => [key, value]))
  expect(Object.fromEntries([...told].filter(([key]) => key === key.toLowerCase() || key.startsWith('max')))).toEqual({
    percentsupplyuseable: '90',
    tolerancechargecurrent: '0.5',
    tolerancestationcurrent: '5',
    currentreserve: '6',
    numreserve: '3',
    'maxcircuitcurrent.house': '',
    'maxcurrent.garage.1': '',
    'maxcurrent.garage.2': '',
    'maxcurrent.garage.3': '',
  })
  expect([told.get('NumberOfConnectors'), told.get('SupportedFeatureProfiles')]).toEqual([
    '0',
    'Core,RemoteTrigger,SmartCharging',
  ])
  expect(await ask(garage, 'RemoteStartTransaction', { idTag: 'TAG-1' })).toEqual({ status: 'Rejected' })
  const file = await ask(garage, 'GetDiagnostics', { location: 'ftp://127.0.0.1:1/', retries: 0 })
  expect(file).toEqual({ fileName: expect.stringContaining(SITE) })
  await garage.hears('DiagnosticsStatusNotification', { status: 'Uploading' })
  const shown = garage.site.snapshot()
  expect(shown.upstreams).toContainEqual(expect.objectContaining({ stationId: SITE, state: 'accepted' }))
  expect(shown.stations).toHaveLength(3)
})

it('has the same values as the API: the last one wins, and the log tells who it was', async () => {
  const garage = await Garage.open({ also: CONTROLLER })
  const api = await openApi(garage)
  await until('the controller is there', () => garage.csms.calls.some(({ stationId }) => stationId === SITE))
  expect(await change(garage, 'PercentSupplyUseable', '70')).toBe('Accepted')
  expect(await api('GET', 'parameters')).toMatchObject({ controllerId: SITE, usableSharePercent: 70 })
  expect(await api('PATCH', 'parameters', { usableSharePercent: 60.5, arrivalReserveAmps: 0 })).toMatchObject({
    usableSharePercent: 60.5,
    arrivalReserveAmps: 0,
  })
  expect(await valueOf(garage, 'percentsupplyuseable')).toBe('60.5')
  expect(await change(garage, 'percentsupplyuseable', '0')).toBe('Rejected')
  expect(await api('PATCH', 'parameters', { usableSharePercent: 0 })).toMatchObject({
    code: 'API_REQUEST_INVALID',
    detail: '`usableSharePercent` is a number from 1 to 100',
  })
  expect(await api('PUT', `stations/${STATION}/evses/2/max-current`, { amps: 10 })).toEqual({ amps: 10 })
  expect(await valueOf(garage, 'maxcurrent.garage.2')).toBe('10')
  expect(await change(garage, 'maxcircuitcurrent.house', '32')).toBe('Accepted')
  expect(await api('GET', 'parameters')).toMatchObject({
    outletMaxima: [{ stationId: STATION, evse: 2, amps: 10 }],
    circuitMaxima: [{ circuitId: 'house', amps: 32 }],
  })
  expect(await eventsOf(garage)).toEqual([
    `${SITE}: percentsupplyuseable is 70 % now, by the CSMS operator`,
    `${SITE}: percentsupplyuseable is 60.5 % now, by the API (key desk)`,
    `${SITE}: currentreserve is 0 A now, by the API (key desk)`,
    `${SITE}: the maximum current of garage, connector 2, is 10 A now, by the API (key desk)`,
    `${SITE}: the maximum current of circuit house is 32 A now, by the CSMS operator`,
  ])
})

it('keeps what was changed over a restart, and so does a site without a station of its own', async () => {
  for (const also of [CONTROLLER, '']) {
    const garage = await Garage.open({ also })
    const api = await openApi(garage)
    await api('PATCH', 'parameters', { usableSharePercent: 75 })
    await api('PUT', 'circuits/house/max-current', { amps: 20 })
    const before = garage.site.snapshot().parameters
    expect(before).toMatchObject({
      controllerId: also === '' ? null : SITE,
      usableSharePercent: 75,
      chargerDeadBandAmps: also === '' ? 1 : 0.5,
    })
    await garage.stop()
    await garage.start()
    expect(garage.site.snapshot().parameters).toEqual(before)
  }
})

it('limits chargers and circuits, whoever says so', async () => {
  const garage = await Garage.open({ also: PLAIN })
  const api = await openApi(garage)
  await garage.charge(1, 'TAG-1')
  await until('32 A at the first box', () => garage.offered(1) === 32)
  for (const [set, amps] of [
    [() => change(garage, 'maxcurrent.garage.1', '10'), 10],
    [() => api('PUT', `stations/${STATION}/evses/1/max-current`, { amps: 8 }), 8],
    [() => change(garage, 'maxcurrent.garage.1', '0'), 0],
    [() => api('DELETE', `stations/${STATION}/evses/1/max-current`), 32],
    [() => api('PUT', 'circuits/house/max-current', { amps: 16 }), 16],
    [() => change(garage, 'maxcircuitcurrent.house', ''), 32],
    // of 100 A
    [() => change(garage, 'percentsupplyuseable', '20'), 20],
    [() => api('PATCH', 'parameters', { usableSharePercent: null }), 32],
  ] as const) {
    await set()
    await until(`${amps} A at the first box`, () => garage.offered(1) === amps)
  }
  for (const box of garage.boxes) expect(forbidden(box)).toEqual([])
})

it('takes a limit for the whole site as its maximum profile', async () => {
  const garage = await Garage.open({ also: PLAIN })
  await garage.charge(1, 'TAG-1')
  await garage.charge(3, 'TAG-3')
  const maximum = (chargingRateUnit: 'A' | 'W', limit: number) => ({
    connectorId: 0,
    csChargingProfiles: {
      chargingProfileId: 1,
      stackLevel: 0,
      chargingProfilePurpose: 'ChargePointMaxProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: {
        startSchedule: new Date(garage.clock.now() - 60_000).toISOString(),
        chargingRateUnit,
        chargingSchedulePeriod: [{ startPeriod: 0, limit }],
      },
    },
  })
  const sum = (): number => garage.offered(1) + garage.offered(3)
  expect(await ask(garage, 'SetChargingProfile', maximum('A', 20))).toEqual({ status: 'Accepted' })
  await until('both share 20 A', () => sum() <= 20 && garage.offered(1) >= 6 && garage.offered(3) >= 6)
  // 12 A on three phases
  expect(await ask(garage, 'SetChargingProfile', maximum('W', 12 * 3 * 230))).toEqual({ status: 'Accepted' })
  await until('both share 12 A', () => sum() <= 12 && sum() > 0)
  expect(await ask(garage, 'ClearChargingProfile', {})).toEqual({ status: 'Accepted' })
  await until('there is more again', () => sum() > 40)
})
