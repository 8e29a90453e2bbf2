/** The parts of a running station, for those that move several of them. */
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { StationHappening } from '../../model/event.ts'
import type { SecurityEventType } from '../../model/security-event.ts'
import type { StationDescription } from '../../model/station.ts'
import type { Actor } from './actor.ts'
import type { Admission } from './admission.ts'
import type { Availability } from './availability.ts'
import type { Conversations } from './conversations.ts'
import type { StationEvse } from './evse.ts'
import type { Maintenance } from './maintenance/maintenance.ts'
import type { OwnSettings } from './own-settings.ts'
import type { ProfileStore } from './charging/profile-store.ts'
import type { StationSettings } from './settings.ts'
import type { StationPort } from './station-contract.ts'
import type { StatusView } from './status/status-rules.ts'

export interface StationParts {
  readonly description: StationDescription
  readonly ledger: Ledger
  readonly clock: Clock
  readonly port: StationPort
  readonly settings: StationSettings
  /** Null: it has none. */
  readonly own: OwnSettings | null
  readonly actor: Actor
  readonly profiles: ProfileStore
  readonly availability: Availability
  readonly admission: Admission
  readonly conversations: Conversations
  readonly maintenance: Maintenance
  readonly security: (type: SecurityEventType, techInfo: string | null) => void
  readonly evses: () => readonly StationEvse[]
  readonly now: () => number
  readonly emit: (happening: StationHappening) => void
  /** The clock-aligned grid has changed. */
  readonly realign: () => void
  /** Alarms and the station's own status are brought up to date. */
  readonly settleTimes: () => void
  readonly stationView: () => StatusView
  readonly newId: () => string
  /** A connector's status has changed (0: the station's own). */
  readonly report: (evse: number, view: StatusView) => void
  readonly onFault: (error: unknown) => void
}
