/** The installed charging profiles of a station: stored before they count, and what they allow now. */
import type { Ledger } from '../../../ledger/ledger.ts'
import type { ChargingProfile, CompositeSchedule } from '../../../model/charging-profile.ts'
import { compositeSchedule } from '../../../model/composite-schedule.ts'
import { limitAt, type ProfileLimit, type Supply } from '../../../model/limit-at.ts'
import type { EvseState, StationDescription } from '../../../model/station.ts'
import type { Transaction } from '../../../model/transaction.ts'
import { replaces } from './profiles.ts'

const NOMINAL_V = 230

export class ProfileStore {
  readonly #ledger: Ledger
  readonly #description: StationDescription
  readonly #onChange: () => void
  #profiles: readonly ChargingProfile[] = []

  constructor(ledger: Ledger, description: StationDescription, onChange: () => void) {
    this.#ledger = ledger
    this.#description = description
    this.#onChange = onChange
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
    // A crash here leaves both; the newer one prevails and the next install at this place removes the older.
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

  /**
   * What the profiles allow an EVSE per phase at wall time `at`, and which binds.
   * @param sharers how many EVSEs share the station's own maximum
   */
  limit(
    evse: number,
    at: number,
    transaction: Transaction | null,
    observed: EvseState | null,
    sharers: number,
  ): { readonly amps: number; readonly source: string } | null {
    if (this.#profiles.length === 0) return null
    const supply = this.#supply(evse, observed)
    const own = this.#profiles.filter(({ purpose }) => purpose !== 'station-max')
    const session = limitAt(own, { at, evse, transaction, supply })
    const whole = limitAt(this.#profiles, { at, evse: 0, transaction: null, supply })
    const station = whole === null ? null : { ...whole, amps: whole.amps / Math.max(1, sharers) }
    const binding = lower(session, station)
    return binding === null ? null : { amps: binding.amps, source: nameOf(binding.profile) }
  }

  composite(
    evse: number,
    start: number,
    durationSeconds: number,
    unit: 'A' | 'W',
    transaction: Transaction | null,
  ): CompositeSchedule {
    const described = this.#description.evses.filter((candidate) => evse === 0 || candidate.evse === evse)
    const maximumAmps = described.reduce((sum, { maxAmps }) => sum + maxAmps, 0)
    const supply = this.#supply(evse, null)
    return compositeSchedule(this.#profiles, { start, durationSeconds, unit, evse, transaction, maximumAmps, supply })
  }

  #supply(evse: number, observed: EvseState | null): Supply {
    const described = this.#description.evses.find((candidate) => candidate.evse === evse) ?? this.#description.evses[0]
    const measured = (observed?.voltage ?? []).filter((volts) => volts !== null && volts > 100 && volts < 300)
    // The higher voltage gives the lower current: a W limit is kept on every phase.
    const volts = measured.length === 0 ? NOMINAL_V : Math.max(...measured.map((value) => value ?? NOMINAL_V))
    return { volts, phases: described?.phases ?? 3 }
  }
}

function lower(one: ProfileLimit | null, other: ProfileLimit | null): ProfileLimit | null {
  if (one === null || other === null) return one ?? other
  return other.amps < one.amps ? other : one
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
