/**
 * The billing meter of one EVSE: register + offset, never running backwards. A register that jumps is not believed at once:
 * the last good value is held, and only when the register goes on counting plausibly from its new place is the offset moved,
 * so that billing continues without a step. Pure.
 */
import type { EnergySource } from '../../../model/event.ts'
import type { EvseDescription, EvseState } from '../../../model/station.ts'

export interface EnergyMeter {
  readonly source: EnergySource | null
  /** Last believed register, Wh; null: none yet, or power is integrated. */
  readonly registerWh: number | null
  readonly offsetWh: number
  /** Monotonic ms of the last believed reading in this run; null after a restart. */
  readonly believedAt: number | null
  readonly suspect: Suspect | null
  /** Last power in W and when, for integration (monotonic ms). */
  readonly power: { readonly watts: number; readonly at: number } | null
}

interface Suspect {
  readonly firstWh: number
  readonly lastWh: number
  readonly since: number
  readonly at: number
  readonly reason: 'zero' | 'backwards' | 'jump'
}

export type MeterFinding =
  | { readonly kind: 'source'; readonly source: EnergySource }
  | {
      readonly kind: 'suspect'
      readonly registerWh: number
      readonly lastRegisterWh: number
      readonly reason: Suspect['reason']
    }
  | { readonly kind: 'trusted-again'; readonly rebased: boolean }

export type EnergyValues = Pick<EvseState, 'energyWh' | 'sessionWh' | 'powerW' | 'powersW' | 'measuredAmps' | 'voltage'>

export interface MeterStep {
  readonly meter: EnergyMeter
  readonly findings: readonly MeterFinding[]
}

/** How long a register must count plausibly from its new place before it is believed. Devices that reboot read 0 for 20 s and more. */
const TRUST_AFTER_MS = 30_000
/** Registers with coarse steps (1 kWh) and slow refresh jump by this much without being wrong. */
const COARSE_STEP_WH = 2_000
/** Noise of the last digit; held, not worth a word. */
const NOISE_WH = 10
/** Longer gaps between two power readings are not integrated: nobody knows what flowed. */
const MAX_INTEGRATION_GAP_MS = 120_000
const RANK: Readonly<Record<EnergySource, number>> = { power: 0, session: 1, register: 2 }

export function newEnergyMeter(
  stored: { readonly lastRegisterWh: number | null; readonly offsetWh: number } | null,
): EnergyMeter {
  return {
    source: null,
    registerWh: stored?.lastRegisterWh ?? null,
    offsetWh: stored?.offsetWh ?? 0,
    believedAt: null,
    suspect: null,
    power: null,
  }
}

/** The billing meter in whole Wh. */
export function billingWh(meter: EnergyMeter): number {
  return Math.floor((meter.registerWh ?? 0) + meter.offsetWh)
}

/** True while the register is not believed and the last good value is held. */
export function isHeld(meter: EnergyMeter): boolean {
  return meter.suspect !== null
}

/**
 * Takes a good reading in. `at` is monotonic ms; `runningForMs` is how long the open transaction has run (bounds what may
 * have flowed while we were down), or null without one.
 */
export function readMeter(
  meter: EnergyMeter,
  state: EnergyValues,
  evse: Pick<EvseDescription, 'maxAmps' | 'phases'>,
  at: number,
  runningForMs: number | null,
): MeterStep {
  const offered = bestSource(state)
  // A fast poll may bring power alone: a better source once seen is waited for.
  if (offered === null || (meter.source !== null && RANK[offered] < RANK[meter.source])) return { meter, findings: [] }
  const switched = offered !== meter.source
  const findings: MeterFinding[] = switched ? [{ kind: 'source', source: offered }] : []
  const current = switched ? { ...meter, source: offered } : meter
  if (offered === 'power') return { meter: integrate(current, powerOf(state) ?? 0, at), findings }
  const registerWh = (offered === 'register' ? state.energyWh : state.sessionWh) ?? 0
  const first = meter.source === null ? current.registerWh === null : switched
  if (first) return { meter: adopt(current, registerWh, at, runningForMs !== null), findings }
  const step = count(current, registerWh, plausibleWh(current, evse, at, runningForMs), at)
  return { meter: step.meter, findings: [...findings, ...step.findings] }
}

function bestSource(state: EnergyValues): EnergySource | null {
  if (isCount(state.energyWh)) return 'register'
  if (isCount(state.sessionWh)) return 'session'
  return powerOf(state) === null ? null : 'power'
}

/** Power as the device gives it, else what its phases or its currents and voltages come to. */
function powerOf({ powerW, powersW, measuredAmps, voltage }: EnergyValues): number | null {
  if (powerW !== null) return Number.isFinite(powerW) ? powerW : null
  const perPhase = powersW ?? measuredAmps?.map((amps, index) => times(amps, voltage?.[index] ?? null)) ?? []
  const known = perPhase.filter((watts) => watts !== null)
  return known.length === 0 ? null : known.reduce<number>((sum, watts) => sum + (watts ?? 0), 0)
}

function times(amps: number | null, volts: number | null): number | null {
  return amps === null || volts === null ? null : amps * volts
}

function isCount(value: number | null): boolean {
  return value !== null && Number.isFinite(value) && value >= 0
}

/** The first sight of a source: bills show the register itself when nothing stands against it, else they go on without a step. */
function adopt(meter: EnergyMeter, registerWh: number, at: number, inTransaction: boolean): EnergyMeter {
  const billed = (meter.registerWh ?? 0) + meter.offsetWh
  const offsetWh = !inTransaction && registerWh >= billed ? 0 : billed - registerWh
  return { ...meter, registerWh, offsetWh, believedAt: at, suspect: null, power: null }
}

function count(meter: EnergyMeter, registerWh: number, allowedWh: number, at: number): MeterStep {
  const lastWh = meter.registerWh ?? registerWh
  const deltaWh = registerWh - lastWh
  // A session counter starts again at 0 with each session: that is its nature, not a fault.
  if (meter.source === 'session' && deltaWh < -NOISE_WH && registerWh <= COARSE_STEP_WH)
    return {
      meter: { ...meter, registerWh, offsetWh: meter.offsetWh + lastWh, believedAt: at, suspect: null },
      findings: meter.suspect === null ? [] : [{ kind: 'trusted-again', rebased: true }],
    }
  if (deltaWh >= 0 && deltaWh <= allowedWh) {
    const findings: MeterFinding[] = meter.suspect === null ? [] : [{ kind: 'trusted-again', rebased: false }]
    return { meter: { ...meter, registerWh, believedAt: at, suspect: null }, findings }
  }
  if (deltaWh < 0 && deltaWh >= -NOISE_WH && registerWh > 0) return { meter, findings: [] }
  return doubt(meter, registerWh, lastWh, at, allowedWh)
}

function doubt(meter: EnergyMeter, registerWh: number, lastWh: number, at: number, allowedWh: number): MeterStep {
  const suspect = meter.suspect
  const goesOn = suspect !== null && registerWh >= suspect.lastWh && registerWh - suspect.lastWh <= allowedWh
  if (!goesOn) {
    const reason = registerWh === 0 ? 'zero' : registerWh < lastWh ? 'backwards' : 'jump'
    const fresh: Suspect = { firstWh: registerWh, lastWh: registerWh, since: at, at, reason }
    // One word per episode: a register that dances about is told once.
    const findings: MeterFinding[] =
      suspect === null ? [{ kind: 'suspect', registerWh, lastRegisterWh: lastWh, reason }] : []
    return { meter: { ...meter, suspect: fresh }, findings }
  }
  // A register that stands still, at 0 or elsewhere, is a rebooting or broken device until it counts.
  if (at - suspect.since >= TRUST_AFTER_MS && registerWh > suspect.firstWh) {
    const offsetWh = lastWh + meter.offsetWh - suspect.firstWh
    return {
      meter: { ...meter, registerWh, offsetWh, believedAt: at, suspect: null },
      findings: [{ kind: 'trusted-again', rebased: true }],
    }
  }
  return { meter: { ...meter, suspect: { ...suspect, lastWh: registerWh, at } }, findings: [] }
}

/** What can have flowed since the last believed reading, with a margin for coarse registers and high voltage. */
function plausibleWh(
  meter: EnergyMeter,
  evse: Pick<EvseDescription, 'maxAmps' | 'phases'>,
  at: number,
  runningForMs: number | null,
): number {
  // After a restart outside a transaction nothing bounds the gap but a car that never stops for a month.
  const gapMs = meter.believedAt === null ? (runningForMs ?? 30 * 86_400_000) : at - meter.believedAt
  const mostW = evse.maxAmps * evse.phases * 253 * 1.2
  return (mostW * Math.max(0, gapMs)) / 3_600_000 + COARSE_STEP_WH
}

function integrate(meter: EnergyMeter, powerW: number, at: number): EnergyMeter {
  const watts = Math.max(0, powerW)
  const last = meter.power
  const gapMs = last === null ? 0 : at - last.at
  const addedWh = last === null || gapMs > MAX_INTEGRATION_GAP_MS ? 0 : (((last.watts + watts) / 2) * gapMs) / 3_600_000
  return { ...meter, offsetWh: meter.offsetWh + Math.max(0, addedWh), believedAt: at, power: { watts, at } }
}
