/** One station of the site: the conversation with its CSMSs, and the chargers whose outlets are its EVSEs. */
import type { Clock } from '../model/clock.ts'
import type { SecurityEventType } from '../model/security-event.ts'
import type { StationIdentity } from '../model/station.ts'
import type { Presented, VirtualStation } from '../ocpp/station/virtual-station.ts'
import { metWithin } from './first-contact.ts'
import { outletId, type SiteCharger } from './site-charger.ts'
import type { StationWishes } from './station-wishes.ts'
import { type Wish, wishProblem } from './wish.ts'

export interface SiteStationOptions {
  readonly station: VirtualStation
  /** Their outlets are EVSE 1, 2, ... in this order. */
  readonly chargers: readonly SiteCharger[]
  /** By EVSE - 1. */
  readonly outlets: readonly { readonly charger: SiteCharger; readonly connector: number }[]
  /** As it is known now. */
  readonly identity: () => StationIdentity
  readonly wishes: StationWishes
  readonly clock: Clock
}

/** Dead chargers hold the BootNotification up for a moment only. */
const FIRST_CONTACT_MS = 3000

export class SiteStation {
  readonly chargers: readonly SiteCharger[]
  readonly #options: SiteStationOptions

  constructor(options: SiteStationOptions) {
    this.#options = options
    this.chargers = options.chargers
  }

  get id(): string {
    return this.#options.station.id
  }

  /** Resumes what the ledger has, connects to the CSMS, then starts with the devices. */
  async start(): Promise<void> {
    await this.#options.wishes.restore()
    await this.#options.station.start()
    for (const { actor } of this.chargers) actor.start()
  }

  /** Disconnects from the CSMS; call after the actors have stopped. */
  close(): Promise<void> {
    return this.#options.station.close()
  }

  upstreams(): ReturnType<VirtualStation['upstreams']> {
    return this.#options.station.upstreams()
  }

  /** What the chargers say of themselves, once they were asked. */
  async identify(): Promise<StationIdentity> {
    const { clock, identity } = this.#options
    const actors = this.chargers.map(({ actor }) => actor)
    await metWithin(actors, FIRST_CONTACT_MS, clock)
    return identity()
  }

  noteSecurityEvent(type: SecurityEventType, techInfo: string): void {
    this.#options.station.noteSecurityEvent(type, techInfo)
  }

  /** Its EVSEs, with the balancing core's names for them. */
  get places(): readonly { readonly stationId: string; readonly evse: number; readonly outletId: string }[] {
    return this.#options.outlets.map(({ charger, connector }, index) => ({
      stationId: this.id,
      evse: index + 1,
      outletId: outletId(charger.id, connector),
    }))
  }

  hasEvse(evse: number): boolean {
    return this.#options.outlets[evse - 1] !== undefined
  }

  presentToken(evse: number | null, idToken: string): Promise<Presented> {
    return this.#options.station.presentToken(evse, idToken)
  }

  /** False: there was none. */
  async stopSession(evse: number): Promise<boolean> {
    const { station } = this.#options
    if (station.view(evse).transaction === null) return false
    await station.stop(evse, 'local')
    return true
  }

  /** What the driver of an EVSE's session wants. Resolves when it is stored. Faults: LEDGER_FAILED, LEDGER_FULL. */
  async setWish(evse: number, wish: Wish): Promise<'stored' | 'no-session' | { readonly problem: string }> {
    const { station, wishes } = this.#options
    const { transaction, now } = station.view(evse)
    if (transaction === null) return 'no-session'
    const problem = wishProblem(wish, now)
    if (problem !== null) return { problem }
    await wishes.set(evse, transaction.id, wish)
    return 'stored'
  }

  /** Takes it back. Resolves when that is stored. Faults: LEDGER_FAILED. */
  async removeWish(evse: number): Promise<'removed' | 'no-session'> {
    const { station, wishes } = this.#options
    if (station.view(evse).transaction === null) return 'no-session'
    await wishes.remove(evse)
    return 'removed'
  }

  /** Resolves when an EVSE's meter was read after its session was stopped; never long after. */
  async lastReading(evse: number): Promise<void> {
    const outlet = this.#options.outlets[evse - 1]
    await outlet?.charger.lastReading(outlet.connector)
  }

  /** Opens the lock of an EVSE's socket, where the charger can. */
  async unlock(evse: number): Promise<'unlocked' | 'failed' | 'not-supported'> {
    const outlet = this.#options.outlets[evse - 1]
    return outlet === undefined ? 'not-supported' : outlet.charger.unlock(outlet.connector)
  }
}
