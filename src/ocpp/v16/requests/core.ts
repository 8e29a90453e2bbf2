/** Requests of the Core and RemoteTrigger profiles, and the whitepaper's ExtendedTriggerMessage. */
import type { CsmsRequest, TriggerTarget } from '../../../model/csms-request.ts'
import type { CallRefusal } from '../../../model/ocpp-version.ts'
import type { SettingName } from '../../../model/setting.ts'
import { settingOfKey } from '../keys.ts'
import type * as wire from '../payloads.ts'
import { chargingProfile, profileRangeFault } from '../profile.ts'
import { isConnectorId, isInteger } from '../ranges.ts'
import { badConnector, outOfRange } from '../refusal.ts'
import type { Decoder } from '../refusal.ts'
import { isIdTag } from '../text.ts'
import { EXTENDED_TRIGGER_TARGETS, TRIGGER_TARGETS } from '../words.ts'

export const CORE_REQUESTS: readonly (readonly [string, Decoder])[] = [
  [
    'RemoteStartTransaction',
    (payload) => {
      const { idTag, connectorId, chargingProfile: profile } = payload as wire.RemoteStartTransactionReq
      if (!isIdTag(idTag)) return outOfRange('idTag')
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
      return { kind: 'change-setting', setting: settingOfKey(key), key, value }
    },
  ],
  ['ClearCache', () => ({ kind: 'clear-cache' })],
  ['TriggerMessage', (payload) => triggerRequest(payload as wire.TriggerMessageReq, TRIGGER_TARGETS, false)],
  [
    'ExtendedTriggerMessage',
    (payload) => triggerRequest(payload as wire.TriggerMessageReq, EXTENDED_TRIGGER_TARGETS, true),
  ],
  [
    'DataTransfer',
    (payload) => {
      const { vendorId, messageId = null, data = null } = payload as wire.DataTransferReq
      return { kind: 'data-transfer', vendorId, messageId, data }
    },
  ],
]

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

function triggerRequest(
  request: wire.TriggerMessageReq,
  targets: ReadonlyMap<string, TriggerTarget>,
  extended: boolean,
): CsmsRequest | CallRefusal {
  const { requestedMessage, connectorId = null } = request
  const target = targets.get(requestedMessage) ?? null
  if (connectorId !== null && !isConnectorId(connectorId, 0)) return badConnector()
  return { kind: 'trigger', target, evse: connectorId, extended }
}
