/** Our answers to a CSMS in OCPP 1.6's words, checked against the official schemas. */
import type { CompositeSchedule } from '../../model/charging-profile.ts'
import type { CsmsRequest, CsmsResponse } from '../../model/csms-request.ts'
import { BridgeError } from '../../model/errors.ts'
import type { WireCall } from '../../model/ocpp-version.ts'
import type { CertificateHash } from '../../model/upstream-access.ts'
import { checkedDates, formatDateTime } from './date-time.ts'
import { keyOfSetting } from './keys.ts'
import { ciString, optional } from './text.ts'
import { assertSchema } from './validate.ts'
import { pascalCase } from './words.ts'

/** Words our answer to `request`. Throws FRAME_INVALID when the answer is not one to this request. */
export function encodeResponse(request: CsmsRequest, response: CsmsResponse): object {
  if (request.kind !== response.kind) {
    throw new BridgeError('FRAME_INVALID', `${response.kind} does not answer ${request.kind}`)
  }
  const { action, payload } = checkedDates('our answer', () => answerOf(request, response))
  assertSchema(`${action}.conf`, payload, 'our')
  return payload
}

function answerOf(request: CsmsRequest, response: CsmsResponse): WireCall {
  switch (response.kind) {
    case 'remote-start':
      return { action: 'RemoteStartTransaction', payload: accepted(response.accepted) }
    case 'remote-stop':
      return { action: 'RemoteStopTransaction', payload: accepted(response.accepted) }
    case 'reset':
      return { action: 'Reset', payload: accepted(response.accepted) }
    case 'clear-cache':
      return { action: 'ClearCache', payload: accepted(response.accepted) }
    case 'unlock':
      return {
        action: 'UnlockConnector',
        payload: { status: response.status === 'failed' ? 'UnlockFailed' : pascalCase(response.status) },
      }
    case 'change-availability':
      return { action: 'ChangeAvailability', payload: { status: pascalCase(response.status) } }
    case 'change-setting':
      return { action: 'ChangeConfiguration', payload: { status: pascalCase(response.outcome) } }
    case 'trigger':
      return {
        action: request.kind === 'trigger' && request.extended ? 'ExtendedTriggerMessage' : 'TriggerMessage',
        payload: { status: pascalCase(response.status) },
      }
    case 'set-profile':
      return { action: 'SetChargingProfile', payload: { status: pascalCase(response.status) } }
    case 'clear-profile':
      return { action: 'ClearChargingProfile', payload: { status: response.cleared ? 'Accepted' : 'Unknown' } }
    case 'data-transfer':
      return { action: 'DataTransfer', payload: dataTransferAnswer(response) }
    case 'get-settings':
      return { action: 'GetConfiguration', payload: settingsAnswer(response) }
    case 'get-composite-schedule':
      return { action: 'GetCompositeSchedule', payload: scheduleAnswer(response.schedule) }
    case 'local-list-version':
      // §5.10: -1 says that there is no list, 0 that it is empty.
      return { action: 'GetLocalListVersion', payload: { listVersion: response.version ?? -1 } }
    case 'send-local-list':
      return { action: 'SendLocalList', payload: { status: pascalCase(response.status) } }
    case 'reserve':
      return { action: 'ReserveNow', payload: { status: pascalCase(response.status) } }
    case 'cancel-reservation':
      return { action: 'CancelReservation', payload: accepted(response.accepted) }
    case 'get-diagnostics':
      return { action: 'GetDiagnostics', payload: optional('fileName', ciString(response.fileName ?? '', 255)) }
    case 'update-firmware':
      return { action: 'UpdateFirmware', payload: {} }
    case 'get-log': {
      const fileName = optional('filename', ciString(response.fileName ?? '', 255))
      return { action: 'GetLog', payload: { status: pascalCase(response.status), ...fileName } }
    }
    case 'signed-update-firmware':
      return { action: 'SignedUpdateFirmware', payload: { status: pascalCase(response.status) } }
    case 'certificate-signed':
      return { action: 'CertificateSigned', payload: accepted(response.accepted) }
    case 'install-certificate':
      return { action: 'InstallCertificate', payload: { status: pascalCase(response.status) } }
    case 'installed-certificates':
      return { action: 'GetInstalledCertificateIds', payload: certificatesAnswer(response.certificates) }
    case 'delete-certificate':
      return { action: 'DeleteCertificate', payload: { status: pascalCase(response.status) } }
  }
}

function certificatesAnswer(certificates: readonly CertificateHash[]): object {
  if (certificates.length === 0) return { status: 'NotFound' }
  return {
    status: 'Accepted',
    certificateHashData: certificates.map(({ algorithm, issuerNameHash, issuerKeyHash, serialNumber }) => ({
      hashAlgorithm: algorithm,
      issuerNameHash,
      issuerKeyHash,
      serialNumber,
    })),
  }
}

function dataTransferAnswer(response: Extract<CsmsResponse, { kind: 'data-transfer' }>): object {
  const status =
    response.status === 'unknown-message'
      ? 'UnknownMessageId'
      : response.status === 'unknown-vendor'
        ? 'UnknownVendorId'
        : pascalCase(response.status)
  return { status, ...(response.data === null ? {} : { data: response.data }) }
}

function settingsAnswer(response: Extract<CsmsResponse, { kind: 'get-settings' }>): object {
  const configurationKey = response.values.flatMap(({ setting, readOnly, value }) => {
    const key = keyOfSetting(setting)
    if (key === null) return []
    return [{ key, readonly: readOnly, ...(value === null ? {} : { value: value.slice(0, 500) }) }]
  })
  for (const { key, value } of response.own ?? []) configurationKey.push({ key, readonly: false, value })
  const unknownKey = response.unknown.map((key) => key.slice(0, 50))
  return {
    ...(configurationKey.length === 0 ? {} : { configurationKey }),
    ...(unknownKey.length === 0 ? {} : { unknownKey }),
  }
}

function scheduleAnswer(schedule: CompositeSchedule | null): object {
  if (schedule === null) return { status: 'Rejected' }
  const minChargingRate = schedule.minChargingRate ?? null
  return {
    status: 'Accepted',
    connectorId: schedule.evse,
    scheduleStart: formatDateTime(schedule.start),
    chargingSchedule: {
      // No startSchedule here: scheduleStart says it (errata 3.57).
      duration: schedule.durationSeconds,
      chargingRateUnit: schedule.unit,
      ...(minChargingRate === null ? {} : { minChargingRate: tenthsDown(minChargingRate) }),
      chargingSchedulePeriod: schedule.periods.map((period) => ({
        startPeriod: period.startSeconds,
        limit: tenthsDown(period.limit),
        ...(period.phases === null ? {} : { numberPhases: period.phases }),
      })),
    },
  }
}

/** OCPP 1.6 limits have one decimal. Down, because more than the limit is never promised. */
function tenthsDown(limit: number): number {
  return Math.floor(limit * 10 + 1e-6) / 10
}

function accepted(is: boolean): object {
  return { status: is ? 'Accepted' : 'Rejected' }
}
