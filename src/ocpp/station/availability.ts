/** What a CSMS has put out of service. Persistent across restarts (OCPP 1.6 §4.9). */
import type { Ledger } from '../../ledger/ledger.ts'

const KEY = 'availability/'

export class Availability {
  readonly #ledger: Ledger
  readonly #stationId: string
  /** EVSEs; 0 is the whole station. */
  readonly #inoperative = new Set<number>()

  constructor(ledger: Ledger, stationId: string) {
    this.#ledger = ledger
    this.#stationId = stationId
  }

  restore(stored: ReadonlyMap<string, string>): void {
    for (const [name, value] of stored)
      if (name.startsWith(KEY) && value === 'inoperative') this.#inoperative.add(Number(name.slice(KEY.length)))
  }

  /** An EVSE is in service when it and its station are. */
  isOperative(evse: number): boolean {
    return !this.#inoperative.has(0) && !this.#inoperative.has(evse)
  }

  /** In force at once; with a transaction it shows when that ends, for rules ask for a transaction first. */
  async change(evse: number, operative: boolean): Promise<void> {
    await this.#ledger.saveSetting(this.#stationId, `${KEY}${evse}`, operative ? null : 'inoperative')
    if (operative) this.#inoperative.delete(evse)
    else this.#inoperative.add(evse)
  }
}
