/** When an EVSE is sampled, and which samples its stop message will carry. */
import type { Clock } from '../../../model/clock.ts'
import type { MeterSample, Reading, ReadingContext } from '../../../model/reading.ts'
import type { EvseDescription, EvseState } from '../../../model/station.ts'
import type { Transaction } from '../../../model/transaction.ts'
import { isFresh, takeSample } from './meter-values.ts'
import type { StationSettings } from '../settings.ts'
import { wantedValues } from './wanted-values.ts'

/** Where a sample is taken from. */
export interface SampleSource {
  readonly observed: EvseState | null
  /** The billing meter; null while it is not believed. */
  readonly meterWh: number | null
  readonly offeredAmps: number | null
}

/** Samples kept for the stop message; thinned out beyond, so that the frame stays within what a CSMS takes. */
const MAX_STOP_SAMPLES = 60

export class Sampler {
  readonly #evse: EvseDescription
  readonly #settings: StationSettings
  readonly #clock: Clock
  /** Monotonic ms of the next periodic sample; null: none. */
  #dueAt: number | null = null
  #forStop: readonly MeterSample[] = []

  constructor(evse: EvseDescription, settings: StationSettings, clock: Clock) {
    this.#evse = evse
    this.#settings = settings
    this.#clock = clock
  }

  get dueAt(): number | null {
    return this.#dueAt
  }

  /** Wall ms of the last sample for the stop message, or 0. */
  get lastAt(): number {
    return this.#forStop.at(-1)?.at ?? 0
  }

  /** A transaction began or was resumed, or the interval was changed. */
  run(): void {
    const intervalMs = this.#settings.number('meterValueSampleInterval') * 1000
    this.#dueAt = intervalMs > 0 ? this.#clock.monotonic() + intervalMs : null
  }

  pause(): void {
    this.#dueAt = null
  }

  /** Whether a periodic sample is due; if so the next one is set, on the same grid. What passed while we stood still is not made up. */
  isDue(at: number): boolean {
    if (this.#dueAt === null || at < this.#dueAt) return false
    const intervalMs = Math.max(1, this.#settings.number('meterValueSampleInterval')) * 1000
    this.#dueAt += intervalMs * (Math.floor((at - this.#dueAt) / intervalMs) + 1)
    return true
  }

  /** A sample for MeterValues now, or null when the charger gives none. */
  take(kind: 'sampled' | 'aligned', context: ReadingContext, source: SampleSource, at: number): MeterSample | null {
    const setting = kind === 'sampled' ? 'meterValuesSampledData' : 'meterValuesAlignedData'
    return this.#take(setting, context, source, at)
  }

  /** Forgets the samples of the transaction before. */
  clear(): void {
    this.#forStop = []
  }

  /** A transaction of before a restart: of its begin the register is known, which nobody must lose (errata 3.91). */
  recall({ startedAt, startWh }: Transaction): void {
    const measurand = 'Energy.Active.Import.Register'
    const wanted = wantedValues(this.#settings.text('stopTxnSampledData'))
    if (!wanted.some((value) => value.measurand === measurand)) return
    const context = 'Transaction.Begin'
    const reading: Reading = { measurand, phase: null, unit: 'Wh', value: startWh, context, location: 'Outlet' }
    this.#forStop = [{ at: startedAt, readings: [reading] }]
  }

  /** Keeps a sample for the stop message, when the CSMS wants it there. */
  keep(kind: 'sampled' | 'aligned', context: ReadingContext, source: SampleSource, at: number): void {
    const sample = this.#take(kind === 'sampled' ? 'stopTxnSampledData' : 'stopTxnAlignedData', context, source, at)
    if (sample === null) return
    const kept = [...this.#forStop, sample]
    this.#forStop = kept.length <= MAX_STOP_SAMPLES ? kept : kept.filter((_, index) => index % 2 === 0)
  }

  /** All that the stop message carries, the last value included. */
  forStop(source: SampleSource, at: number): readonly MeterSample[] {
    const wanted = this.#settings.text('stopTxnSampledData') + this.#settings.text('stopTxnAlignedData')
    // Emptied since the transaction began: then it carries none (§3.16.5).
    if (wanted === '') return []
    const last = this.#take('stopTxnSampledData', 'Transaction.End', source, at)
    return last === null ? this.#forStop : [...this.#forStop, last]
  }

  #take(
    setting: 'meterValuesSampledData' | 'meterValuesAlignedData' | 'stopTxnSampledData' | 'stopTxnAlignedData',
    context: ReadingContext,
    { observed, meterWh, offeredAmps }: SampleSource,
    at: number,
  ): MeterSample | null {
    if (!isFresh(observed)) return null
    const input = { evse: this.#evse, state: observed, meterWh, offeredAmps, at }
    return takeSample(input, wantedValues(this.#settings.text(setting)), context)
  }
}
