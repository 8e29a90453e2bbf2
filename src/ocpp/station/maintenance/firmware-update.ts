/**
 * Fetches a firmware, checks its signature, waits until nobody charges and hands it to the site's program: UpdateFirmware
 * (OCPP 1.6 §5.19, §4.5) and SignedUpdateFirmware (security whitepaper, L01). The file is never run by us.
 */
import type { Clock } from '../../../model/clock.ts'
import type { FirmwareStatus, StationMessage } from '../../../model/csms.ts'
import { BridgeError, toBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { SecurityEventType } from '../../../model/security-event.ts'
import type { AccessOutcome } from '../../../model/upstream-access.ts'
import { type FirmwareJob, type FirmwareOrder, mustStartAgain } from './firmware-job.ts'
import type { DownloadedFile, InstallOutcome, StationFiles } from './station-files.ts'

export interface FirmwareShell {
  readonly files: StationFiles
  readonly clock: Clock
  /** Corrected wall time, ms. */
  readonly now: () => number
  readonly signal: AbortSignal
  readonly checkFirmware: (
    path: string,
    signature: string,
    certificate: string,
    signal: AbortSignal,
  ) => Promise<AccessOutcome>
  /** Takes the station out of service for new sessions; resolves when no transaction runs. `release` puts it back. */
  readonly clear: (signal: AbortSignal) => Promise<void>
  readonly release: () => void
  /** Null: done with it. */
  readonly keep: (job: FirmwareJob | null) => Promise<void>
  readonly report: (message: StationMessage) => void
  readonly emit: (happening: StationHappening) => void
  readonly security: (type: SecurityEventType, techInfo: string | null) => void
  /** A new firmware is in place: the station shows itself anew. */
  readonly installed: () => void
}

/** The wall clock may be set while we wait for a moment on it. */
const WALL_SLEEP_MS = 60_000

export class FirmwareUpdate {
  readonly #shell: FirmwareShell
  #job: FirmwareJob | null = null
  /** The last signed update, over its end. */
  #lastSigned: FirmwareJob | null = null
  #stop: AbortController | null = null

  constructor(shell: FirmwareShell) {
    this.#shell = shell
  }

  /** What a trigger is told (§4.5: `idle` only then). Of signed updates the last status, until one has succeeded (L01.FR.28, FR.29). */
  current(signed: boolean): StationMessage {
    const job = signed ? this.#lastSigned : this.#job
    if (job === null || (job.order.signed !== null) !== signed || job.status === 'installed')
      return this.#message('idle', null, signed)
    return this.#message(job.status, job.order, signed)
  }

  get isRunning(): boolean {
    return this.#stop !== null
  }

  /** False while a firmware is being installed: that is not broken off. */
  get canBegin(): boolean {
    return this.#job?.status !== 'installing'
  }

  /** Begins; true when another order was given up for it. */
  begin(order: FirmwareOrder): boolean {
    const replaced = this.#stop !== null
    this.#stop?.abort()
    void this.#run({ order, status: 'idle' })
    return replaced
  }

  /** Goes on with what an earlier run left. */
  async resume(job: FirmwareJob): Promise<void> {
    if (mustStartAgain(job)) {
      void this.#run(job)
      return
    }
    this.#job = job
    const result = job.status === 'installing' ? await this.#shell.files.takeResult() : null
    if (job.status === 'installing')
      await this.#concluded(job, result ?? { installed: false, reason: 'the bridge was restarted meanwhile' })
    await this.#finish(job)
  }

  async #run(begun: FirmwareJob): Promise<void> {
    const { signal: closing, files } = this.#shell
    const stop = new AbortController()
    this.#stop = stop
    const signal = AbortSignal.any([stop.signal, closing])
    let job = begun
    let file: DownloadedFile | null = null
    const to = async (status: FirmwareStatus): Promise<void> => {
      signal.throwIfAborted()
      job = { ...job, status }
      await this.#tell(job)
    }
    this.#job = job
    try {
      file = await this.#fetch(job.order, to, signal)
      if (file === null) return
      if (job.order.installAt !== null && job.order.installAt > this.#shell.now()) {
        await to('install-scheduled')
        await this.#until(job.order.installAt, signal)
      }
      await this.#install(file, job, to, signal)
    } catch (error) {
      // Given up for a newer order, or the bridge stops: the stored job is then the newer one, or goes on after the start.
      if (!signal.aborted) this.#fault(error)
    } finally {
      if (file !== null) await files.discard(file.path).catch((error: unknown) => this.#fault(error))
      if (this.#stop === stop) {
        this.#stop = null
        if (!closing.aborted) await this.#finish(job)
      }
    }
  }

  /** The file, its signature checked; null when that failed and was told. */
  async #fetch(
    order: FirmwareOrder,
    to: (status: FirmwareStatus) => Promise<void>,
    signal: AbortSignal,
  ): Promise<DownloadedFile | null> {
    const { files, checkFirmware, security, now } = this.#shell
    if (order.retrieveAt > now()) {
      await to('download-scheduled')
      await this.#until(order.retrieveAt, signal)
    }
    await to('downloading')
    let file: DownloadedFile
    try {
      file = await files.download(order, signal)
    } catch (error) {
      if (signal.aborted) throw error
      this.#fault(error)
      await to('download-failed')
      return null
    }
    await to('downloaded')
    if (order.signed === null) return file
    const { signature, signingCertificate } = order.signed
    const verdict = await checkFirmware(file.path, signature, signingCertificate, signal)
    if (verdict.accepted) {
      await to('signature-verified')
      return file
    }
    this.#fault(new BridgeError('FIRMWARE_REFUSED', verdict.reason))
    security(verdict.event ?? 'InvalidFirmwareSignature', verdict.reason)
    await to('invalid-signature')
    await files.discard(file.path)
    return null
  }

  async #install(
    file: DownloadedFile,
    job: FirmwareJob,
    to: (status: FirmwareStatus) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { files, clear, release } = this.#shell
    if (files.install === null) throw new BridgeError('FIRMWARE_REFUSED', 'the site names no program that installs')
    await clear(signal)
    try {
      await to('installing')
      await this.#concluded(job, await files.install(file, signal))
    } finally {
      release()
    }
  }

  async #concluded(job: FirmwareJob, outcome: InstallOutcome): Promise<void> {
    const { security, installed } = this.#shell
    if (!outcome.installed) this.#fault(new BridgeError('FIRMWARE_REFUSED', outcome.reason))
    await this.#tell({ ...job, status: outcome.installed ? 'installed' : 'installation-failed' })
    if (!outcome.installed) return
    security('FirmwareUpdated', null)
    installed()
  }

  async #tell(job: FirmwareJob): Promise<void> {
    const { keep, emit, report } = this.#shell
    this.#job = job
    const isSigned = job.order.signed !== null
    if (isSigned) this.#lastSigned = job
    await keep(job)
    emit({ kind: 'firmware', status: job.status })
    // OCPP 1.6 has no word for it but Idle, which is for who asks (§4.5).
    if (job.status === 'download-scheduled' && !isSigned) return
    report(this.#message(job.status, job.order, isSigned))
  }

  async #finish(job: FirmwareJob): Promise<void> {
    if (this.#job?.order !== job.order) return
    this.#job = null
    await this.#shell.keep(null).catch((error: unknown) => this.#fault(error))
  }

  #message(status: FirmwareStatus, order: FirmwareOrder | null, signed: boolean): StationMessage {
    if (!signed) return { kind: 'firmware-status', status }
    return { kind: 'signed-firmware-status', status, requestId: order?.signed?.requestId ?? null }
  }

  async #until(at: number, signal: AbortSignal): Promise<void> {
    const { clock, now } = this.#shell
    for (let restMs = at - now(); restMs > 0; restMs = at - now()) {
      await clock.sleep(Math.min(restMs, WALL_SLEEP_MS), signal)
    }
  }

  #fault(error: unknown): void {
    const fault = toBridgeError(error)
    this.#shell.emit({ kind: 'station-fault', code: fault.code, text: `firmware: ${fault.message}` })
  }
}
