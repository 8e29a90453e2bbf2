/** Logs and firmware of one station: what runs, what a restart goes on with, what a trigger is told. */
import type { Ledger } from '../../../ledger/ledger.ts'
import type { Clock } from '../../../model/clock.ts'
import type { StationMessage } from '../../../model/csms.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { SecurityEventType } from '../../../model/security-event.ts'
import type { UpstreamAccess } from '../../../model/upstream-access.ts'
import { FIRMWARE_KEY, readJob } from './firmware-job.ts'
import { FirmwareUpdate } from './firmware-update.ts'
import { Standstill } from './standstill.ts'
import type { StationFiles } from './station-files.ts'
import { Uploads } from './uploads.ts'

export interface MaintenanceOptions {
  /** Null: this station has no place for files. */
  readonly files: StationFiles | null
  readonly ledger: Pick<Ledger, 'saveSetting'>
  readonly stationId: string
  readonly clock: Clock
  readonly now: () => number
  readonly signal: AbortSignal
  /** Of the authority: it alone may order a firmware. */
  readonly access: UpstreamAccess | null
  /** Queues a message for the authority. */
  readonly report: (message: StationMessage) => void
  readonly emit: (happening: StationHappening) => void
  readonly security: (type: SecurityEventType, techInfo: string | null) => void
  /** The standstill was asked for or left: wants and statuses change. */
  readonly changed: () => void
  readonly installed: () => void
}

export class Maintenance {
  readonly files: StationFiles | null
  readonly uploads = new Uploads()
  readonly standstill = new Standstill()
  /** Null: nothing is there that installs. */
  readonly firmware: FirmwareUpdate | null

  constructor(options: MaintenanceOptions) {
    const { files, access } = options
    this.files = files
    if (files?.install === null || files === null) {
      this.firmware = null
      return
    }
    this.firmware = new FirmwareUpdate({
      ...options,
      files,
      checkFirmware: (path, signature, certificate, signal) =>
        access === null
          ? Promise.resolve({ accepted: false, reason: 'no certificate to check it with', event: null })
          : access.checkFirmware(path, signature, certificate, signal),
      clear: (signal) => {
        const reached = this.standstill.reach(signal)
        options.changed()
        return reached
      },
      release: () => {
        this.standstill.leave()
        options.changed()
      },
      keep: (job) =>
        options.ledger.saveSetting(options.stationId, FIRMWARE_KEY, job === null ? null : JSON.stringify(job)),
    })
  }

  /** Goes on with what the last run left. Never rejects. */
  async resume(stored: ReadonlyMap<string, string>): Promise<void> {
    const job = readJob(stored.get(FIRMWARE_KEY))
    if (job !== null) await this.firmware?.resume(job)
  }

  /** What a CSMS that asks is told. */
  current(target: 'diagnostics-status' | 'log-status' | 'firmware-status' | 'signed-firmware-status'): StationMessage {
    switch (target) {
      case 'diagnostics-status':
        return this.uploads.current('diagnostics')
      case 'log-status':
        return this.uploads.current('log')
      case 'firmware-status':
        return this.firmware?.current(false) ?? { kind: 'firmware-status', status: 'idle' }
      case 'signed-firmware-status':
        return this.firmware?.current(true) ?? { kind: 'signed-firmware-status', status: 'idle', requestId: null }
    }
  }
}
