/** The last frames and events, numbered, so that a reader that comes late or comes back misses nothing recent. */
import type { ApiEvent, ApiTrace } from './types.ts'

export type HistoryEntry =
  | { readonly name: 'trace'; readonly registers: boolean; readonly data: ApiTrace }
  | { readonly name: 'event'; readonly registers: false; readonly data: ApiEvent }

/** Registers pass by the dozen per second and must not push the OCPP messages out, so each has a ring of its own. */
const KEPT_MESSAGES = 400
const KEPT_REGISTERS = 200

export class History {
  /** Tells this process's numbers from those of one before it, in a resume id. */
  readonly #epoch: string
  readonly #messages: HistoryEntry[] = []
  readonly #registers: HistoryEntry[] = []
  #lastNumber = 0

  constructor(epoch: string) {
    this.#epoch = epoch
  }

  nextNumber(): number {
    return ++this.#lastNumber
  }

  add(entry: HistoryEntry): void {
    const ring = entry.registers ? this.#registers : this.#messages
    ring.push(entry)
    if (ring.length > (entry.registers ? KEPT_REGISTERS : KEPT_MESSAGES)) ring.shift()
  }

  /** The `id:` of an entry on the stream. */
  idOf(entry: HistoryEntry): string {
    return `${this.#epoch}-${entry.data.number}`
  }

  /** What came after `lastId`; everything kept when the id is not of this process. */
  since(lastId: string | null, registers: boolean): readonly HistoryEntry[] {
    const after = this.#numberOf(lastId)
    const kept = registers ? [...this.#messages, ...this.#registers] : this.#messages
    return kept
      .filter((entry) => entry.data.number > after)
      .toSorted((one, other) => one.data.number - other.data.number)
  }

  #numberOf(id: string | null): number {
    const match = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(id ?? '')
    return match !== null && match[1] === this.#epoch ? Number(match[2]) : 0
  }
}
