/** Logs, diagnostics and firmware, as a CSMS asks for them (OCPP 1.6 §5.9, §5.19; security whitepaper L01, N01). */
import type { CsmsRequest } from '../../../model/csms-request.ts'
import type { SecurityEventType } from '../../../model/security-event.ts'
import type { UpstreamAccess } from '../../../model/upstream-access.ts'
import type { Answered } from '../upstream/incoming-calls.ts'
import type { FirmwareOrder } from './firmware-job.ts'
import type { FirmwareUpdate } from './firmware-update.ts'
import type { StationFiles } from './station-files.ts'
import type { UploadOrder, Uploads } from './uploads.ts'

export interface MaintenanceShell {
  /** Null: this station has no place for files. */
  readonly files: StationFiles | null
  /** Null: nothing is there that installs. */
  readonly firmware: FirmwareUpdate | null
  readonly uploads: Pick<Uploads, 'isRunning'>
  readonly access: UpstreamAccess | null
  readonly upload: (order: UploadOrder) => void
  readonly security: (type: SecurityEventType, techInfo: string | null) => void
}

type Request<Kind extends CsmsRequest['kind']> = Extract<CsmsRequest, { readonly kind: Kind }>

const NO_FILES: Answered = { unsupported: 'this station uploads no files' }
const NO_HOOK: Answered = { unsupported: 'the site names no program that installs firmware' }

export function getDiagnostics(request: Request<'get-diagnostics'>, { files, upload }: MaintenanceShell): Answered {
  if (files === null) return NO_FILES
  const name = files.nameOf('diagnostics')
  const order: UploadOrder = { ...request, log: 'diagnostics', name, requestId: null }
  // Once answered, so that the CSMS knows the name before it hears of the upload.
  return { response: { kind: 'get-diagnostics', fileName: name }, after: () => upload(order) }
}

export function getLog(request: Request<'get-log'>, { files, uploads, upload }: MaintenanceShell): Answered {
  if (files === null) return NO_FILES
  const name = files.nameOf(request.log)
  const status = uploads.isRunning ? 'accepted-canceled' : 'accepted'
  return { response: { kind: 'get-log', status, fileName: name }, after: () => upload({ ...request, name }) }
}

export async function updateFirmware(
  request: Request<'update-firmware'>,
  { firmware, access }: MaintenanceShell,
): Promise<Answered> {
  if (firmware === null) return NO_HOOK
  // L01.FR.20: where signed firmware can be checked, another is not taken.
  const roots = (await access?.installedCertificates('manufacturer-root')) ?? []
  if (roots.length > 0) return { unsupported: 'only signed firmware is installed here' }
  const order: FirmwareOrder = { ...request, installAt: null, signed: null }
  // The answer has no room for a refusal: while one is being installed the order is let go, and its status tells.
  const after = firmware.canBegin ? () => void firmware.begin(order) : null
  return { response: { kind: 'update-firmware' }, after }
}

export async function signedUpdateFirmware(
  request: Request<'signed-update-firmware'>,
  { firmware, access, security }: MaintenanceShell,
): Promise<Answered> {
  if (firmware === null || access === null) return NO_HOOK
  if (!firmware.canBegin) return { response: { kind: 'signed-update-firmware', status: 'rejected' }, after: null }
  const verdict = await access.checkSigningCertificate(request.signingCertificate)
  if (!verdict.accepted) {
    security('InvalidFirmwareSigningCertificate', verdict.reason)
    return { response: { kind: 'signed-update-firmware', status: 'invalid-certificate' }, after: null }
  }
  const { requestId, signingCertificate, signature } = request
  const order: FirmwareOrder = { ...request, signed: { requestId, signingCertificate, signature } }
  const status = firmware.isRunning ? 'accepted-canceled' : 'accepted'
  return { response: { kind: 'signed-update-firmware', status }, after: () => void firmware.begin(order) }
}
