/** Decides whether an identifier may charge: by the list, by the cache, by asking the authority, by the offline rules. Keeps the cache stored. */
import type { Ledger } from '../../../ledger/ledger.ts'
import type { Clock } from '../../../model/clock.ts'
import type { IdTokenInfo } from '../../../model/csms.ts'
import {
  type AuthorisationCache,
  type AuthorisationRules,
  authoriseOffline,
  cached,
  conflicts,
  judge,
  type Known,
  knownOf,
  type LocalVerdict,
  preAuthorise,
  preAuthoriseStop,
  readCache,
  withToken,
} from './authorisation.ts'
import { sameToken } from '../session/same-token.ts'
import type { LocalList } from './local-list.ts'
import type { StationSettings } from '../settings.ts'
import type { Upstream } from '../upstream/upstream.ts'

export type Verdict =
  | {
      readonly accepted: true
      readonly by: 'csms' | 'list' | 'cache' | 'policy'
      readonly parentIdToken: string | null
    }
  | { readonly accepted: false; readonly reason: string }

export interface AuthoriserOptions {
  readonly ledger: Ledger
  readonly stationId: string
  readonly clock: Clock
  readonly settings: StationSettings
  readonly list: Pick<LocalList, 'find'>
  readonly freeToken: string | null
  readonly authority: Pick<Upstream, 'request' | 'canWord'> | null
  readonly now: () => number
  readonly signal: AbortSignal
  /** The CSMS says another thing of an identifier than its list. */
  readonly onConflict: () => void
}

const CACHE_KEY = 'authorisation-cache'
/** A person stands before the reader: longer than this nobody waits, the offline rules decide. */
const PATIENCE_MS = 15_000

export class Authoriser {
  readonly #options: AuthoriserOptions
  #cache: AuthorisationCache = []
  #deciding: Promise<unknown> = Promise.resolve()

  constructor(options: AuthoriserOptions) {
    this.#options = options
  }

  restore(stored: ReadonlyMap<string, string>): void {
    this.#cache = readCache(stored.get(CACHE_KEY))
  }

  /** The group of an identifier, as far as list or cache know it. */
  parentOf(idToken: string): string | null {
    return this.#known(idToken)?.info.parentIdToken ?? null
  }

  /** Never rejects. */
  decide(idToken: string, toStop: boolean): Promise<Verdict> {
    const verdict = this.#decide(idToken, toStop)
    this.#deciding = Promise.all([this.#deciding, verdict])
    return verdict
  }

  /** Resolves when no decision is under way. */
  async settled(): Promise<void> {
    await this.#deciding
  }

  /** What the CSMS says of an identifier is kept for the time it is away; the list keeps its own word (§3.5.3, §4.8). */
  async learn(idToken: string, info: IdTokenInfo): Promise<void> {
    const { settings, list, now, onConflict } = this.#options
    const listed = settings.flag('localAuthListEnabled') ? list.find(idToken) : null
    if (listed !== null) {
      if (conflicts(listed, info, now())) onConflict()
      return
    }
    if (!settings.flag('authorizationCacheEnabled')) return
    const known = cached(this.#cache, idToken)
    if (known !== null && sameInfo(known, info)) return
    this.#cache = withToken(this.#cache, idToken, info, now())
    await this.#options.ledger.saveSetting(this.#options.stationId, CACHE_KEY, JSON.stringify(this.#cache))
  }

  async clear(): Promise<void> {
    await this.#options.ledger.saveSetting(this.#options.stationId, CACHE_KEY, null)
    this.#cache = []
  }

  async #decide(idToken: string, toStop: boolean): Promise<Verdict> {
    const { freeToken, now, authority } = this.#options
    // A session that could never be told to the CSMS would be energy for nothing.
    if (authority?.canWord({ kind: 'authorize', idToken }) === false)
      return { accepted: false, reason: 'the CSMS cannot be told this identifier' }
    const free = freeToken !== null && sameToken(idToken, freeToken)
    const known = this.#known(idToken)
    const early = toStop ? preAuthoriseStop(known, now()) : preAuthorise(known, this.#rules(), free, now())
    if (early !== null) return asVerdict(early)
    const info = await this.#ask(idToken)
    if (info === null) return asVerdict(authoriseOffline(this.#known(idToken), this.#rules(), free, now()))
    try {
      await this.learn(idToken, info)
    } catch {
      // The cache is a convenience: what the CSMS has just said counts all the same.
    }
    const { accepted, reason } = judge(info, toStop)
    return accepted ? { accepted, by: 'csms', parentIdToken: info.parentIdToken } : { accepted, reason }
  }

  #known(idToken: string): Known | null {
    return knownOf(this.#options.list.find(idToken), cached(this.#cache, idToken), this.#rules())
  }

  /** The CSMS's word, or null when it cannot be had in time. */
  async #ask(idToken: string): Promise<IdTokenInfo | null> {
    const { authority, clock, signal } = this.#options
    if (authority === null) return null
    const done = new AbortController()
    const late = new AbortController()
    clock.sleep(PATIENCE_MS, done.signal).then(
      () => late.abort(),
      () => {}, // answered in time
    )
    try {
      const answer = await authority.request({ kind: 'authorize', idToken }, AbortSignal.any([late.signal, signal]))
      return answer.kind === 'authorize' ? answer.info : null
    } catch {
      return null
    } finally {
      done.abort()
    }
  }

  #rules(): AuthorisationRules {
    const { settings } = this.#options
    return {
      listEnabled: settings.flag('localAuthListEnabled'),
      cacheEnabled: settings.flag('authorizationCacheEnabled'),
      localPreAuthorize: settings.flag('localPreAuthorize'),
      localAuthorizeOffline: settings.flag('localAuthorizeOffline'),
      allowOfflineTxForUnknownId: settings.flag('allowOfflineTxForUnknownId'),
    }
  }
}

function asVerdict(local: LocalVerdict): Verdict {
  return local.verdict === 'accepted'
    ? { accepted: true, by: local.by, parentIdToken: local.parentIdToken }
    : { accepted: false, reason: local.reason }
}

function sameInfo(one: IdTokenInfo, other: IdTokenInfo): boolean {
  return one.status === other.status && one.expiresAt === other.expiresAt && one.parentIdToken === other.parentIdToken
}
