/** What a station needs done with files. The site does it: collecting, transfer, the program that installs. */
import type { FileOrder } from '../../../model/csms-request.ts'

export type LogKind = 'diagnostics' | 'security'

export interface LogOrder {
  readonly log: LogKind
  /** As the CSMS was told. */
  readonly name: string
  /** Wall ms; null: from the beginning, to the end. */
  readonly from: number | null
  readonly to: number | null
}

/** A file that came from the CSMS's server and lies in the state folder. */
export interface DownloadedFile {
  readonly path: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** A refusal of the program that installs is a value; `reason` is its last word. */
export type InstallOutcome = { readonly installed: true } | { readonly installed: false; readonly reason: string }

export interface StationFiles {
  /** Name of a bundle that is collected now. */
  nameOf(log: LogKind): string
  /** Resolves with the path of the bundle. Faults: those of the state folder. */
  collect(order: LogOrder, signal: AbortSignal): Promise<string>
  /** Tries as often as the order says. Faults: TRANSFER_REFUSED, TRANSFER_FAILED. */
  upload(order: FileOrder, path: string, name: string, signal: AbortSignal): Promise<void>
  /** Tries as often as the order says. Faults: TRANSFER_REFUSED, TRANSFER_FAILED. */
  download(order: FileOrder, signal: AbortSignal): Promise<DownloadedFile>
  /** Removes a file that `collect` or `download` made. */
  discard(path: string): Promise<void>
  /** Hands a file to the program that the site names for this; null: it names none, firmware cannot be updated. */
  readonly install: ((file: DownloadedFile, signal: AbortSignal) => Promise<InstallOutcome>) | null
  /** What an installation that outlived the last run of the bridge has left behind; null: nothing. */
  takeResult(): Promise<InstallOutcome | null>
}
