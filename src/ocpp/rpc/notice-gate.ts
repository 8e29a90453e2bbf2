import type { Clock } from '../../model/clock.ts'
import type { RpcNotice } from './connection.ts'

const PERIOD_MS = 60_000

/** Lets one notice per kind and minute through and counts the rest, so that a broken peer cannot fill the log. */
export class NoticeGate {
  readonly #clock: Clock
  readonly #pass: (notice: RpcNotice) => void
  /** Made with the first notice: a connection in order has none. */
  #kinds: Map<RpcNotice['kind'], { readonly openAt: number; held: number }> | null = null

  constructor(clock: Clock, pass: (notice: RpcNotice) => void) {
    this.#clock = clock
    this.#pass = pass
  }

  notice(kind: RpcNotice['kind'], message: string): void {
    const now = this.#clock.monotonic()
    const last = this.#kinds?.get(kind)
    if (last !== undefined && now < last.openAt) {
      last.held++
      return
    }
    const held = last === undefined || last.held === 0 ? '' : ` (and ${last.held} more before)`
    this.#kinds ??= new Map()
    this.#kinds.set(kind, { openAt: now + PERIOD_MS, held: 0 })
    this.#pass({ kind, message: printable(message) + held })
  }
}

/** One printable line of at most 200 characters: no newline, escape sequence or bidi mark of a peer reaches a log. */
export function printable(text: string): string {
  return text.slice(0, 200).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
}
