/**
 * Every charger of the library charges a car: its registers, pages or topics on a real socket, the real driver, the balancing core, OCPP 1.6
 * to a real CSMS. All at once in one site, on a fast clock. What each can do (range, step, phases, reader, meter) is asked of its mapping.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capabilitiesOf } from '../../src/mapping/index.ts'
import type { Mapping } from '../../src/mapping/index.ts'
import { startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { mosquitto, startBroker } from '../peers/mosquitto.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'
import type { ScriptedCsms, StationCall } from '../peers/scripted-csms.ts'
import { every, memoryLog, registry, siteConfig } from './chain.ts'
import { schemeOf, shippedMappings, Stand, standName } from './stand.ts'

const SPEED = 25
const CIRCUIT_AMPS = 20
const CAR_AMPS = 32
const CARD = '04A1B2C3'
/** Site time that one step of a session may take: gaps between writes, time to settle and to rise. */
const STEP_MS = 240_000

const chargers = shippedMappings()
  .filter(({ kind }) => kind === 'charger')
  .flatMap((mapping) => {
    const variants = mapping.variants.map(({ name }) => name)
    return (variants.length === 0 ? [null] : variants).map((variant) => ({
      mapping,
      variant,
      name: standName(mapping, variant),
      title: variant === null ? mapping.name : `${mapping.name}, ${variant}`,
    }))
  })

/** Why a charger cannot take part; null: it can. */
function leftOut(mapping: Mapping): string | null {
  if (capabilitiesOf(mapping).current === null) return 'read only'
  const scheme = schemeOf(mapping)
  if (!hasDriver(scheme)) return `no driver for ${scheme}`
  return scheme === 'mqtt' && !mosquitto.available ? mosquitto.reason : null
}

function hasDriver(scheme: string): boolean {
  try {
    return registry.driverOf(`${scheme}:`) !== null
  } catch {
    return false
  }
}

/** What became of one charger. */
type Outcome = { readonly problems: readonly string[] }

describe('every charger of the library', () => {
  const outcomes = new Map<string, Outcome>()

  beforeAll(async () => {
    const taking = chargers.filter(({ mapping }) => leftOut(mapping) === null)
    await using cleaning = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-every-'))
    cleaning.defer(() => rm(folder, { recursive: true }))
    const clock = new FastClock(SPEED)
    cleaning.defer(() => clock.stop())
    const broker = taking.some(({ mapping }) => schemeOf(mapping) === 'mqtt') ? await startBroker() : null
    cleaning.defer(() => broker?.remove())
    const csms = await startScriptedCsms()
    cleaning.defer(() => csms.close())
    const currentTime = (): string => new Date(clock.now()).toISOString()
    csms.react(({ action }) => {
      if (action === 'BootNotification')
        return { answer: { status: 'Accepted', currentTime: currentTime(), interval: 300 } }
      return action === 'Heartbeat' ? { answer: { currentTime: currentTime() } } : undefined
    })
    const stands: Stand[] = []
    cleaning.defer(async () => void (await Promise.all(stands.map((stand) => stand.close()))))
    const brokerUrl = broker === null ? null : `mqtt://127.0.0.1:${broker.port}`
    for (const { mapping, variant } of taking) stands.push(await Stand.open(mapping, variant, clock, brokerUrl))
    cleaning.defer(every(clock, 500, () => stands.forEach((stand) => stand.tick())))
    const config = await siteConfig(siteFile(stands, csms.url), folder)
    const log = memoryLog()
    const site = await startSite(config, {
      registry,
      stateFolder: join(folder, 'state'),
      log,
      clock,
      random: () => 0.5,
      fullPollMs: 10_000,
    })
    cleaning.defer(() => site.stop())
    await Promise.all(
      stands.map(async (stand) => {
        const problems: string[] = []
        await new Session(stand, csms, clock).play().catch((error: unknown) => problems.push(String(error)))
        const odd = stand.offers.filter((amps) => (amps > 0 && amps < 6 - 1e-6) || amps > CIRCUIT_AMPS + 1e-6)
        if (odd.length > 0) problems.push(`it was offered ${odd.join(', ')} A`)
        const own = log.lines.filter(({ level, text }) => level !== 'info' && text.includes(stand.name))
        if (problems.length > 0) problems.push(...own.map(({ text }) => text).slice(0, 10))
        outcomes.set(stand.name, { problems })
      }),
    )
  }, 120_000)

  for (const { mapping, name, title } of chargers) {
    const why = leftOut(mapping)
    if (why === null) it(title, () => expect(outcomes.get(name), title).toEqual({ problems: [] }))
    else it.skip(`${title} (left out: ${why})`)
  }

  afterAll(() => outcomes.clear())
})

function siteFile(stands: readonly Stand[], csms: string): string {
  const circuits = stands.map(({ name }) => `\n  c-${name}: {parent: supply, limit: ${CIRCUIT_AMPS} A}`)
  const stations = stands.map(
    (stand) =>
      `\n  ${stand.name}: {${stand.entry}, circuit: c-${stand.name}, authorize: ${hasReader(stand) ? 'card' : 'remote'}, ` +
      'fail-safe: {current: 6 A, after: 60 s}, upstream: operator, start-values: {MeterValueSampleInterval: 60, MinimumStatusDuration: 0}}',
  )
  return `site: {name: Library, timezone: Europe/Zurich}
circuits:
  supply: {limit: ${4 * CIRCUIT_AMPS * stands.length} A}${circuits.join('')}
stations:${stations.join('')}
upstreams:
  operator: {url: "${csms}", ocpp: "1.6", security-profile: 0}
`
}

function hasReader({ mapping }: Stand): boolean {
  return mapping.signals.has('tag')
}

/** One car at one charger: plugged in, authorised, steered by the CSMS, a fault, unplugged. */
class Session {
  readonly #stand: Stand
  readonly #csms: ScriptedCsms
  readonly #clock: FastClock
  readonly #range: { readonly minAmps: number; readonly maxAmps: number; readonly stepAmps: number }

  constructor(stand: Stand, csms: ScriptedCsms, clock: FastClock) {
    this.#stand = stand
    this.#csms = csms
    this.#clock = clock
    const { current } = capabilitiesOf(stand.mapping)
    if (current === null) throw new Error(`${stand.name} cannot be steered`)
    this.#range = current
  }

  async play(): Promise<void> {
    const { charger, connector, phases, mapping, name } = this.#stand
    const csms = this.#csms
    await this.#soon('the new box is held paused', () => connector.orders.paused)
    await this.#soon(
      'it is told to the CSMS',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Available' }) !== null,
    )
    await this.#limit(6)
    charger.plug({ phases, maxAmps: CAR_AMPS, energyWantedWh: 50_000 })
    await this.#soon(
      'Preparing',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Preparing' }) !== null,
    )
    if (connector.orders.offeredAmps !== 0) throw new Error('current before the authorisation')
    const before = charger.energyWh
    if (hasReader(this.#stand)) charger.swipe(CARD)
    else await csms.call(name, 'RemoteStartTransaction', { connectorId: 1, idTag: CARD })
    await this.#soon('StartTransaction', () => this.#said('StartTransaction', { idTag: CARD }) !== null)
    for (const amps of [6, 10, 16]) {
      await this.#limit(amps)
      await this.#soon(`${amps} A ordered, ${this.#expected(amps)} A drawn`, () => this.#draws(amps))
      await this.#pass(20_000)
      if (!this.#draws(amps)) throw new Error(`${charger.drawnAmps} A after ${amps} A were ordered a while ago`)
    }
    await this.#soon(
      'Charging',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Charging' }) !== null,
    )
    const mark = csms.calls.length
    await this.#limit(0)
    await this.#soon('0 A ordered', () => charger.drawnAmps === 0 && connector.orders.offeredAmps === 0)
    await this.#soon(
      'SuspendedEVSE',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'SuspendedEVSE' }, mark) !== null,
    )
    if (showsFaults(mapping)) {
      charger.fail({ code: '0', kind: 'OtherError', text: null })
      await this.#soon(
        'Faulted',
        () => this.#said('StatusNotification', { connectorId: 1, status: 'Faulted' }, mark) !== null,
      )
      charger.fail(null)
    }
    charger.swipe(null)
    charger.unplug()
    await this.#soon('StopTransaction', () => this.#said('StopTransaction', {}, mark) !== null)
    await this.#soon(
      'Available',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Available' }, mark) !== null,
    )
    const [start, stop] = [this.#said('StartTransaction', {}), this.#said('StopTransaction', {})]
    const toldWh = Number(stop?.['meterStop']) - Number(start?.['meterStart'])
    const trueWh = charger.energyWh - before
    const step = energyStep(mapping)
    if (step !== null && !(Math.abs(toldWh - trueWh) <= step + 2))
      throw new Error(`${toldWh} Wh told, ${trueWh} Wh flowed`)
  }

  /** What the car must draw when the CSMS allows so much. */
  #expected(amps: number): number {
    const { minAmps, maxAmps } = this.#range
    const most = Math.min(amps, maxAmps, CIRCUIT_AMPS)
    return most < minAmps - 1e-6 ? 0 : most
  }

  #draws(amps: number): boolean {
    const { drawnAmps } = this.#stand.charger
    const expected = this.#expected(amps)
    const { stepAmps } = this.#range
    return expected === 0 ? drawnAmps === 0 : drawnAmps <= expected + 1e-5 && drawnAmps > expected - 2 * stepAmps
  }

  async #limit(amps: number): Promise<void> {
    const [type, , answer] = await this.#csms.call(this.#stand.name, 'SetChargingProfile', {
      connectorId: 0,
      csChargingProfiles: {
        chargingProfileId: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: amps }] },
      },
    })
    if (type !== 3) throw new Error(`SetChargingProfile: ${JSON.stringify(answer)}`)
  }

  #said(action: string, holds: StationCall['payload'], from = 0): StationCall['payload'] | null {
    const call = this.#csms.calls
      .slice(from)
      .find(
        (one) =>
          one.stationId === this.#stand.name &&
          one.action === action &&
          Object.entries(holds).every(([key, value]) => one.payload[key] === value),
      )
    return call?.payload ?? null
  }

  async #soon(what: string, holds: () => boolean): Promise<void> {
    const end = this.#clock.monotonic() + STEP_MS
    while (!holds()) {
      if (this.#clock.monotonic() > end) {
        const { charger, connector } = this.#stand
        throw new Error(
          `not within ${STEP_MS / 1000} s: ${what}; ${charger.drawnAmps} A flow, ${connector.orders.offeredAmps} A are offered, state ${connector.shown.state}`,
        )
      }
      await this.#pass(500)
    }
  }

  #pass(ms: number): Promise<void> {
    return this.#clock.sleep(ms, new AbortController().signal)
  }
}

/** What one count of the energy register means, Wh; null: no register. */
function energyStep(mapping: Mapping): number | null {
  const source = mapping.signals.get('energy')
  if (source?.kind === 'calc') return 100
  const unit = source?.point.unit ?? null
  return unit === null ? null : Math.abs(unit.numerator / unit.denominator)
}

/** Not every box has a state for a fault. */
function showsFaults({ state }: Mapping): boolean {
  if (state === null) return false
  const states =
    state.kind === 'rules'
      ? state.rules.map((rule) => rule.state)
      : [...state.numbers.values(), ...state.texts.values()]
  return states.includes('F')
}
