/** OCPP 1.6 payloads to neutral answers and requests. Nothing is believed that the official schema has not passed. */
import type { IdTokenInfo, StationAnswer, StationMessage } from '../../model/csms.ts'
import type { CsmsRequest } from '../../model/csms-request.ts'
import { BridgeError } from '../../model/errors.ts'
import type { CallRefusal } from '../../model/ocpp-version.ts'
import { parseDateTime } from './date-time.ts'
import { idTokenInfo } from './id-token-info.ts'
import type * as wire from './payloads.ts'
import { MAX_INTEGER } from './ranges.ts'
import { refusal } from './refusal.ts'
import type { Decoder } from './refusal.ts'
import { CERTIFICATE_REQUESTS } from './requests/certificates.ts'
import { CHARGING_REQUESTS } from './requests/charging.ts'
import { CORE_REQUESTS } from './requests/core.ts'
import { FILE_REQUESTS } from './requests/files.ts'
import { IDENTIFIER_REQUESTS } from './requests/identifiers.ts'
import { ACTION_OF_MESSAGE } from './to-ocpp.ts'
import { assertSchema, hasSchema, schemaFault } from './validate.ts'
import { BOOT_STATUS } from './words.ts'

/** Throws FRAME_INVALID when the CSMS's answer does not fit the schema. */
export function decodeAnswer(message: StationMessage, payload: unknown): StationAnswer {
  const name = `${ACTION_OF_MESSAGE[message.kind]}.conf`
  assertSchema(name, payload, 'the CSMS’s')
  switch (message.kind) {
    case 'boot': {
      const answer = payload as wire.BootNotificationConf
      return {
        kind: 'boot',
        status: wordOf(BOOT_STATUS, answer.status, name),
        // §4.2: 0 leaves the choice to us; less than 0 is nobody's choice.
        intervalSeconds: Math.min(Math.max(answer.interval, 0), MAX_INTEGER),
        currentTime: timeOf(answer.currentTime, name),
      }
    }
    case 'heartbeat':
      return { kind: 'heartbeat', currentTime: timeOf((payload as wire.HeartbeatConf).currentTime, name) }
    case 'status':
    case 'meter-values':
    case 'diagnostics-status':
    case 'log-status':
    case 'firmware-status':
    case 'signed-firmware-status':
    case 'security-event':
      return { kind: message.kind }
    case 'authorize':
      return { kind: 'authorize', info: infoOf((payload as wire.AuthorizeConf).idTagInfo, name) }
    case 'transaction-started': {
      const answer = payload as wire.StartTransactionConf
      if (Math.abs(answer.transactionId) > MAX_INTEGER) {
        throw new BridgeError('FRAME_INVALID', `the CSMS’s ${name}: transactionId is out of range`)
      }
      return {
        kind: 'transaction-started',
        csmsTransactionId: String(answer.transactionId),
        info: infoOf(answer.idTagInfo, name),
      }
    }
    case 'transaction-ended': {
      const info = (payload as wire.StopTransactionConf).idTagInfo
      return { kind: 'transaction-ended', info: info === undefined ? null : infoOf(info, name) }
    }
    case 'data-transfer': {
      const answer = payload as wire.DataTransferConf
      return { kind: 'data-transfer', status: answer.status, data: answer.data ?? null }
    }
    case 'sign-certificate':
      return { kind: 'sign-certificate', accepted: (payload as wire.StatusConf).status === 'Accepted' }
  }
}

function infoOf(idTagInfo: wire.IdTagInfo, name: string): IdTokenInfo {
  const info = idTokenInfo(idTagInfo)
  if (info === null) throw new BridgeError('FRAME_INVALID', `the CSMS’s ${name}: idTagInfo is wrong`)
  return info
}

/**
 * Checks a CALL of the CSMS: by name, by schema, by range. Never throws for what the CSMS sent. An action that OCPP 1.6 has,
 * but not for a charge point (BootNotification), is known and hence NotSupported.
 */
export function decodeRequest(action: string, payload: unknown): CsmsRequest | CallRefusal {
  const decode = DECODERS.get(action)
  if (decode === undefined) {
    return hasSchema(`${action}.req`)
      ? refusal('NotSupported', 'this action is not supported here')
      : refusal('NotImplemented', 'OCPP 1.6 does not know this action')
  }
  const fault = schemaFault(`${action}.req`, payload)
  if (fault === null || isTriggerOfUnknown(action, payload)) return decode(payload)
  return refusal(fault.code, fault.text)
}

/** A trigger whose message is the only thing that is wrong: that has an answer of its own, NotImplemented (§5.17). */
function isTriggerOfUnknown(action: string, payload: unknown): boolean {
  if (action !== 'TriggerMessage' && action !== 'ExtendedTriggerMessage') return false
  if (typeof payload !== 'object' || payload === null || !('requestedMessage' in payload)) return false
  const known = { ...payload, requestedMessage: 'Heartbeat' }
  return typeof payload.requestedMessage === 'string' && schemaFault(`${action}.req`, known) === null
}

/** A Map, so that an action called `__proto__` finds nothing. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ...CORE_REQUESTS,
  ...CHARGING_REQUESTS,
  ...IDENTIFIER_REQUESTS,
  ...FILE_REQUESTS,
  ...CERTIFICATE_REQUESTS,
])

function wordOf<Word>(words: ReadonlyMap<string, Word>, text: string, name: string): Word {
  const word = words.get(text)
  if (word === undefined) throw new BridgeError('FRAME_INVALID', `the CSMS’s ${name}: an unknown status`)
  return word
}

function timeOf(text: string, name: string): number {
  const time = parseDateTime(text)
  if (time === null) throw new BridgeError('FRAME_INVALID', `the CSMS’s ${name}: not a date and time with zone`)
  return time
}
