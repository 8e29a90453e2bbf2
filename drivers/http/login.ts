/** User and password for one device: Basic (RFC 7617) and Digest (RFC 7616: MD5, SHA-256, `auth`), as the device asks. */

import { createHash } from 'node:crypto'

import { readChallenges, type Challenge } from './challenge.ts'
import type { LoginKind } from './url.ts'

interface DigestAsked {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  /** As the device wrote it; null: it did not, which means MD5. */
  readonly algorithm: string | null
  readonly hash: 'md5' | 'sha256'
  /** The user's secret is bound to the first nonces of the session. */
  readonly session: boolean
  /** False: the old form without counter (RFC 2069). */
  readonly counted: boolean
}

type Asked = { readonly kind: 'basic' } | ({ readonly kind: 'digest' } & DigestAsked)

/** What follows a refusal: the same request again, or the end with the reason. */
export type AfterRefusal = { readonly again: true } | { readonly again: false; readonly why: string }

export class Login {
  readonly #login: { readonly user: string; readonly password: string } | null
  readonly #only: LoginKind | null
  readonly #newNonce: () => string
  #asked: Asked | null = null
  #count = 0
  /** The challenge that stands now has brought a request through. */
  #proven = false

  /** @param only the kind of login that may be used; null: as the device asks */
  constructor(
    login: { readonly user: string; readonly password: string } | null,
    only: LoginKind | null,
    newNonce: () => string,
  ) {
    this.#login = login
    this.#only = only
    this.#newNonce = newNonce
    // Some devices that want Basic answer a stranger with something else than 401.
    if (login !== null && only === 'basic') this.#asked = { kind: 'basic' }
  }

  /** The `Authorization` header, or null while the device has not asked for one. */
  header(method: string, path: string): string | null {
    const asked = this.#asked
    const login = this.#login
    if (asked === null || login === null) return null
    if (asked.kind === 'basic') return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
    this.#count += 1
    return digestHeader(asked, login, method, path, this.#count, this.#newNonce())
  }

  /** A request with the last header went through. */
  accepted(): void {
    this.#proven = true
  }

  /** The device answered 401. `sent`: the request carried a login. At most one more try follows from each new challenge. */
  refused(headers: readonly string[], sent: boolean): AfterRefusal {
    if (this.#login === null) return { again: false, why: 'it wants a login: write user:password@ before the host' }
    const challenges = readChallenges(headers)
    const asked = choose(challenges, this.#only)
    if (asked === null) {
      const named = challenges.map(({ scheme }) => scheme.slice(0, 20)).join(', ')
      return {
        again: false,
        why: `it wants a login that is not ${this.#only ?? 'basic or digest'}: ${named || 'it names none'}`,
      }
    }
    const before = this.#asked
    const freshNonce = asked.kind === 'digest' && before?.kind === 'digest' && asked.nonce !== before.nonce
    // An old nonce that is no longer good is no wrong password, whether the device says `stale` or has forgotten all in a restart.
    const outdated = freshNonce && (this.#proven || asked.stale)
    if (sent && before?.kind === asked.kind && !outdated) {
      this.#asked = this.#only === 'basic' ? before : null
      this.#proven = false
      return { again: false, why: 'it refuses user or password' }
    }
    const { stale: _, ...kept } = asked
    this.#asked = kept
    this.#count = 0
    this.#proven = false
    return { again: true }
  }
}

type Offer =
  | { readonly kind: 'basic'; readonly stale: false }
  | ({ readonly kind: 'digest'; readonly stale: boolean } & DigestAsked)

/** The strongest that we know: Digest with SHA-256, Digest with MD5, Basic. */
function choose(challenges: readonly Challenge[], only: LoginKind | null): Offer | null {
  const digests = only === 'basic' ? [] : challenges.flatMap((challenge) => readDigest(challenge) ?? [])
  const digest = digests.find(({ hash }) => hash === 'sha256') ?? digests[0]
  if (digest !== undefined) return digest
  const basic = only !== 'digest' && challenges.some(({ scheme }) => scheme === 'basic')
  return basic ? { kind: 'basic', stale: false } : null
}

function readDigest({ scheme, parameters }: Challenge): (Offer & { readonly kind: 'digest' }) | null {
  if (scheme !== 'digest') return null
  const nonce = parameters.get('nonce')
  const algorithm = parameters.get('algorithm') ?? null
  const [, name, session] = /^(md5|sha-256)(-sess)?$/i.exec(algorithm ?? 'MD5') ?? []
  const qop = parameters.get('qop')
  const qualities = qop?.split(',').map((each) => each.trim().toLowerCase()) ?? null
  if (nonce === undefined || name === undefined || qualities?.includes('auth') === false) return null
  return {
    kind: 'digest',
    realm: parameters.get('realm') ?? '',
    nonce,
    opaque: parameters.get('opaque') ?? null,
    algorithm,
    hash: name.toLowerCase() === 'md5' ? 'md5' : 'sha256',
    session: session !== undefined,
    counted: qualities !== null,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  }
}

/** RFC 7616 3.4. @param count how often this nonce has been used, from 1 */
function digestHeader(
  asked: DigestAsked,
  login: { readonly user: string; readonly password: string },
  method: string,
  path: string,
  count: number,
  ownNonce: string,
): string {
  // Headers are bytes (latin1) in Node: so the device's own words go into the hash as they came, and ours as UTF-8.
  const hash = (bytes: string): string => createHash(asked.hash).update(bytes, 'latin1').digest('hex')
  const user = utf8(login.user)
  const nonceCount = count.toString(16).padStart(8, '0')
  const plainSecret = hash(`${user}:${asked.realm}:${utf8(login.password)}`)
  const secret = asked.session ? hash(`${plainSecret}:${asked.nonce}:${ownNonce}`) : plainSecret
  const counted = asked.counted ? `${nonceCount}:${ownNonce}:auth:` : ''
  const response = hash(`${secret}:${asked.nonce}:${counted}${hash(`${method}:${path}`)}`)
  const fields = [
    `username=${quoted(user)}`,
    `realm=${quoted(asked.realm)}`,
    `nonce=${quoted(asked.nonce)}`,
    `uri=${quoted(path)}`,
    `response="${response}"`,
  ]
  if (asked.algorithm !== null) fields.push(`algorithm=${asked.algorithm}`)
  if (asked.opaque !== null) fields.push(`opaque=${quoted(asked.opaque)}`)
  if (asked.counted) fields.push('qop=auth', `nc=${nonceCount}`)
  if (asked.counted || asked.session) fields.push(`cnonce="${ownNonce}"`)
  return `Digest ${fields.join(', ')}`
}

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
