/** The samples of one EVSE: taken when they are due, on disk before they are sent, and those that the end of a transaction carries. */
import type { StationMessage } from '../../../model/csms.ts'
import { toBridgeError } from '../../../model/errors.ts'
import type { MeterSample } from '../../../model/reading.ts'
import type { EvseDescription } from '../../../model/station.ts'
import type { Transaction } from '../../../model/transaction.ts'
import type { EvseShell } from '../evse-shell.ts'
import type { EvseMeter } from './evse-meter.ts'
import { Sampler, type SampleSource } from './sampler.ts'

export class EvseSamples {
  readonly #evse: number
  readonly #shell: EvseShell
  readonly #meter: EvseMeter
  readonly #sampler: Sampler
  readonly #source: () => SampleSource

  /** @param source where values are taken from now */
  constructor(description: EvseDescription, shell: EvseShell, meter: EvseMeter, source: () => SampleSource) {
    this.#evse = description.evse
    this.#shell = shell
    this.#meter = meter
    this.#sampler = new Sampler(description, shell.settings, shell.clock)
    this.#source = source
  }

  /** Monotonic ms of the next periodic sample; null: none. */
  get dueAt(): number | null {
    return this.#sampler.dueAt
  }

  /** A transaction goes on, or the interval has changed. */
  run(): void {
    this.#sampler.run()
  }

  pause(): void {
    this.#sampler.pause()
  }

  begin({ startedAt }: Transaction): void {
    this.#sampler.clear()
    this.#sampler.keep('sampled', 'Transaction.Begin', this.#source(), startedAt)
    this.#sampler.run()
  }

  /** After a restart: the transaction goes on. */
  resume(transaction: Transaction): void {
    this.#sampler.recall(transaction)
  }

  /** All that the end of the transaction carries; no more are taken. */
  end(at: number): readonly MeterSample[] {
    this.#sampler.pause()
    return this.#sampler.forStop(this.#source(), at)
  }

  /** What is due at `at` (monotonic ms) of a running transaction. */
  async takePeriodic(transaction: Transaction, at: number): Promise<void> {
    if (this.#sampler.isDue(at)) {
      const now = this.#shell.now()
      const source = this.#source()
      this.#sampler.keep('sampled', 'Sample.Periodic', source, now)
      const sample = this.#sampler.take('sampled', 'Sample.Periodic', source, now)
      if (sample !== null) await this.store(transaction, sample)
    } else if (this.#meter.mustSave(at)) {
      await this.#save(null, null)
    }
  }

  /** Clock-aligned values go out with or without a transaction. `at`: wall ms. */
  async takeAligned(transaction: Transaction | null, at: number): Promise<void> {
    const source = this.#source()
    if (transaction !== null) this.#sampler.keep('aligned', 'Sample.Clock', source, at)
    const sample = this.#sampler.take('aligned', 'Sample.Clock', source, at)
    if (sample === null) return
    if (transaction !== null) return this.store(transaction, sample)
    this.#shell.queueValues({ kind: 'meter-values', evse: this.#evse, transactionId: null, samples: [sample] })
  }

  /** The values that a trigger asks for; null when there are none now. */
  triggered(): MeterSample | null {
    return this.#sampler.take('sampled', 'Trigger', this.#source(), this.#shell.now())
  }

  /** Stores and queues a transaction's values. */
  store({ id: transactionId }: Transaction, sample: MeterSample): Promise<void> {
    const message = { kind: 'meter-values', evse: this.#evse, transactionId, samples: [sample] } as const
    return this.#save(transactionId, message)
  }

  async #save(transactionId: string | null, message: StationMessage | null): Promise<void> {
    const { ledger, drafts, clock, wakeOutboxes, emit } = this.#shell
    const about = transactionId === null || message === null ? [] : drafts(transactionId, message)
    try {
      await ledger.recordSamples(this.#meter.state, about)
    } catch (error) {
      const { code, message: reason } = toBridgeError(error)
      emit({ kind: 'station-fault', code, text: `EVSE ${this.#evse}: a sample could not be stored: ${reason}` })
      return
    }
    this.#meter.saved(clock.monotonic())
    wakeOutboxes()
  }
}
