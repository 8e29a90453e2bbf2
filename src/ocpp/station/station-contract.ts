/** What a virtual station is made of and how the site talks with it. */
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { ConnectorStatus } from '../../model/csms.ts'
import type { StationListener } from '../../model/event.ts'
import type { SettingName } from '../../model/setting.ts'
import type { DeviceFault } from '../../model/signal.ts'
import type { StationDescription, StationIdentity } from '../../model/station.ts'
import type { Transaction } from '../../model/transaction.ts'
import type { Registration } from './upstream/boot-notifications.ts'
import type { OwnSettings } from './own-settings.ts'
import type { StationFiles } from './maintenance/station-files.ts'
import type { UpstreamOptions } from './upstream/upstream.ts'

export type Authorization =
  | { readonly way: 'free'; readonly idToken: string }
  | { readonly way: 'card' }
  | { readonly way: 'remote' }

/** What the station asks of the site. */
export interface StationPort {
  unlock(evse: number): Promise<'unlocked' | 'failed' | 'not-supported'>
  /** The CSMS reset the station; transactions have ended. The charger itself need not be touched. */
  reset(type: 'hard' | 'soft'): void
  /**
   * The EVSE was just told to pause (by `demand`): resolves when its meter was read after that and `observe` has had it, or when that
   * takes too long. Never rejects. Without it an end of a transaction has the last value that came by itself.
   */
  lastReading?(evse: number): Promise<void>
  /** Wants or limits changed: run the control tick soon. */
  changed(): void
}

export interface VirtualStationOptions {
  readonly description: StationDescription
  /** What the charger says of itself, asked before each BootNotification; without it the description's. Does not reject. */
  readonly identify?: () => Promise<StationIdentity>
  readonly authorization: Authorization
  /** IANA name of the site's time zone: recurring charging schedules follow its local days. */
  readonly timezone: string
  readonly startValues: ReadonlyMap<SettingName, string>
  /** Settings that no OCPP version knows. */
  readonly own?: OwnSettings
  /**
   * Of a station without EVSEs: what it stands for takes at most so much per phase, and its maximum profile limits that (`wholeLimit`).
   * Without it such a station takes no profiles.
   */
  readonly wholeMaxAmps?: number
  readonly ledger: Ledger
  readonly clock: Clock
  /** In [0, 1), for rests of our own choice. */
  readonly random: () => number
  readonly port: StationPort
  /** What it needs done with files; without it logs and firmware are refused. */
  readonly files?: StationFiles
  /** The first is the authority; the others get copies and may not decide. Empty: a station without a CSMS. */
  readonly upstreams: readonly UpstreamOptions[]
  readonly onEvent: StationListener
  /** New ids of transactions and messages; standard: UUIDs. */
  readonly newId?: () => string
}

/** Who wants current, and what profiles allow. */
export interface Demand {
  /** A vehicle is there and a transaction runs that may draw. */
  readonly wanted: boolean
  readonly refusal: 'no-vehicle' | 'not-authorised' | 'unavailable' | null
  readonly profile: { readonly amps: number; readonly source: string } | null
}

/** What a station's maximum profile allows it as a whole: A per phase, or W of all phases together. */
export interface WholeLimit {
  readonly limit: number
  readonly unit: 'A' | 'W'
  readonly profileId: number
}

export interface EvseView {
  readonly evse: number
  readonly status: ConnectorStatus
  readonly fault: DeviceFault | null
  readonly transaction: Transaction | null
  /** Billing meter, Wh. */
  readonly meterWh: number
  /** The station's time: wall ms, corrected by the clock of its CSMS. The stamps of the transaction are of it. */
  readonly now: number
  /** Only the holder of a reservation may start here, until then (wall ms); null: anybody who is authorised. */
  readonly reservedUntil: number | null
}

export interface UpstreamView {
  readonly id: string
  readonly connected: boolean
  readonly registration: Registration
}
