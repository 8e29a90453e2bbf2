/** What a site allows file transfers to do, and the outside world they need. */
import type { Clock } from '../model/clock.ts'

/** As the OCPP key SupportedFileTransferProtocols words them. */
export const FILE_TRANSFER_PROTOCOLS = ['FTP', 'FTPS', 'HTTP', 'HTTPS', 'SFTP'] as const
export type FileTransferProtocol = (typeof FILE_TRANSFER_PROTOCOLS)[number]

/** All addresses of a name, v4 and v6. Rejects when the name is not known. */
export type LookUp = (host: string) => Promise<readonly string[]>

/** Which key an SFTP server showed first; kept by the caller. `server` is `host:port`, `key` is `TYPE SHA256:FINGERPRINT`. */
export interface HostKeyStore {
  readonly recall: (server: string) => Promise<string | null>
  readonly remember: (server: string, key: string) => Promise<void>
}

export interface TransferPolicy {
  /** Private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7) may be reached. */
  readonly allowPrivateNetworks: boolean
  /** CIDRs that may be reached whatever the other rules say, e.g. `192.168.7.0/24`. */
  readonly allowedNetworks: readonly string[]
  /** PEM certificates trusted besides the machine's own. */
  readonly trustedCertificates: readonly string[]
  readonly hostKeys: HostKeyStore
  /** The machine's name service when absent. */
  readonly lookUp?: LookUp
  /** The system's when absent. */
  readonly clock?: Clock
}

/** A place at somebody else's server, as a request names it. */
export interface TransferTarget {
  /** With the login in it, percent-encoded; never print it: `redactedUrl` is for that. */
  readonly url: string
  readonly policy: TransferPolicy
}

/** What a transfer may take, both ways. */
export interface TransferLimits {
  /** From the first look-up to the last byte on disk. */
  readonly totalMs: number
  /** How long the other side may be silent. */
  readonly idleMs: number
  /** While bytes flow: a span of `idleMs` that brings fewer on the average ends the transfer. */
  readonly minimumBytesPerSecond: number
}

export const TRANSFER_LIMITS: TransferLimits = {
  totalMs: 60 * 60_000,
  idleMs: 60_000,
  // A GPRS modem brings about 2000.
  minimumBytesPerSecond: 100,
}

export interface UploadOptions extends Partial<TransferLimits> {
  /** The name at the server, where the target names a folder. */
  readonly fileName: string
  /** For HTTP; `application/zip` when absent. */
  readonly contentType?: string
}

export interface DownloadLimits extends Partial<TransferLimits> {
  /** 256 MiB when absent. */
  readonly maxBytes?: number
}

export interface TransferResult {
  readonly sizeBytes: number
  /** Lower-case hex. */
  readonly sha256: string
}
