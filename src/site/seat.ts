/**
 * A charger's place in its station: its connectors 1, 2, ... are the station's EVSEs from `firstEvse` on. A charger that is a station
 * by itself sits at 1; members of a group sit one behind the other.
 */
import type { Binding } from '../model/set-point.ts'
import type { AuthorizationWay, EvseState, StationIdentity } from '../model/station.ts'
import type { Demand, EvseView, VirtualStation } from '../ocpp/station/virtual-station.ts'
import type { StationWishes } from './station-wishes.ts'
import type { Wish } from './wish.ts'

/** Connectors are the charger's own numbers. */
export interface Seat {
  readonly stationId: string
  readonly connectors: number
  readonly authorize: AuthorizationWay
  readonly upstreamIds: readonly string[]
  observe(state: EvseState): void
  demand(connector: number, wallAt: number): Demand
  noteSetPoint(connector: number, amps: number, binding: Binding): void
  /** Monotonic ms, or null. */
  nextSampleAt(connector: number): number | null
  /** With the station's number of the EVSE. */
  view(connector: number): EvseView
  /** What the driver of a session wants; null: nothing was said. */
  wish(connector: number, transactionId: string): Wish | null
  /** Vendor and model as people are shown them. */
  shown(): Pick<StationIdentity, 'vendor' | 'model'>
}

export interface SeatOptions extends Pick<Seat, 'stationId' | 'connectors' | 'authorize' | 'upstreamIds' | 'shown'> {
  readonly station: Pick<VirtualStation, 'observe' | 'demand' | 'noteSetPoint' | 'nextSampleAt' | 'view'>
  readonly firstEvse: number
  readonly wishes: Pick<StationWishes, 'of'>
}

export function seatAt({ station, firstEvse, wishes, ...rest }: SeatOptions): Seat {
  const evseOf = (connector: number): number => firstEvse + connector - 1
  return {
    ...rest,
    observe: (state) => station.observe({ ...state, evse: evseOf(state.evse) }),
    demand: (connector, wallAt) => station.demand(evseOf(connector), wallAt),
    noteSetPoint: (connector, amps, binding) => station.noteSetPoint(evseOf(connector), amps, binding),
    nextSampleAt: (connector) => station.nextSampleAt(evseOf(connector)),
    view: (connector) => station.view(evseOf(connector)),
    wish: (connector, transactionId) => wishes.of(evseOf(connector), transactionId),
  }
}
