/** OCPP 1.6 payloads to neutral answers and requests. Nothing is believed that the official schema has not passed. */
import type { IdTokenInfo, StationAnswer, StationMessage } from '../../model/csms.ts'
import type { CsmsRequest } from '../../model/csms-request.ts'
import { BridgeError } from '../../model/errors.ts'
import type { CallRefusal } from '../../model/ocpp-version.ts'
import type { SettingName } from '../../model/setting.ts'
import { parseDateTime } from './date-time.ts'
import { MAX_INTEGER, isConnectorId, isInteger } from './ranges.ts'
import { settingOfKey } from './keys.ts'
import type * as wire from './payloads.ts'
import { chargingProfile, profileRangeFault } from './profile.ts'
import { ACTION_OF_MESSAGE } from './to-ocpp.ts'
import { assertSchema, hasSchema, schemaFault } from './validate.ts'
import { BOOT_STATUS, ID_TAG_STATUS, PURPOSES, TRIGGER_TARGETS } from './words.ts'

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
      return { kind: 'status' }
    case 'meter-values':
      return { kind: 'meter-values' }
    case 'authorize':
      return { kind: 'authorize', info: idTokenInfo((payload as wire.AuthorizeConf).idTagInfo, name) }
    case 'transaction-started': {
      const answer = payload as wire.StartTransactionConf
      if (Math.abs(answer.transactionId) > MAX_INTEGER) {
        throw new BridgeError('FRAME_INVALID', `the CSMS’s ${name}: transactionId is out of range`)
      }
      return {
        kind: 'transaction-started',
        csmsTransactionId: String(answer.transactionId),
        info: idTokenInfo(answer.idTagInfo, name),
      }
    }
    case 'transaction-ended': {
      const info = (payload as wire.StopTransactionConf).idTagInfo
      return { kind: 'transaction-ended', info: info === undefined ? null : idTokenInfo(info, name) }
    }
    case 'data-transfer': {
      const answer = payload as wire.DataTransferConf
      return { kind: 'data-transfer', status: answer.status, data: answer.data ?? null }
    }
  }
}

function idTokenInfo(info: wire.IdTagInfo, name: string): IdTokenInfo {
  return {
    status: wordOf(ID_TAG_STATUS, info.status, name),
    expiresAt: info.expiryDate === undefined ? null : timeOf(info.expiryDate, name),
    parentIdToken: info.parentIdTag ?? null,
  }
}

/** Checks a CALL of the CSMS: by name, by schema, by range. Never throws for what the CSMS sent. */
export function decodeRequest(action: string, payload: unknown): CsmsRequest | CallRefusal {
  const decode = DECODERS.get(action)
  if (decode === undefined) {
    return hasSchema(`${action}.req`)
      ? refusal('NotSupported', 'this action is not supported here')
      : refusal('NotImplemented', 'OCPP 1.6 does not know this action')
  }
  const fault = schemaFault(`${action}.req`, payload)
  return fault === null ? decode(payload) : refusal(fault.code, fault.text)
}

type Decoder = (payload: unknown) => CsmsRequest | CallRefusal

/** A Map, so that an action called `__proto__` finds nothing. The schema has been checked before. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  [
    'RemoteStartTransaction',
    (payload) => {
      const { idTag, connectorId, chargingProfile: profile } = payload as wire.RemoteStartTransactionReq
      const evse = connectorId ?? null
      if (evse !== null && !isConnectorId(evse, 1)) return badConnector()
      if (profile === undefined) return { kind: 'remote-start', idToken: idTag, evse, profile: null }
      const fault = profileRangeFault(profile)
      if (fault !== null) return outOfRange(fault)
      return { kind: 'remote-start', idToken: idTag, evse, profile: chargingProfile(evse ?? 0, profile) }
    },
  ],
  [
    'RemoteStopTransaction',
    (payload) => {
      const { transactionId } = payload as wire.RemoteStopTransactionReq
      if (!isInteger(transactionId)) return outOfRange('transactionId')
      return { kind: 'remote-stop', csmsTransactionId: String(transactionId) }
    },
  ],
  [
    'UnlockConnector',
    (payload) => {
      const { connectorId } = payload as wire.UnlockConnectorReq
      return isConnectorId(connectorId, 1) ? { kind: 'unlock', evse: connectorId } : badConnector()
    },
  ],
  ['Reset', (payload) => ({ kind: 'reset', type: (payload as wire.ResetReq).type === 'Hard' ? 'hard' : 'soft' })],
  [
    'ChangeAvailability',
    (payload) => {
      const { connectorId, type } = payload as wire.ChangeAvailabilityReq
      if (!isConnectorId(connectorId, 0)) return badConnector()
      return { kind: 'change-availability', evse: connectorId, operative: type === 'Operative' }
    },
  ],
  ['GetConfiguration', (payload) => settingsRequest((payload as wire.GetConfigurationReq).key ?? [])],
  [
    'ChangeConfiguration',
    (payload) => {
      const { key, value } = payload as wire.ChangeConfigurationReq
      return { kind: 'change-setting', setting: settingOfKey(key), value }
    },
  ],
  ['ClearCache', () => ({ kind: 'clear-cache' })],
  [
    'TriggerMessage',
    (payload) => {
      const { requestedMessage, connectorId = null } = payload as wire.TriggerMessageReq
      const target = TRIGGER_TARGETS.get(requestedMessage)
      if (target === undefined) return outOfRange('requestedMessage')
      if (connectorId !== null && !isConnectorId(connectorId, 0)) return badConnector()
      return { kind: 'trigger', target, evse: connectorId }
    },
  ],
  [
    'DataTransfer',
    (payload) => {
      const { vendorId, messageId = null, data = null } = payload as wire.DataTransferReq
      return { kind: 'data-transfer', vendorId, messageId, data }
    },
  ],
  [
    'SetChargingProfile',
    (payload) => {
      const { connectorId, csChargingProfiles } = payload as wire.SetChargingProfileReq
      if (!isConnectorId(connectorId, 0)) return badConnector()
      const fault = profileRangeFault(csChargingProfiles)
      if (fault !== null) return outOfRange(fault)
      return { kind: 'set-profile', profile: chargingProfile(connectorId, csChargingProfiles) }
    },
  ],
  [
    'ClearChargingProfile',
    (payload) => {
      const {
        id = null,
        connectorId = null,
        chargingProfilePurpose,
        stackLevel = null,
      } = payload as wire.ClearChargingProfileReq
      if (id !== null && !isInteger(id)) return outOfRange('id')
      if (connectorId !== null && !isConnectorId(connectorId, 0)) return badConnector()
      if (stackLevel !== null && !isInteger(stackLevel)) return outOfRange('stackLevel')
      const purpose = chargingProfilePurpose === undefined ? null : (PURPOSES.get(chargingProfilePurpose) ?? null)
      return { kind: 'clear-profile', id, evse: connectorId, purpose, stackLevel }
    },
  ],
  [
    'GetCompositeSchedule',
    (payload) => {
      const { connectorId, duration, chargingRateUnit = null } = payload as wire.GetCompositeScheduleReq
      if (!isConnectorId(connectorId, 0)) return badConnector()
      if (duration <= 0 || !isInteger(duration)) return outOfRange('duration')
      return { kind: 'get-composite-schedule', evse: connectorId, durationSeconds: duration, unit: chargingRateUnit }
    },
  ],
])

function settingsRequest(keys: readonly string[]): CsmsRequest {
  const settings = new Set<SettingName>()
  const unknown = new Set<string>()
  for (const key of keys) {
    const setting = settingOfKey(key)
    if (setting === null) unknown.add(key)
    else settings.add(setting)
  }
  // §5.8: an empty list asks for everything, as no list does.
  return { kind: 'get-settings', settings: keys.length === 0 ? null : [...settings], unknown: [...unknown] }
}

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

function badConnector(): CallRefusal {
  return outOfRange('connectorId')
}

function outOfRange(field: string): CallRefusal {
  return refusal('PropertyConstraintViolation', `${field} is out of range`)
}

function refusal(code: string, description: string): CallRefusal {
  return { refused: true, code, description }
}
