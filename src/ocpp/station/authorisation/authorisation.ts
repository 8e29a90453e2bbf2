/** Who may charge: the local list, the authorisation cache and the rules for online and offline (OCPP 1.6 §3.5, §4.1). Pure. */
import type { IdTokenInfo } from '../../../model/csms.ts'

interface CachedToken {
  readonly idToken: string
  readonly info: IdTokenInfo
}

/** Newest last. Keys compare without case. */
export type AuthorisationCache = readonly CachedToken[]

/** What the station knows of an identifier without asking. */
export interface Known {
  readonly info: IdTokenInfo
  readonly by: 'list' | 'cache'
}

export interface AuthorisationRules {
  readonly listEnabled: boolean
  readonly cacheEnabled: boolean
  readonly localPreAuthorize: boolean
  readonly localAuthorizeOffline: boolean
  readonly allowOfflineTxForUnknownId: boolean
}

export type LocalVerdict =
  | { readonly verdict: 'accepted'; readonly by: 'list' | 'cache' | 'policy'; readonly parentIdToken: string | null }
  | { readonly verdict: 'refused'; readonly reason: string }

/** Bounds memory and the stored row (64 KiB in the ledger). */
export const MAX_CACHED_TOKENS = 250

export function cached(cache: AuthorisationCache, idToken: string): IdTokenInfo | null {
  return cache.find((entry) => entry.idToken.toLowerCase() === idToken.toLowerCase())?.info ?? null
}

/** A full cache gives up what is not valid (any more), then what is oldest (§3.5.1). */
export function withToken(
  cache: AuthorisationCache,
  idToken: string,
  info: IdTokenInfo,
  now: number = 0,
): AuthorisationCache {
  // ConcurrentTx speaks of this moment, not of the card.
  if (info.status === 'concurrent-tx') return cache
  const others = cache.filter((entry) => entry.idToken.toLowerCase() !== idToken.toLowerCase())
  const kept = others.length < MAX_CACHED_TOKENS ? others : others.filter((entry) => isValid(entry.info, now))
  return [...kept, { idToken, info }].slice(-MAX_CACHED_TOKENS)
}

/** The list goes before the cache: an identifier that it names is never looked up there, whatever the list says of it (§3.5.3). */
export function knownOf(
  listed: IdTokenInfo | null,
  inCache: IdTokenInfo | null,
  { listEnabled, cacheEnabled }: Pick<AuthorisationRules, 'listEnabled' | 'cacheEnabled'>,
): Known | null {
  if (listEnabled && listed !== null) return { info: listed, by: 'list' }
  return cacheEnabled && inCache !== null ? { info: inCache, by: 'cache' } : null
}

/** May the charge start without asking the CSMS (LocalPreAuthorize)? Null: ask. */
export function preAuthorise(
  known: Known | null,
  rules: AuthorisationRules,
  free: boolean,
  now: number,
): LocalVerdict | null {
  if (!rules.localPreAuthorize) return null
  // The site's own identifier is known locally by being in the site file.
  if (free) return { verdict: 'accepted', by: 'policy', parentIdToken: null }
  return acceptedBy(known, now)
}

/** A card of the same group stops a session without a question where list or cache know its group (§3.5, §4.1). Null: ask. */
export function preAuthoriseStop(known: Known | null, now: number): LocalVerdict | null {
  return known?.info.parentIdToken === null ? null : acceptedBy(known, now)
}

function acceptedBy(known: Known | null, now: number): LocalVerdict | null {
  if (known === null || !isValid(known.info, now)) return null
  return { verdict: 'accepted', by: known.by, parentIdToken: known.info.parentIdToken }
}

/** The verdict when the CSMS cannot be asked (§3.5.4). */
export function authoriseOffline(
  known: Known | null,
  rules: AuthorisationRules,
  free: boolean,
  now: number,
): LocalVerdict {
  if (free) return { verdict: 'accepted', by: 'policy', parentIdToken: null }
  if (known === null)
    return rules.allowOfflineTxForUnknownId
      ? { verdict: 'accepted', by: 'policy', parentIdToken: null }
      : { verdict: 'refused', reason: 'unknown while the CSMS is away' }
  // What is known to be refused or over is no unknown identifier.
  if (!isValid(known.info, now))
    return { verdict: 'refused', reason: known.info.status === 'accepted' ? 'expired' : known.info.status }
  return rules.localAuthorizeOffline
    ? { verdict: 'accepted', by: known.by, parentIdToken: known.info.parentIdToken }
    : { verdict: 'refused', reason: 'the CSMS is away' }
}

/** The CSMS says another thing of an identifier than the list that it has sent (§3.5.2: LocalListConflict). */
export function conflicts(listed: IdTokenInfo, answer: IdTokenInfo, now: number): boolean {
  // ConcurrentTx speaks of this moment, and an entry that ran out says nothing any more.
  if (answer.status === 'concurrent-tx' || (listed.expiresAt !== null && listed.expiresAt <= now)) return false
  return (listed.status === 'accepted') !== (answer.status === 'accepted')
}

/** The CSMS's answer. */
export function judge(
  info: IdTokenInfo,
  purposeIsStop: boolean,
): { readonly accepted: boolean; readonly reason: string } {
  // A card that already charges elsewhere may still stop its own group's transaction.
  const accepted = info.status === 'accepted' || (purposeIsStop && info.status === 'concurrent-tx')
  return { accepted, reason: info.status }
}

function isValid(info: IdTokenInfo, now: number): boolean {
  return info.status === 'accepted' && (info.expiresAt === null || info.expiresAt > now)
}

/** The stored cache; a damaged one is an empty one, the CSMS fills it again. */
export function readCache(text: string | undefined): AuthorisationCache {
  if (text === undefined) return []
  try {
    const stored: unknown = JSON.parse(text)
    return Array.isArray(stored) && stored.every(isCachedToken) ? stored.slice(-MAX_CACHED_TOKENS) : []
  } catch {
    return []
  }
}

const STATUSES: readonly unknown[] = ['accepted', 'blocked', 'expired', 'invalid', 'concurrent-tx']

function isCachedToken(value: unknown): value is CachedToken {
  if (!isRecord(value) || typeof value['idToken'] !== 'string' || !isRecord(value['info'])) return false
  const { status, expiresAt, parentIdToken } = value['info']
  return (
    STATUSES.includes(status) &&
    (expiresAt === null || typeof expiresAt === 'number') &&
    (parentIdToken === null || typeof parentIdToken === 'string')
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
