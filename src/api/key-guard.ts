/** Who calls: bearer keys, compared in constant time; addresses that guess are locked out for a while, keys that hurry wait. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { ApiKeyConfig } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'

export type Caller =
  | { readonly verdict: 'known'; readonly key: ApiKeyConfig }
  /** Missing and wrong look alike. */
  | { readonly verdict: 'refused' }
  | { readonly verdict: 'locked-out' | 'too-fast'; readonly retrySeconds: number }

/** Wrong keys within the window before an address is locked out. */
export const MAX_WRONG_KEYS = 10
const WINDOW_MS = 60_000
export const LOCK_OUT_MS = 60_000
/** Calls at once with one key, and then per second. */
export const BURST_CALLS = 30
const CALLS_PER_SECOND = 2
/** Addresses that are remembered; the oldest are forgotten first. */
const MAX_ADDRESSES = 1000

interface Guesser {
  readonly wrongAt: readonly number[]
  readonly lockedUntil: number
}

export class KeyGuard {
  readonly #clock: Clock
  readonly #keys: readonly { readonly key: ApiKeyConfig; readonly digest: Buffer }[]
  readonly #guessers = new Map<string, Guesser>()
  readonly #budgets = new Map<string, { readonly calls: number; readonly at: number }>()

  constructor(keys: readonly ApiKeyConfig[], clock: Clock) {
    this.#clock = clock
    this.#keys = keys.map((key) => ({ key, digest: digestOf(key.key.reveal()) }))
  }

  /** @param authorization the header, @param address where the call comes from */
  judge(authorization: string | undefined, address: string): Caller {
    const at = this.#clock.monotonic()
    const place = placeOf(address)
    const { lockedUntil } = this.#guessers.get(place) ?? NO_GUESSER
    // the right key too: else its answer would tell a guesser that it is right
    if (at < lockedUntil) return { verdict: 'locked-out', retrySeconds: Math.ceil((lockedUntil - at) / 1000) }
    const key = this.#keyOf(authorization)
    if (key === null) {
      this.#noteWrong(place, at)
      return { verdict: 'refused' }
    }
    this.#guessers.delete(place)
    const waitSeconds = this.#spend(key.name, at)
    return waitSeconds === 0 ? { verdict: 'known', key } : { verdict: 'too-fast', retrySeconds: waitSeconds }
  }

  /** Compares with every key, so that the time tells nothing. */
  #keyOf(authorization: string | undefined): ApiKeyConfig | null {
    const given = digestOf(Buffer.from(/^Bearer ([!-~]{1,200})$/i.exec(authorization ?? '')?.[1] ?? '', 'latin1'))
    let found: ApiKeyConfig | null = null
    for (const { key, digest } of this.#keys) if (timingSafeEqual(given, digest)) found = key
    return found
  }

  #noteWrong(place: string, at: number): void {
    const { wrongAt } = this.#guessers.get(place) ?? NO_GUESSER
    const recent = [...wrongAt.filter((one) => at - one < WINDOW_MS), at]
    this.#guessers.delete(place)
    const locks = recent.length >= MAX_WRONG_KEYS
    this.#guessers.set(
      place,
      locks ? { wrongAt: [], lockedUntil: at + LOCK_OUT_MS } : { wrongAt: recent, lockedUntil: 0 },
    )
    const [oldest] = this.#guessers.keys()
    if (this.#guessers.size > MAX_ADDRESSES && oldest !== undefined) this.#guessers.delete(oldest)
  }

  /** Takes one call of a key's budget; 0, or the seconds until there is one again. */
  #spend(name: string, at: number): number {
    const before = this.#budgets.get(name) ?? { calls: BURST_CALLS, at }
    const calls = Math.min(BURST_CALLS, before.calls + ((at - before.at) / 1000) * CALLS_PER_SECOND)
    this.#budgets.set(name, { calls: calls >= 1 ? calls - 1 : calls, at })
    return calls >= 1 ? 0 : Math.ceil((1 - calls) / CALLS_PER_SECOND)
  }
}

const NO_GUESSER: Guesser = { wrongAt: [], lockedUntil: 0 }

function digestOf(key: Uint8Array): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Whoever has one IPv6 address has its whole /64. */
function placeOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail = ''] = plain.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === '' ? [] : tail.split(':')
  const all = [...groups, ...Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0'), ...rest]
  return all.slice(0, 4).join(':')
}
