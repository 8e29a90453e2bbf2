/**
 * The wishes for a station's sessions: stored with the station's settings before they count, gone with the session, there again after a
 * restart.
 */
import type { Ledger } from '../ledger/ledger.ts'
import type { StationEvent } from '../model/event.ts'
import { toBridgeError } from '../model/errors.ts'
import type { Log } from './log.ts'
import { readWish, storedWish, type Wish } from './wish.ts'

export interface StationWishesOptions {
  readonly stationId: string
  readonly ledger: Pick<Ledger, 'settings' | 'saveSetting'>
  readonly log: Log
}

const KEY = /^wish\/(\d+)$/

export class StationWishes {
  readonly #options: StationWishesOptions
  /** By EVSE. */
  readonly #wishes = new Map<number, { readonly transactionId: string; readonly wish: Wish }>()

  constructor(options: StationWishesOptions) {
    this.#options = options
  }

  /** Takes what an earlier run stored. Faults: LEDGER_FAILED. */
  async restore(): Promise<void> {
    const { ledger, stationId } = this.#options
    for (const [key, text] of await ledger.settings(stationId)) {
      const evse = Number(KEY.exec(key)?.[1])
      const read = Number.isNaN(evse) ? null : readWish(text)
      if (read !== null) this.#wishes.set(evse, read)
    }
  }

  /** Of an EVSE's session; null: none. A wish of a session before says nothing of this one. */
  of(evse: number, transactionId: string): Wish | null {
    const found = this.#wishes.get(evse)
    return found?.transactionId === transactionId ? found.wish : null
  }

  /** Resolves when it is stored. Faults: LEDGER_FAILED, LEDGER_FULL; the wish before holds then. */
  async set(evse: number, transactionId: string, wish: Wish): Promise<void> {
    await this.#save(evse, storedWish(transactionId, wish))
    this.#wishes.set(evse, { transactionId, wish })
  }

  /** Resolves when that is stored. Faults: LEDGER_FAILED. */
  async remove(evse: number): Promise<void> {
    if (!this.#wishes.has(evse)) return
    await this.#save(evse, null)
    this.#wishes.delete(evse)
  }

  /** A session that has ended takes its wish with it. */
  note(event: StationEvent): void {
    if (event.kind !== 'transaction-ended') return
    const { evse, id } = event.transaction
    if (this.of(evse, id) === null) return
    this.remove(evse).catch((error: unknown) => {
      // harmless: it names its session, and no other takes it for its own
      const { code, message } = toBridgeError(error)
      const { stationId, log } = this.#options
      log.warn({ station: stationId, code }, `${stationId}: the wish of an ended session stays stored: ${message}`)
    })
  }

  #save(evse: number, text: string | null): Promise<void> {
    const { ledger, stationId } = this.#options
    return ledger.saveSetting(stationId, `wish/${evse}`, text)
  }
}
