/** Who may charge: the authorisation cache and the rules for online and offline (OCPP 1.6 §3.5, §4.1). Pure. */
import type { IdTokenInfo } from '../../../model/csms.ts'

interface CachedToken {
  readonly idToken: string
  readonly info: IdTokenInfo
}

/** Newest last. Keys compare without case. */
export type AuthorisationCache = readonly CachedToken[]

export interface AuthorisationRules {
  readonly cacheEnabled: boolean
  readonly localPreAuthorize: boolean
  readonly localAuthorizeOffline: boolean
  readonly allowOfflineTxForUnknownId: boolean
}

export type LocalVerdict =
  | { readonly verdict: 'accepted'; readonly by: 'cache' | 'policy'; readonly parentIdToken: string | null }
  | { readonly verdict: 'refused'; readonly reason: string }

/** Bounds memory and the stored row (64 KiB in the ledger); the oldest goes first. */
export const MAX_CACHED_TOKENS = 250

export function cached(cache: AuthorisationCache, idToken: string): IdTokenInfo | null {
  return cache.find((entry) => entry.idToken.toLowerCase() === idToken.toLowerCase())?.info ?? null
}

export function withToken(cache: AuthorisationCache, idToken: string, info: IdTokenInfo): AuthorisationCache {
  // ConcurrentTx speaks of this moment, not of the card.
  if (info.status === 'concurrent-tx') return cache
  const others = cache.filter((entry) => entry.idToken.toLowerCase() !== idToken.toLowerCase())
  return [...others, { idToken, info }].slice(-MAX_CACHED_TOKENS)
}

/** May the charge start without asking the CSMS (LocalPreAuthorize)? Null: ask. */
export function preAuthorise(
  cache: AuthorisationCache,
  idToken: string,
  rules: AuthorisationRules,
  free: boolean,
  now: number,
): LocalVerdict | null {
  if (!rules.localPreAuthorize) return null
  // The site's own identifier is known locally by being in the site file.
  if (free) return { verdict: 'accepted', by: 'policy', parentIdToken: null }
  const info = rules.cacheEnabled ? cached(cache, idToken) : null
  return info !== null && isValid(info, now)
    ? { verdict: 'accepted', by: 'cache', parentIdToken: info.parentIdToken }
    : null
}

/** The verdict when the CSMS cannot be asked. */
export function authoriseOffline(
  cache: AuthorisationCache,
  idToken: string,
  rules: AuthorisationRules,
  free: boolean,
  now: number,
): LocalVerdict {
  if (free) return { verdict: 'accepted', by: 'policy', parentIdToken: null }
  const info = rules.cacheEnabled ? cached(cache, idToken) : null
  if (info === null)
    return rules.allowOfflineTxForUnknownId
      ? { verdict: 'accepted', by: 'policy', parentIdToken: null }
      : { verdict: 'refused', reason: 'unknown while the CSMS is away' }
  if (!rules.localAuthorizeOffline) return { verdict: 'refused', reason: 'the CSMS is away' }
  return isValid(info, now)
    ? { verdict: 'accepted', by: 'cache', parentIdToken: info.parentIdToken }
    : { verdict: 'refused', reason: info.status === 'accepted' ? 'expired' : info.status }
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
