/**
 * Brings logs to the CSMS's server: GetDiagnostics (OCPP 1.6 §5.9, §4.4) and GetLog (security whitepaper, N01). One upload at a
 * time: a newer order takes the place of one that runs.
 */
import type { FileOrder } from '../../../model/csms-request.ts'
import type { StationMessage, UploadStatus } from '../../../model/csms.ts'
import { toBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { LogOrder, StationFiles } from './station-files.ts'

export interface UploadOrder extends FileOrder, LogOrder {
  /** Of GetLog; null: asked by GetDiagnostics. */
  readonly requestId: number | null
}

export interface UploadShell {
  readonly files: StationFiles
  /** Queues the message for the CSMS that asked. */
  readonly report: (message: StationMessage) => void
  readonly emit: (happening: StationHappening) => void
  readonly signal: AbortSignal
}

interface Running {
  readonly order: UploadOrder
  readonly stop: AbortController
}

export class Uploads {
  #running: Running | null = null

  get isRunning(): boolean {
    return this.#running !== null
  }

  /** Begins; true when another upload was given up for it. */
  start(order: UploadOrder, shell: UploadShell): boolean {
    const before = this.#running
    before?.stop.abort()
    const running = { order, stop: new AbortController() }
    this.#running = running
    void this.#run(running, shell)
    return before !== null
  }

  /** What a trigger is told: `idle` when nothing runs (§7.24). */
  current(asked: 'diagnostics' | 'log'): StationMessage {
    const order = this.#running?.order ?? null
    const isOfGetLog = order !== null && order.requestId !== null
    if (asked === 'log')
      return isOfGetLog
        ? { kind: 'log-status', status: 'uploading', requestId: order.requestId }
        : { kind: 'log-status', status: 'idle', requestId: null }
    return { kind: 'diagnostics-status', status: order !== null && !isOfGetLog ? 'uploading' : 'idle' }
  }

  async #run(running: Running, shell: UploadShell): Promise<void> {
    const { order, stop } = running
    const signal = AbortSignal.any([stop.signal, shell.signal])
    const tell = (status: UploadStatus): void => {
      if (signal.aborted) return
      shell.emit({ kind: 'upload', what: order.log === 'security' ? 'security log' : 'diagnostics', status })
      shell.report(wordOf(order, status))
    }
    let path: string | null = null
    try {
      tell('uploading')
      path = await shell.files.collect(order, signal)
      await shell.files.upload(order, path, order.name, signal)
      tell('uploaded')
    } catch (error) {
      const fault = toBridgeError(error)
      if (!signal.aborted) shell.emit({ kind: 'station-fault', code: fault.code, text: `upload: ${fault.message}` })
      tell(fault.code === 'TRANSFER_REFUSED' ? 'not-supported' : 'upload-failed')
    } finally {
      if (this.#running === running) this.#running = null
      if (path !== null) await discard(path, shell)
    }
  }
}

async function discard(path: string, { files, emit }: UploadShell): Promise<void> {
  try {
    await files.discard(path)
  } catch (error) {
    const fault = toBridgeError(error)
    emit({ kind: 'station-fault', code: fault.code, text: `a file was left behind: ${fault.message}` })
  }
}

function wordOf({ requestId }: UploadOrder, status: UploadStatus): StationMessage {
  if (requestId !== null) return { kind: 'log-status', status, requestId }
  // DiagnosticsStatus (§7.24) knows only these.
  const plain = status === 'uploading' || status === 'uploaded' || status === 'idle' ? status : 'upload-failed'
  return { kind: 'diagnostics-status', status: plain }
}
