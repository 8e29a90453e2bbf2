/** Requests of the LocalAuthListManagement and Reservation profiles. */
import type { CsmsRequest, LocalListEntry } from '../../../model/csms-request.ts'
import type { CallRefusal } from '../../../model/ocpp-version.ts'
import { parseDateTime } from '../date-time.ts'
import { idTokenInfo, parentIdToken } from '../id-token-info.ts'
import type * as wire from '../payloads.ts'
import { isConnectorId, isInteger } from '../ranges.ts'
import { badConnector, outOfRange } from '../refusal.ts'
import type { Decoder } from '../refusal.ts'
import { isIdTag } from '../text.ts'

export const IDENTIFIER_REQUESTS: readonly (readonly [string, Decoder])[] = [
  ['GetLocalListVersion', () => ({ kind: 'local-list-version' })],
  ['SendLocalList', (payload) => sendLocalList(payload as wire.SendLocalListReq)],
  ['ReserveNow', (payload) => reserveNow(payload as wire.ReserveNowReq)],
  [
    'CancelReservation',
    (payload) => {
      const { reservationId } = payload as wire.CancelReservationReq
      return isInteger(reservationId) ? { kind: 'cancel-reservation', reservationId } : outOfRange('reservationId')
    },
  ],
]

/**
 * Doubled identifiers, too many, and entries of a full list without `idTagInfo` are the station's to refuse, with a status
 * (§5.15, §7.4). A negative version is nobody's: -1 says that there is no list (§5.10).
 */
function sendLocalList(request: wire.SendLocalListReq): CsmsRequest | CallRefusal {
  const { listVersion, updateType, localAuthorizationList = [] } = request
  if (listVersion < 0 || !isInteger(listVersion)) return outOfRange('listVersion')
  const entries: LocalListEntry[] = []
  for (const { idTag, idTagInfo } of localAuthorizationList) {
    if (!isIdTag(idTag)) return outOfRange('localAuthorizationList: an idTag')
    const info = idTagInfo === undefined ? null : idTokenInfo(idTagInfo)
    if (idTagInfo !== undefined && info === null) return outOfRange('localAuthorizationList: an idTagInfo')
    entries.push({ idToken: idTag, info })
  }
  return {
    kind: 'send-local-list',
    version: listVersion,
    update: updateType === 'Full' ? 'full' : 'differential',
    entries,
  }
}

function reserveNow(request: wire.ReserveNowReq): CsmsRequest | CallRefusal {
  const { connectorId, expiryDate, idTag, parentIdTag, reservationId } = request
  if (!isConnectorId(connectorId, 0)) return badConnector()
  if (!isInteger(reservationId)) return outOfRange('reservationId')
  if (!isIdTag(idTag)) return outOfRange('idTag')
  const expiresAt = parseDateTime(expiryDate)
  if (expiresAt === null) return outOfRange('expiryDate')
  return {
    kind: 'reserve',
    reservationId,
    evse: connectorId,
    expiresAt,
    idToken: idTag,
    parentIdToken: parentIdToken(parentIdTag),
  }
}
