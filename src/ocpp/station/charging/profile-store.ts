/** The installed charging profiles of a station: stored before they count, and what they allow now. */
import type { Ledger } from '../../../ledger/ledger.ts'
import type { ChargingProfile, CompositeSchedule } from '../../../model/charging-profile.ts'
import { type CompositeOutlet, compositeSchedule, widestSupply } from '../../../model/composite-schedule.ts'
import {
  type LimitQuery,
  type ProfileLimit,
  sessionLimit,
  stationLimit,
  stationLimitEnd,
  type Supply,
} from '../../../model/limit-at.ts'
import type { PerPhase } from '../../../model/signal.ts'
import type { EvseDescription, EvseState, StationDescription } from '../../../model/station.ts'
import type { Transaction } from '../../../model/transaction.ts'
import type { WholeLimit } from '../station-contract.ts'
import { replaces } from './profiles.ts'
import { type Sharer, shareOf } from './share.ts'

const NOMINAL_V = 230
/** Of areas with 100 to 127 V. */
const LOW_AREA_V = 120
const LOW_AREA_BELOW_V = 160

const AREA_SUPPLY: Supply = { volts: NOMINAL_V, phases: 3 }

/** What the store must know of each EVSE of its station. */
export interface ChargingEvse {
  readonly evse: number
  readonly session: { readonly transaction: Transaction | null }
  /** A transaction runs that may draw. */
  readonly mayDraw: boolean
  readonly observed: EvseState | null
  readonly offeredAmps: number | null
}

export class ProfileStore {
  readonly #ledger: Ledger
  readonly #description: StationDescription
  readonly #timezone: string
  readonly #wholeMaxAmps: number | null
  readonly #onChange: () => void
  #profiles: readonly ChargingProfile[] = []

  /**
   * @param timezone IANA name of the site's zone, for recurring schedules
   * @param wholeMaxAmps see `VirtualStationOptions`
   */
  constructor(
    ledger: Ledger,
    description: StationDescription,
    timezone: string,
    onChange: () => void,
    wholeMaxAmps: number | null = null,
  ) {
    this.#ledger = ledger
    this.#description = description
    this.#timezone = timezone
    this.#wholeMaxAmps = wholeMaxAmps
    this.#onChange = onChange
  }

  /** Profiles have something to limit: EVSEs, or what the station stands for. */
  get isUsed(): boolean {
    return this.#description.evses.length > 0 || this.#wholeMaxAmps !== null
  }

  get all(): readonly ChargingProfile[] {
    return this.#profiles
  }

  /** @param running EVSEs whose transaction goes on; the profiles of others' transactions are left over from a crash */
  async load(running: readonly number[]): Promise<void> {
    this.#profiles = await this.#ledger.profiles(this.#description.id)
    const isLeftOver = ({ purpose, evse }: ChargingProfile): boolean =>
      purpose === 'transaction' && !running.includes(evse)
    await this.remove(this.#profiles.filter(isLeftOver))
  }

  async install(profile: ChargingProfile): Promise<void> {
    const replaced = this.#profiles.filter((other) => replaces(profile, other))
    const gone = replaced.map(({ id }) => id).filter((id) => id !== profile.id)
    await this.#ledger.saveProfile(this.#description.id, profile)
    // A crash here leaves both, never none: the higher id counts, until the CSMS, which had no answer, sets its profile again.
    if (gone.length > 0) await this.#ledger.removeProfiles(this.#description.id, gone)
    this.#profiles = [...this.#profiles.filter((other) => !replaced.includes(other)), profile]
    this.#onChange()
  }

  async remove(profiles: readonly ChargingProfile[]): Promise<void> {
    if (profiles.length === 0) return
    const ids = profiles.map(({ id }) => id)
    const before = this.#profiles
    this.#profiles = before.filter(({ id }) => !ids.includes(id))
    try {
      await this.#ledger.removeProfiles(this.#description.id, ids)
    } catch (error) {
      // Not gone for good: what is still on disk is still in force.
      this.#profiles = before
      throw error
    }
    this.#onChange()
  }

  /** Transaction profiles go with their transaction (OCPP 1.6 §3.13.1). */
  async removeOfTransaction(evse: number): Promise<boolean> {
    const gone = this.#profiles.filter((profile) => profile.purpose === 'transaction' && profile.evse === evse)
    await this.remove(gone)
    return gone.length > 0
  }

  /** What the profiles allow an EVSE per phase at wall time `at`, and which binds; null: they say nothing. */
  limit(
    evse: number,
    at: number,
    evses: readonly ChargingEvse[],
  ): { readonly amps: number; readonly source: string } | null {
    const asked = evses.find((candidate) => candidate.evse === evse)
    if (this.#profiles.length === 0 || asked === undefined) return null
    const session = this.#sessionLimit(asked, at)
    const supply = widestSupply(evses.map((one) => this.#supply(one.evse, one.observed)))
    const station = stationLimit(this.#profiles, { at, evse: 0, transaction: null, supply, timezone: this.#timezone })
    if (station === null) return session === null ? null : { amps: session.amps, source: nameOf(session.profile) }
    const sharers = evses.map((one) => this.#sharer(one, at))
    const share = shareOf(evse, station.amps, sharers, at)
    // What its session alone allows, or lets it pause for, is not the station's doing.
    const minAmps = this.#described(evse)?.minAmps ?? 0
    const own = session !== null && (session.amps <= share || session.amps < minAmps) ? session : station
    return { amps: Math.min(share, session?.amps ?? share), source: nameOf(own.profile) }
  }

  /** What the station's maximum profile allows it as a whole at wall time `at`; null: it says nothing. */
  wholeLimit(at: number): WholeLimit | null {
    if (this.#profiles.length === 0) return null
    const found = stationLimit(this.#profiles, this.#wholeQuery(at))
    return found === null ? null : { limit: found.limit, unit: found.profile.unit, profileId: found.profile.id }
  }

  /** From when on `wholeLimit` says something else than at `at`; null: no end is known. */
  wholeLimitEnd(at: number): number | null {
    return stationLimitEnd(this.#profiles, this.#wholeQuery(at))
  }

  /** What is to be expected from `start` on. For EVSE 0: of the station as a whole. */
  composite(
    evse: number,
    start: number,
    durationSeconds: number,
    unit: 'A' | 'W',
    evses: readonly ChargingEvse[],
  ): CompositeSchedule {
    const described = this.#description.evses.filter((candidate) => evse === 0 || candidate.evse === evse)
    const outlets: CompositeOutlet[] = described.map(({ evse: outlet, maxAmps }) => ({
      evse: outlet,
      maximumAmps: maxAmps,
      transaction: evses.find((candidate) => candidate.evse === outlet)?.session.transaction ?? null,
      // The voltage of the area, not of the moment: a schedule is for later, and its W must come back as they were set.
      supply: this.#supply(outlet, null),
    }))
    // A station without EVSEs is one consumer itself.
    if (outlets.length === 0 && this.#wholeMaxAmps !== null)
      outlets.push({ evse: 0, maximumAmps: this.#wholeMaxAmps, transaction: null, supply: AREA_SUPPLY })
    const timezone = this.#timezone
    return compositeSchedule(this.#profiles, { start, durationSeconds, unit, evse, outlets, timezone })
  }

  #wholeQuery(at: number): LimitQuery {
    return { at, evse: 0, transaction: null, supply: AREA_SUPPLY, timezone: this.#timezone }
  }

  #sessionLimit({ evse, session, observed }: ChargingEvse, at: number): ProfileLimit | null {
    const supply = this.#supply(evse, observed)
    const { transaction } = session
    return sessionLimit(this.#profiles, { at, evse, transaction, supply, timezone: this.#timezone })
  }

  #sharer(charging: ChargingEvse, at: number): Sharer {
    const { evse, mayDraw, offeredAmps, observed } = charging
    const described = this.#described(evse)
    const maxAmps = described?.maxAmps ?? Infinity
    const measured = (observed?.measuredAmps ?? []).filter((amps) => amps !== null)
    return {
      evse,
      active: mayDraw,
      minAmps: described?.minAmps ?? 0,
      mostAmps: Math.min(maxAmps, this.#sessionLimit(charging, at)?.amps ?? Infinity),
      offeredAmps,
      measuredAmps: measured.length === 0 ? null : Math.max(...measured),
    }
  }

  #described(evse: number): EvseDescription | undefined {
    return this.#description.evses.find((candidate) => candidate.evse === evse)
  }

  #supply(evse: number, observed: EvseState | null): Supply {
    const described = this.#described(evse) ?? this.#description.evses[0]
    return { volts: lineVolts(observed?.voltage ?? null), phases: described?.phases ?? 3 }
  }
}

/**
 * To turn W into A. The standard reckons with "the set voltage for the area" (§7.12, errata 3.69); where more is measured, with that:
 * the higher voltage gives the lower current, so a W limit is kept by both readings.
 */
export function lineVolts(measured: PerPhase | null): number {
  const plausible = (measured ?? []).filter((volts) => volts !== null).filter((volts) => volts > 80 && volts < 300)
  const highest = Math.max(0, ...plausible)
  const ofTheArea = highest > 0 && highest < LOW_AREA_BELOW_V ? LOW_AREA_V : NOMINAL_V
  return Math.max(ofTheArea, highest)
}

const PURPOSES = {
  'station-max': 'station maximum',
  'transaction-default': 'default',
  transaction: 'transaction',
} as const

/** For "why 9 A?": e.g. `the CSMS (transaction profile 12)`. */
function nameOf(profile: ChargingProfile): string {
  return `the CSMS (${PURPOSES[profile.purpose]} profile ${profile.id})`
}
