/** What a connector shows, from what is known of it (OCPP 1.6 §4.9). Pure. */
import type { ConnectorStatus } from '../../../model/csms.ts'
import type { DeviceFault } from '../../../model/signal.ts'
import type { EvseState } from '../../../model/station.ts'
import type { Session } from '../session/session.ts'

export interface StatusView {
  readonly status: ConnectorStatus
  readonly fault: DeviceFault | null
  readonly info: string | null
}

/**
 * A charger that we cannot reach is `Faulted` with InternalError, not `Unavailable`: §4.9 keeps Unavailable for what was switched
 * off on purpose and may stay so for days, while operators alarm on Faulted; and a broken link is a fault inside the station.
 */
const OFFLINE_FAULT: DeviceFault = {
  code: 'offline',
  kind: 'InternalError',
  text: 'The charger does not answer the bridge',
}

/** Where the charger gives no code of its own (IEC 61851-1 A.4). */
const PILOT_FAULTS = {
  E: 'Pilot state E: no supply, or the pilot is shorted',
  F: 'Pilot state F: the charger is not available',
} as const

/** Below this the contactor's own leakage and a meter's noise are not charging. */
const FLOWING_AMPS = 1
const FLOWING_W = 150

/**
 * @param offeredAmps what we offer the car now; null: not known
 * @param held only the holder of a reservation may start here
 */
export function connectorStatus(
  session: Session,
  observed: EvseState | null,
  operative: boolean,
  offeredAmps: number | null,
  held: boolean,
): StatusView {
  const inTransaction = session.transaction !== null
  // No transient Available between the end of a transaction and a scheduled Unavailable.
  if (!operative && !inTransaction) return shows('unavailable')
  if (observed === null) return shows('unavailable', null, 'the charger has not answered yet')
  const fault = faultOf(observed)
  // §7.6: a session whose talk with the vehicle failed is suspended, the connector is not faulted.
  const suspends = inTransaction && fault?.kind === 'EVCommunicationError'
  if (fault !== null) return shows(suspends ? 'suspended-evse' : 'faulted', fault, fault.text)
  if (inTransaction) {
    const status = transactionStatus(session, observed, offeredAmps)
    // §4.9 wants the reason in these words.
    const isAway = status === 'suspended-ev' && !session.plugged
    return shows(status, null, isAway ? 'EV side disconnected' : null)
  }
  if (session.permit !== null) return shows('preparing')
  if (session.plugged && session.finished) return shows('finishing')
  // A stranger's plug changes nothing: the reservation is used by its holder's identifier.
  if (held) return shows('reserved')
  return shows(session.plugged ? 'preparing' : 'available')
}

/** The fault that a device shows, an unreachable device and the pilot's own error states included. */
export function faultOf(observed: EvseState): DeviceFault | null {
  if (!observed.online) return OFFLINE_FAULT
  if (observed.fault !== null) return observed.fault
  if (observed.pilot === 'E' || observed.pilot === 'F')
    return { code: observed.pilot, kind: 'OtherError', text: PILOT_FAULTS[observed.pilot] }
  return null
}

/** When both sides suspend, SuspendedEVSE has precedence (§4.9). */
function transactionStatus(session: Session, observed: EvseState, offeredAmps: number | null): ConnectorStatus {
  if (session.heldBack) return 'suspended-evse'
  // The vehicle is what is missing (§9.1.24), and nobody offers current to an empty socket.
  if (!session.plugged) return 'suspended-ev'
  if (offeredAmps === 0) return 'suspended-evse'
  const asks = session.vehicle === 'C' || session.vehicle === 'D'
  if (!asks) return 'suspended-ev'
  return isFlowing(observed) === false ? 'suspended-ev' : 'charging'
}

/** Null when nothing measures it: then the closed contactor counts. */
export function isFlowing(observed: EvseState): boolean | null {
  const amps = (observed.measuredAmps ?? []).filter((value) => value !== null)
  if (amps.some((value) => value >= FLOWING_AMPS)) return true
  if (observed.powerW !== null) return observed.powerW >= FLOWING_W
  return amps.length > 0 ? false : null
}

/** The station itself (connector 0) knows only these three. */
export function stationStatus(observed: readonly (EvseState | null)[], operative: boolean, busy: boolean): StatusView {
  if (!operative && !busy) return shows('unavailable')
  if (observed.length > 0 && observed.every((state) => state !== null && !state.online))
    return shows('faulted', OFFLINE_FAULT, OFFLINE_FAULT.text)
  return shows('available')
}

function shows(status: ConnectorStatus, fault: DeviceFault | null = null, info: string | null = null): StatusView {
  return { status, fault, info }
}
