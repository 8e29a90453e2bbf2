/** One car at one charger: plugged in, authorised, steered by the CSMS, a fault, unplugged. Each step says what it waits for. */
import { capabilitiesOf } from '../../src/mapping/index.ts'
import type { Mapping } from '../../src/mapping/index.ts'
import type { FastClock } from '../peers/fast-clock.ts'
import type { ScriptedCsms, StationCall } from '../peers/scripted-csms.ts'
import type { Stand } from './stand.ts'

const CAR_AMPS = 32
const CAR_WH = 50_000
const CARD = '04A1B2C3'
/** Site time that one step of a session may take: gaps between writes, time to settle and to rise. */
const STEP_MS = 240_000

export class ChargerSession {
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
    const { charger, connector, phases, mapping } = this.#stand
    const csms = this.#csms
    await this.#soon('the new box is held paused', () => connector.orders.paused)
    await this.#soon(
      'it is told to the CSMS',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Available' }) !== null,
    )
    await this.#limit(6)
    charger.plug({ phases, maxAmps: CAR_AMPS, energyWantedWh: CAR_WH })
    await this.#soon(
      'Preparing',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Preparing' }) !== null,
    )
    if (connector.orders.offeredAmps !== 0) throw new Error('current before the authorisation')
    const before = charger.energyWh
    await this.#authorise()
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
      // trouble with the vehicle alone suspends the session (OCPP 1.6 §7.6)
      const shown = [{ status: 'Faulted' }, { status: 'SuspendedEVSE', errorCode: 'EVCommunicationError' }]
      await this.#soon('Faulted', () =>
        shown.some((said) => this.#said('StatusNotification', { connectorId: 1, ...said }, mark) !== null),
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

  /** The next car, which charges until further notice. */
  async chargeAgain(): Promise<void> {
    const { charger, phases } = this.#stand
    // The reader is looked at every 10 s: until then the last card may still be there.
    await this.#pass(15_000)
    const mark = this.#csms.calls.length
    await this.#limit(16)
    charger.plug({ phases, maxAmps: CAR_AMPS, energyWantedWh: CAR_WH })
    await this.#soon(
      'Preparing again',
      () => this.#said('StatusNotification', { connectorId: 1, status: 'Preparing' }, mark) !== null,
    )
    await this.#authorise()
    await this.#soon('16 A for the next car', () => this.#draws(16))
  }

  async #authorise(): Promise<void> {
    const { charger, mapping, name } = this.#stand
    if (mapping.signals.has('tag')) charger.swipe(CARD)
    else await this.#csms.call(name, 'RemoteStartTransaction', { connectorId: 1, idTag: CARD })
  }

  /** What the car must draw when the CSMS allows so much. */
  #expected(amps: number): number {
    const { minAmps, maxAmps } = this.#range
    const most = Math.min(amps, maxAmps)
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
