/** Requests of the SmartCharging profile. */
import type * as wire from '../payloads.ts'
import { chargingProfile, profileRangeFault } from '../profile.ts'
import { isConnectorId, isInteger } from '../ranges.ts'
import { badConnector, outOfRange } from '../refusal.ts'
import type { Decoder } from '../refusal.ts'
import { PURPOSES } from '../words.ts'

export const CHARGING_REQUESTS: readonly (readonly [string, Decoder])[] = [
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
]
