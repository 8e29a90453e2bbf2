/** Requests of the FirmwareManagement profile, and the whitepaper's GetLog and SignedUpdateFirmware. */
import type { CsmsRequest, FileOrder } from '../../../model/csms-request.ts'
import type { CallRefusal } from '../../../model/ocpp-version.ts'
import { parseDateTime, timeOrNull } from '../date-time.ts'
import { isLocation } from '../location.ts'
import type * as wire from '../payloads.ts'
import { isCount, isInteger } from '../ranges.ts'
import { outOfRange } from '../refusal.ts'
import type { Decoder } from '../refusal.ts'

export const FILE_REQUESTS: readonly (readonly [string, Decoder])[] = [
  ['GetDiagnostics', (payload) => getDiagnostics(payload as wire.GetDiagnosticsReq)],
  ['UpdateFirmware', (payload) => updateFirmware(payload as wire.UpdateFirmwareReq)],
  ['GetLog', (payload) => getLog(payload as wire.GetLogReq)],
  ['SignedUpdateFirmware', (payload) => signedUpdateFirmware(payload as wire.SignedUpdateFirmwareReq)],
]

function getDiagnostics(request: wire.GetDiagnosticsReq): CsmsRequest | CallRefusal {
  const order = fileOrder(request.location, request)
  if ('refused' in order) return order
  return { kind: 'get-diagnostics', ...order, from: timeOrNull(request.startTime), to: timeOrNull(request.stopTime) }
}

function updateFirmware(request: wire.UpdateFirmwareReq): CsmsRequest | CallRefusal {
  const order = fileOrder(request.location, request)
  if ('refused' in order) return order
  const retrieveAt = parseDateTime(request.retrieveDate)
  return retrieveAt === null ? outOfRange('retrieveDate') : { kind: 'update-firmware', ...order, retrieveAt }
}

function getLog(request: wire.GetLogReq): CsmsRequest | CallRefusal {
  const { log, logType, requestId } = request
  if (!isInteger(requestId)) return outOfRange('requestId')
  const order = fileOrder(log.remoteLocation, request)
  if ('refused' in order) return order
  return {
    kind: 'get-log',
    ...order,
    log: logType === 'SecurityLog' ? 'security' : 'diagnostics',
    requestId,
    from: timeOrNull(log.oldestTimestamp),
    to: timeOrNull(log.latestTimestamp),
  }
}

function signedUpdateFirmware(request: wire.SignedUpdateFirmwareReq): CsmsRequest | CallRefusal {
  const { firmware, requestId } = request
  if (!isInteger(requestId)) return outOfRange('requestId')
  const order = fileOrder(firmware.location, request)
  if ('refused' in order) return order
  const retrieveAt = parseDateTime(firmware.retrieveDateTime)
  if (retrieveAt === null) return outOfRange('firmware.retrieveDateTime')
  return {
    kind: 'signed-update-firmware',
    ...order,
    requestId,
    retrieveAt,
    installAt: timeOrNull(firmware.installDateTime),
    signingCertificate: firmware.signingCertificate,
    signature: firmware.signature,
  }
}

function fileOrder(location: string, { retries, retryInterval }: wire.WireRetries): FileOrder | CallRefusal {
  // The whitepaper's schemas give its locations no format.
  if (!isLocation(location)) return outOfRange('the location')
  if (retries !== undefined && !isCount(retries)) return outOfRange('retries')
  if (retryInterval !== undefined && !isCount(retryInterval)) return outOfRange('retryInterval')
  return { location, retries: retries ?? null, retryIntervalSeconds: retryInterval ?? null }
}
