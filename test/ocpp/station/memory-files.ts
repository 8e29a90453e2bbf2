/** Files that exist in the test's mind only: what was uploaded, what was installed, and what goes wrong. */
import type { BridgeError } from '../../../src/model/errors.ts'
import type { FileOrder } from '../../../src/model/csms-request.ts'
import type {
  DownloadedFile,
  InstallOutcome,
  LogOrder,
  StationFiles,
} from '../../../src/ocpp/station/maintenance/station-files.ts'

export class MemoryFiles implements StationFiles {
  readonly collected: LogOrder[] = []
  readonly uploaded: string[] = []
  readonly installed: DownloadedFile[] = []
  readonly lying = new Set<string>()
  /** Set to make the next transfers fail. */
  transferFault: BridgeError | null = null
  /** While set, transfers and installations wait for it. */
  gate: Promise<void> | null = null
  outcome: InstallOutcome = { installed: true }
  left: InstallOutcome | null = null
  readonly install: StationFiles['install']

  constructor(canInstall = true) {
    this.install = canInstall
      ? async (file, signal) => {
          await this.#wait(signal)
          this.installed.push(file)
          return this.outcome
        }
      : null
  }

  nameOf(log: string): string {
    return `${log}.zip`
  }

  collect(order: LogOrder): Promise<string> {
    this.collected.push(order)
    return Promise.resolve(this.#lay(`collected-${this.collected.length}`))
  }

  async upload(order: FileOrder, path: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#wait(signal)
    this.uploaded.push(`${order.location} ${path} ${name}`)
  }

  async download(order: FileOrder, signal: AbortSignal): Promise<DownloadedFile> {
    await this.#wait(signal)
    return { path: this.#lay(`fetched ${order.location}`), bytes: 5, sha256: 'ab' }
  }

  discard(path: string): Promise<void> {
    this.lying.delete(path)
    return Promise.resolve()
  }

  takeResult(): Promise<InstallOutcome | null> {
    return Promise.resolve(this.left)
  }

  #lay(path: string): string {
    this.lying.add(path)
    return path
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    await Promise.race([promise, this.gate ?? Promise.resolve()])
    if (this.transferFault !== null) throw this.transferFault
  }
}
