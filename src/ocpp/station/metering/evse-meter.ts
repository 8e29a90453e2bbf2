/** The billing meter of an EVSE in its life: polls come in, findings are told, the state goes to the ledger. */
import type { EnergyMeterState } from '../../../ledger/ledger.ts'
import type { EvseDescription, EvseState } from '../../../model/station.ts'
import type { StationHappening } from '../../../model/event.ts'
import { billingWh, type EnergyMeter, isHeld, type MeterFinding, newEnergyMeter, readMeter } from './energy-meter.ts'

/** A register at 0 after a count is a rebooting device, whose state registers read 0 as well: its "no vehicle" is not believed. */
const REBOOT_MS = 60_000
/** Integrated energy lives in the ledger only; this much may be lost by a power cut. */
const SAVED_EVERY_MS = 60_000

export class EvseMeter {
  readonly #stationId: string
  readonly #evse: EvseDescription
  readonly #emit: (happening: StationHappening) => void
  #meter: EnergyMeter
  #savedAt = 0
  #rebootSince: number | null = null

  constructor(
    stationId: string,
    evse: EvseDescription,
    stored: EnergyMeterState | null,
    emit: (happening: StationHappening) => void,
  ) {
    this.#stationId = stationId
    this.#evse = evse
    this.#emit = emit
    this.#meter = newEnergyMeter(stored)
  }

  /** Whole Wh, never running back. */
  get wh(): number {
    return billingWh(this.#meter)
  }

  /** As `wh`, or null while the register is not believed and an old value is held. */
  get believedWh(): number | null {
    return isHeld(this.#meter) ? null : this.wh
  }

  /** For the ledger. */
  get state(): EnergyMeterState {
    const { registerWh, offsetWh } = this.#meter
    return { stationId: this.#stationId, evse: this.#evse.evse, lastRegisterWh: registerWh, offsetWh }
  }

  /** Takes a good poll in; `runningForMs` as for `readMeter`. */
  read(state: EvseState, at: number, runningForMs: number | null): void {
    const step = readMeter(this.#meter, state, this.#evse, at, runningForMs)
    this.#meter = step.meter
    for (const finding of step.findings) this.#emit(happeningOf(this.#evse.evse, finding))
    if (this.#meter.suspect?.reason !== 'zero') this.#rebootSince = null
    else this.#rebootSince ??= at
  }

  isRebooting(at: number): boolean {
    return this.#rebootSince !== null && at - this.#rebootSince < REBOOT_MS
  }

  /** Only what is integrated must be saved between samples: a register keeps itself. */
  mustSave(at: number): boolean {
    return this.#meter.source === 'power' && at - this.#savedAt >= SAVED_EVERY_MS
  }

  saved(at: number): void {
    this.#savedAt = at
  }
}

function happeningOf(evse: number, finding: MeterFinding): StationHappening {
  switch (finding.kind) {
    case 'source':
      return { kind: 'energy-source', evse, source: finding.source }
    case 'suspect': {
      const { registerWh, lastRegisterWh, reason } = finding
      return { kind: 'energy-suspect', evse, registerWh, lastRegisterWh, reason }
    }
    case 'trusted-again':
      return { kind: 'energy-trusted-again', evse, rebased: finding.rebased }
  }
}
