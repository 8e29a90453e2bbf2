/** What a CSMS has put out of service. Persistent across restarts (OCPP 1.6 §4.9). */
import type { Ledger } from '../../ledger/ledger.ts'

const KEY = 'availability/'

export class Availability {
  readonly #ledger: Ledger
  readonly #stationId: string
  #stationOperative = true
  /** EVSEs that were put in or out of service since the station was. */
  readonly #own = new Map<number, boolean>()

  constructor(ledger: Ledger, stationId: string) {
    this.#ledger = ledger
    this.#stationId = stationId
  }

  restore(stored: ReadonlyMap<string, string>): void {
    for (const [name, value] of stored) {
      if (!name.startsWith(KEY)) continue
      const evse = Number(name.slice(KEY.length))
      if (evse === 0) this.#stationOperative = value === 'operative'
      else this.#own.set(evse, value === 'operative')
    }
  }

  /** 0: the station itself. */
  isOperative(evse: number): boolean {
    return this.#own.get(evse) ?? this.#stationOperative
  }

  /**
   * In force at once; with a transaction it shows when that ends, for rules ask for a transaction first. A change of the station
   * (0) is one of all its EVSEs, each of which may then be changed again (§5.2).
   */
  async change(evse: number, operative: boolean): Promise<void> {
    if (evse !== 0) {
      await this.#save(evse, operative === this.#stationOperative ? null : operative)
      this.#own.set(evse, operative)
      return
    }
    await this.#save(0, operative ? null : false)
    this.#stationOperative = operative
    for (const own of this.#own.keys()) {
      await this.#save(own, null)
      this.#own.delete(own)
    }
  }

  async #save(evse: number, operative: boolean | null): Promise<void> {
    const text = operative === null ? null : operative ? 'operative' : 'inoperative'
    await this.#ledger.saveSetting(this.#stationId, `${KEY}${evse}`, text)
  }
}
