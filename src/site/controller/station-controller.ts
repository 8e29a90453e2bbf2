/**
 * The site as station controllers of the field show it: parameters that the CSMS and the API change while it runs, and a station of its own
 * where the site file gives it one. What it says is gathered at every control tick.
 */
import type { SiteConfig } from '../../config/site-config.ts'
import type { Circuit } from '../../model/circuit.ts'
import type { ControllerParameters } from '../../model/controller-parameters.ts'
import { PARAMETER_NAMES, type ParameterName } from '../../model/parameter-table.ts'
import { PHASES } from '../../model/phase.ts'
import type { SecurityEventType } from '../../model/security-event.ts'
import type { SiteLimit } from '../../model/site-limit.ts'
import type { VirtualStation } from '../../ocpp/station/virtual-station.ts'
import type { LimitView } from '../signals/limit-operations.ts'
import { ownLimitView } from '../signals/limit-view.ts'
import type { ParametersSnapshot } from '../snapshot.ts'
import { controllerKeys } from './controller-keys.ts'
import { controllerStation, type ControllerStationShell } from './controller-station.ts'
import { firstParameters } from './first-parameters.ts'
import { LiveParameters, type WrongValue } from './live-parameters.ts'
import { type ParameterOperations, parametersSnapshot, type Wrong } from './parameter-operations.ts'
import { nameOf, type OutletPlace, type ParameterPlace, unitOf } from './parameter-place.ts'

export interface StationControllerOptions extends Omit<ControllerStationShell, 'supplyAmps' | 'files'> {
  readonly config: Pick<SiteConfig, 'circuits' | 'controller'>
  /** All outlets of the site. */
  readonly outlets: readonly Omit<OutletPlace, 'kind'>[]
  readonly filesOf: (station: {
    readonly id: string
    readonly upstreamIds: readonly string[]
  }) => ControllerStationShell['files']
}

/** Where the site has no station of its own, its events are told in this name. */
const NAMELESS = 'site'

export class StationController implements ParameterOperations {
  readonly #options: StationControllerOptions
  readonly #live: LiveParameters
  readonly #station: VirtualStation | null
  readonly #outlets: readonly OutletPlace[]

  /** Throws CONFIG_INVALID. */
  constructor(options: StationControllerOptions) {
    const { config, ledger, outlets, filesOf } = options
    this.#options = options
    this.#outlets = outlets.map((outlet) => ({ kind: 'outlet', ...outlet }))
    this.#live = new LiveParameters({
      ledger,
      first: firstParameters(config.controller),
      places: [
        ...PARAMETER_NAMES.map((name): ParameterPlace => ({ kind: 'parameter', name })),
        ...config.circuits.map(({ id }): ParameterPlace => ({ kind: 'circuit', circuitId: id })),
        ...this.#outlets,
      ],
      onChange: (place, value, by) => this.#changed(place, value, by),
    })
    const { controller } = config
    this.#station =
      controller === null
        ? null
        : controllerStation(controller, controllerKeys(this.#live), {
            ...options,
            files: filesOf({ id: controller.identity, upstreamIds: controller.upstreamIds }),
            supplyAmps: supplyOf(config.circuits),
          })
  }

  /** Its identity at the CSMS; null: it has none. */
  get id(): string | null {
    return this.#station?.id ?? null
  }

  /** As they hold now. */
  get parameters(): ControllerParameters {
    return this.#live.now
  }

  /** Loads what was changed in earlier runs, then connects. Faults: LEDGER_FAILED. */
  async start(): Promise<void> {
    await this.#live.restore()
    await this.#station?.start()
  }

  async close(): Promise<void> {
    await this.#station?.close()
  }

  /**
   * What the CSMS's maximum profile for the site means for the circuit of the supply: A is the current of each phase, with all that
   * the circuit carries; W is the power of the cars. `at`: monotonic ms of the control loop, `wallAt`: wall ms.
   */
  limits(at: number, wallAt: number): readonly SiteLimit[] {
    const whole = this.#station?.wholeLimit(wallAt) ?? null
    if (whole === null) return []
    const { limit, unit, profileId } = whole
    return roots(this.#options.config.circuits).map(({ id }) => ({
      id: `profile ${profileId}`,
      source: 'operator',
      circuitId: id,
      maxAmps: unit === 'A' ? { L1: limit, L2: limit, L3: limit } : null,
      carsMaxWatts: unit === 'W' ? limit : null,
      priority: 0,
      since: at,
      until: null,
    }))
  }

  /** As people see them. */
  limitViews(): readonly LimitView[] {
    const { clock } = this.#options
    const now = clock.now()
    const until = this.#station?.wholeLimitEnd(now) ?? null
    const by = 'the CSMS, for the whole site'
    return this.limits(clock.monotonic(), now).map((limit) => ownLimitView(limit, { by, since: null, until }))
  }

  /** The station of its own, where it has one. */
  get atCsms(): readonly Pick<VirtualStation, 'id' | 'upstreams'>[] {
    return this.#station === null ? [] : [this.#station]
  }

  noteSecurityEvent(type: SecurityEventType, techInfo: string): void {
    this.#station?.noteSecurityEvent(type, techInfo)
  }

  snapshot(): ParametersSnapshot {
    return parametersSnapshot(this.#live.now, this.id, this.#outlets)
  }

  async setParameters(
    values: Readonly<Partial<Record<ParameterName, number | null>>>,
    by: string,
  ): Promise<readonly Wrong[]> {
    const changes = PARAMETER_NAMES.flatMap((name) => {
      const value = values[name]
      return value === undefined ? [] : [{ place: { kind: 'parameter', name } as const, value: textOf(value) }]
    })
    return wrongs(await this.#live.change(changes, by))
  }

  async setOutletMaximum(
    stationId: string,
    evse: number,
    amps: number | null,
    by: string,
  ): Promise<readonly Wrong[] | 'unknown-station' | 'unknown-evse'> {
    const ofStation = this.#outlets.filter((outlet) => outlet.stationId === stationId)
    const place = ofStation.find((outlet) => outlet.evse === evse)
    if (place === undefined) return ofStation.length === 0 ? 'unknown-station' : 'unknown-evse'
    return wrongs(await this.#live.change([{ place, value: textOf(amps) }], by))
  }

  async setCircuitMaximum(
    circuitId: string,
    amps: number | null,
    by: string,
  ): Promise<readonly Wrong[] | 'unknown-circuit'> {
    const place = this.#live.places.find((one) => one.kind === 'circuit' && one.circuitId === circuitId)
    if (place === undefined) return 'unknown-circuit'
    return wrongs(await this.#live.change([{ place, value: textOf(amps) }], by))
  }

  #changed(place: ParameterPlace, value: number | null, by: string): void {
    const { clock, onEvent, onChange } = this.#options
    const unit = unitOf(place)
    const shown = value === null ? null : unit === '' ? String(value) : `${value} ${unit}`
    onEvent({
      stationId: this.id ?? NAMELESS,
      at: clock.now(),
      kind: 'parameter-changed',
      name: nameOf(place),
      value: shown,
      by,
    })
    onChange()
  }
}

function roots(circuits: readonly Circuit[]): readonly Circuit[] {
  return circuits.filter(({ parentId }) => parentId === null)
}

/** The lowest phase of the supply. */
function supplyOf(circuits: readonly Circuit[]): number | null {
  const amps = roots(circuits).flatMap(({ limitAmps }) => PHASES.map((phase) => limitAmps[phase]))
  return amps.length === 0 ? null : Math.min(...amps)
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value)
}

function wrongs(wrong: readonly WrongValue[]): readonly Wrong[] {
  return wrong.map(({ place, expected }) => ({ name: place.kind === 'parameter' ? place.name : null, expected }))
}
