/**
 * Everything that happens on a station, as one typed union. UI, event log and mirrors listen to the same stream.
 * `at` is wall time in ms, corrected by the CSMS's clock where we follow it.
 */
import type { ConnectorStatus, FirmwareStatus, UploadStatus } from './csms.ts'
import type { SecurityEventType } from './security-event.ts'
import type { SetPoint } from './set-point.ts'
import type { SettingName } from './setting.ts'
import type { DeviceFault } from './signal.ts'
import type { PilotState } from './pilot-state.ts'
import type { EvseState } from './station.ts'
import type { StopReason, Transaction } from './transaction.ts'

/** Where billing energy comes from: the charger's register, its session counter, or integrated power. */
export type EnergySource = 'register' | 'session' | 'power'

type Happening =
  // the device
  | { readonly kind: 'observed'; readonly state: EvseState }
  | { readonly kind: 'device-online'; readonly evse: number }
  | { readonly kind: 'device-offline'; readonly evse: number }
  | { readonly kind: 'pilot'; readonly evse: number; readonly pilot: PilotState }
  | { readonly kind: 'fault'; readonly evse: number; readonly fault: DeviceFault }
  | { readonly kind: 'fault-cleared'; readonly evse: number }
  | { readonly kind: 'energy-source'; readonly evse: number; readonly source: EnergySource }
  | {
      readonly kind: 'energy-suspect'
      readonly evse: number
      readonly registerWh: number
      readonly lastRegisterWh: number
      readonly reason: 'zero' | 'backwards' | 'jump'
    }
  | { readonly kind: 'energy-trusted-again'; readonly evse: number; readonly rebased: boolean }
  | { readonly kind: 'set-point'; readonly setPoint: SetPoint }
  // persons
  /** Evse 0 here and in what follows: a reader that several EVSEs share. */
  | { readonly kind: 'card-presented'; readonly evse: number; readonly idToken: string }
  | {
      readonly kind: 'authorised'
      readonly evse: number
      readonly idToken: string
      readonly by: 'csms' | 'list' | 'cache' | 'policy'
    }
  | { readonly kind: 'authorisation-refused'; readonly evse: number; readonly idToken: string; readonly reason: string }
  | { readonly kind: 'authorisation-expired'; readonly evse: number; readonly idToken: string }
  /** Somebody tries identifiers: for a while none is asked for. */
  | { readonly kind: 'reader-locked'; readonly refused: number; readonly seconds: number }
  | {
      readonly kind: 'reserved'
      /** 0: some EVSE of the station. */
      readonly evse: number
      readonly reservationId: number
      readonly expiresAt: number
    }
  | {
      readonly kind: 'reservation-ended'
      readonly evse: number
      readonly reservationId: number
      readonly why: 'used' | 'expired' | 'cancelled' | 'replaced' | 'fault' | 'out-of-service'
    }
  | { readonly kind: 'local-list'; readonly version: number; readonly entries: number }
  // the session
  | {
      readonly kind: 'status'
      readonly evse: number
      readonly status: ConnectorStatus
      readonly fault: DeviceFault | null
      readonly info: string | null
    }
  | { readonly kind: 'transaction-started'; readonly transaction: Transaction }
  | { readonly kind: 'transaction-resumed'; readonly transaction: Transaction }
  | { readonly kind: 'transaction-invalidated'; readonly transaction: Transaction; readonly reason: string }
  | { readonly kind: 'transaction-ended'; readonly transaction: Transaction; readonly reason: StopReason }
  // the CSMS
  | { readonly kind: 'csms-open'; readonly upstreamId: string }
  | { readonly kind: 'csms-down'; readonly upstreamId: string; readonly reason: string }
  | {
      readonly kind: 'csms-registration'
      readonly upstreamId: string
      readonly status: 'accepted' | 'pending' | 'rejected'
      readonly intervalSeconds: number
    }
  | {
      readonly kind: 'csms-clock'
      readonly upstreamId: string
      readonly offsetMs: number
      /** False: the CSMS's clock is too far off to be believed. */
      readonly followed: boolean
    }
  | {
      readonly kind: 'frame'
      readonly upstreamId: string
      readonly direction: 'sent' | 'received'
      readonly text: string
    }
  | { readonly kind: 'call-failed'; readonly upstreamId: string; readonly message: string; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly upstreamId: string; readonly sequence: number; readonly reason: string }
  | { readonly kind: 'setting-changed'; readonly setting: SettingName; readonly value: string }
  | {
      readonly kind: 'parameter-changed'
      /** What of the station controller, in words. */
      readonly name: string
      /** With its unit; null: there is no maximum any more. */
      readonly value: string | null
      readonly by: string
    }
  | { readonly kind: 'security'; readonly type: SecurityEventType; readonly techInfo: string | null }
  | { readonly kind: 'upload'; readonly what: 'diagnostics' | 'security log'; readonly status: UploadStatus }
  | { readonly kind: 'firmware'; readonly status: FirmwareStatus }
  | { readonly kind: 'availability'; readonly evse: number; readonly operative: boolean; readonly scheduled: boolean }
  | { readonly kind: 'profiles-changed'; readonly installed: number }
  | { readonly kind: 'reset'; readonly type: 'hard' | 'soft' }
  // ourselves
  | { readonly kind: 'station-fault'; readonly code: string; readonly text: string }

export type StationEvent = { readonly stationId: string; readonly at: number } & Happening
export type StationHappening = Happening
export type StationEventKind = Happening['kind']
export type StationListener = (event: StationEvent) => void

/** A sentence for the log and the page, or null for events that are data rather than news (polls, frames). */
export function describeEvent(event: StationHappening): string | null {
  switch (event.kind) {
    case 'observed':
    case 'frame':
      return null
    case 'device-online':
      return `EVSE ${event.evse}: the charger answers`
    case 'device-offline':
      return `EVSE ${event.evse}: the charger does not answer`
    case 'pilot':
      return `EVSE ${event.evse}: pilot state ${event.pilot}`
    case 'fault':
      return `EVSE ${event.evse}: fault ${event.fault.code}${event.fault.text === null ? '' : `, ${event.fault.text}`}`
    case 'fault-cleared':
      return `EVSE ${event.evse}: fault gone`
    case 'energy-source':
      return `EVSE ${event.evse}: energy from ${SOURCES[event.source]}`
    case 'energy-suspect':
      return `EVSE ${event.evse}: energy register ${event.registerWh} Wh after ${event.lastRegisterWh} Wh is not believed (${event.reason}); the last good value is held`
    case 'energy-trusted-again':
      return event.rebased
        ? `EVSE ${event.evse}: energy register counts from a new value; the billing meter goes on where it was`
        : `EVSE ${event.evse}: energy register is back at its old count`
    case 'set-point':
      return `EVSE ${event.setPoint.evse}: ${event.setPoint.amps === 0 ? 'paused' : `${Math.round(event.setPoint.amps * 10) / 10} A offered`}`
    case 'card-presented':
      return `${placeOf(event.evse)}: card shown`
    case 'authorised':
      return `${placeOf(event.evse)}: authorised by ${event.by}`
    case 'authorisation-refused':
      return `${placeOf(event.evse)}: not authorised (${event.reason})`
    case 'reader-locked':
      return `Station: ${event.refused} identifiers were refused within a minute; none is taken for ${event.seconds} s`
    case 'authorisation-expired':
      return `EVSE ${event.evse}: authorised, but no vehicle came in time`
    case 'status':
      return `${placeOf(event.evse)}: ${event.status}${event.info === null ? '' : ` (${event.info})`}`
    case 'transaction-started':
      return `EVSE ${event.transaction.evse}: transaction started at ${event.transaction.startWh} Wh`
    case 'transaction-resumed':
      return `EVSE ${event.transaction.evse}: transaction resumed after a restart`
    case 'transaction-invalidated':
      return `EVSE ${event.transaction.evse}: the CSMS does not accept the identifier (${event.reason})`
    case 'transaction-ended':
      return `EVSE ${event.transaction.evse}: transaction ended at ${event.transaction.endWh ?? event.transaction.startWh} Wh (${event.reason})`
    case 'csms-open':
      return `${event.upstreamId}: connected`
    case 'csms-down':
      return `${event.upstreamId}: not connected (${event.reason})`
    case 'csms-registration':
      return `${event.upstreamId}: registration ${event.status}, interval ${event.intervalSeconds} s`
    case 'csms-clock':
      return event.followed
        ? `${event.upstreamId}: its clock differs by ${Math.round(event.offsetMs / 1000)} s, followed`
        : `${event.upstreamId}: its clock differs by ${Math.round(event.offsetMs / 1000)} s, not believed`
    case 'call-failed':
      return `${event.upstreamId}: ${event.message} failed (${event.reason})`
    case 'dead-letter':
      return `${event.upstreamId}: message ${event.sequence} given up (${event.reason})`
    case 'parameter-changed':
      return `${event.name} is ${event.value ?? 'none'} now, by ${event.by}`
    case 'setting-changed':
      return `setting ${event.setting} is now ${event.value}`
    case 'reserved':
      return `${placeOf(event.evse)}: reservation ${event.reservationId} until ${new Date(event.expiresAt).toISOString()}`
    case 'reservation-ended':
      return `${placeOf(event.evse)}: reservation ${event.reservationId} ended (${event.why})`
    case 'local-list':
      return `local authorisation list: version ${event.version}, ${event.entries} identifiers`
    case 'security':
      return `security: ${event.type}${event.techInfo === null ? '' : ` (${event.techInfo})`}`
    case 'upload':
      return `${event.what}: ${event.status}`
    case 'firmware':
      return `firmware: ${event.status}`
    case 'availability':
      return `${placeOf(event.evse)}: ${event.operative ? 'in' : 'out of'} service${event.scheduled ? ' after the running transaction' : ''}`
    case 'profiles-changed':
      return `${event.installed} charging profiles installed`
    case 'reset':
      return `${event.type} reset`
    case 'station-fault':
      return `${event.code}: ${event.text}`
  }
}

function placeOf(evse: number): string {
  return evse === 0 ? 'Station' : `EVSE ${evse}`
}

const SOURCES: Readonly<Record<EnergySource, string>> = {
  register: 'the charger’s energy register',
  session: 'the charger’s session counter',
  power: 'integrated power (the charger has no energy register)',
}
