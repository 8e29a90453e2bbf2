/** An order to install a firmware, and how far it is: what is kept in the ledger, so that a restart goes on with it. */
import type { FileOrder } from '../../../model/csms-request.ts'
import type { FirmwareStatus } from '../../../model/csms.ts'

export interface FirmwareSignature {
  readonly requestId: number
  /** PEM. */
  readonly signingCertificate: string
  /** Base64. */
  readonly signature: string
}

export interface FirmwareOrder extends FileOrder {
  /** Wall ms. */
  readonly retrieveAt: number
  /** Wall ms; null: as soon as it is there. */
  readonly installAt: number | null
  /** Null: asked without a signature (OCPP 1.6 §5.19). */
  readonly signed: FirmwareSignature | null
}

export interface FirmwareJob {
  readonly order: FirmwareOrder
  /** The last that the CSMS was told. */
  readonly status: FirmwareStatus
}

export const FIRMWARE_KEY = 'firmware-update'

/** Stages from which a restart begins again with the download; from `installing` on the program's own result counts. */
const AGAIN: readonly FirmwareStatus[] = [
  'idle',
  'download-scheduled',
  'downloading',
  'download-paused',
  'downloaded',
  'signature-verified',
  'install-scheduled',
]

export function mustStartAgain({ status }: FirmwareJob): boolean {
  return AGAIN.includes(status)
}

/** The stored job, or null when there is none or it cannot be read: then the CSMS orders anew. */
export function readJob(text: string | undefined): FirmwareJob | null {
  if (text === undefined) return null
  try {
    const stored: unknown = JSON.parse(text)
    return isJob(stored) ? stored : null
  } catch {
    return null
  }
}

function isJob(value: unknown): value is FirmwareJob {
  if (!isRecord(value) || typeof value['status'] !== 'string' || !isRecord(value['order'])) return false
  const { location, retries, retryIntervalSeconds, retrieveAt, installAt, signed } = value['order']
  const isSigned =
    isRecord(signed) &&
    typeof signed['requestId'] === 'number' &&
    typeof signed['signingCertificate'] === 'string' &&
    typeof signed['signature'] === 'string'
  return (
    typeof location === 'string' &&
    typeof retrieveAt === 'number' &&
    [retries, retryIntervalSeconds, installAt].every((number) => number === null || typeof number === 'number') &&
    (signed === null || isSigned)
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
