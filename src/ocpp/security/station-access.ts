import { X509Certificate } from 'node:crypto'
import { type TLSSocket, getCACertificates } from 'node:tls'
import type { Clock } from '../../model/clock.ts'
import { BridgeError, toBridgeError } from '../../model/errors.ts'
import type { SecurityEventType } from '../../model/security-event.ts'
import {
  ACCESS_LIMITS,
  type AccessOutcome,
  type CertificateHash,
  type CertificateUse,
  type SecurityProfile,
  type UpstreamAccess,
} from '../../model/upstream-access.ts'
import { readState, writeState } from './access-files.ts'
import {
  type AccessState,
  type InstalledRoot,
  type SiteAccess,
  broughtUpToDate,
  emptyState,
  withClient,
  withPassword,
  withProfile,
} from './access-state.ts'
import { isSameHash, isSelfSigned, isVouchedFor, timeProblem } from './certificates.ts'
import { checkClientChain, renewalAt } from './client-certificate.ts'
import { checkSigner, isSignedFile } from './firmware-signature.ts'
import { certificatesOf, hashOfRoot, withRoot } from './root-certificates.ts'
import { type KeyType, newSigningRequest } from './signing-request.ts'
import { tlsSecurityEvent } from './tls-errors.ts'
import { type TransportSecurity, transportSecurity } from './transport-security.ts'
import { WayOrder } from './way-order.ts'
import { type Way, clientsOf, isSameWay, passwordForms, passwordsOf, proven, sitePair, waysOf } from './ways.ts'

export interface StationAccessOptions {
  /** This access's own, see `accessFolder`; made when there is something to keep. */
  readonly folder: string
  readonly stationId: string
  readonly site: SiteAccess
  readonly clock: Clock
  /** Of client certificates. */
  readonly keyType: KeyType
  /** AdditionalRootCertificateCheck: a new root of the CSMS must be signed by the one that it replaces. */
  readonly additionalRootCheck: boolean
  /** A fault of the state folder while nobody waits for an answer. */
  readonly onFault: (fault: BridgeError) => void
}

/** What became of an attempt; `AttemptOutcome` of the rpc room fits. */
export type ConnectionNews =
  | { readonly kind: 'opened'; readonly tls: TLSSocket | null }
  | { readonly kind: 'working' }
  | { readonly kind: 'failed'; readonly error: BridgeError }

type Listener = (type: SecurityEventType, techInfo: string) => void

/** CSRs of which the CSMS may still send the certificate. */
const KEPT_KEYS = 3
/** What happened while nobody listened. */
const KEPT_EVENTS = 20
const MAX_CHAIN = 10

/** One station's access to one upstream: its secrets and certificates on disk, and the way that the next connection takes. */
export class StationAccess implements UpstreamAccess {
  readonly #options: StationAccessOptions
  readonly #site: SiteAccess
  readonly #order = new WayOrder()
  readonly #listeners = new Set<Listener>()
  #unheard: (readonly [SecurityEventType, string])[] = []
  /** A fault that comes back at each attempt is told once until a connection works. */
  readonly #toldFaults = new Set<string>()
  #state: AccessState
  /** One change after the other. */
  #changing: Promise<unknown> = Promise.resolve()
  /** Counts changes: a connection of before one proves nothing of it. */
  #generation = 0
  #attempt: { readonly way: Way; readonly generation: number } | null = null
  /** Kept while nothing changes: to make one costs milliseconds. */
  #transport: {
    readonly way: Way
    readonly roots: readonly InstalledRoot[]
    readonly security: TransportSecurity
  } | null = null
  /** The certificates of the CSMS on the newest connection, leaf first. */
  #peerChain: readonly X509Certificate[] = []

  /** Throws CONFIG_INVALID when profile, address and secrets of the site file do not fit, STATE_UNWRITABLE for the folder. */
  constructor(options: StationAccessOptions) {
    this.#options = options
    this.#site = options.site
    const { profile, url, password, ca, certificate, privateKey } = options.site
    transportSecurity({ profile, url, stationId: options.stationId, password, ca, certificate, privateKey })
    const read = readState(options.folder)
    if ('damaged' in read) {
      const text = `the stored access is damaged and was set aside; the site file's values are in force`
      this.#emit('ReconfigurationOfSecurityParameters', text)
    }
    const stored = 'damaged' in read ? null : read.state
    this.#state = stored === null ? emptyState(options.site) : broughtUpToDate(stored, options.site)
  }

  get profile(): SecurityProfile {
    return this.#state.profile?.wanted ?? this.#site.profile
  }

  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener)
    for (const [type, techInfo] of this.#unheard.splice(0)) listener(type, techInfo)
    return () => void this.#listeners.delete(listener)
  }

  /** The way of the next attempt; its `url` is without the station's id. Throws CONFIG_INVALID when there is none. */
  next(): { readonly url: string; readonly transport: TransportSecurity } {
    const way = this.#order.choose(this.#ways())
    if (way === null) throw new BridgeError('CONFIG_INVALID', 'the station has no password and no certificate to show')
    this.#attempt = { way, generation: this.#generation }
    return { url: way.url, transport: this.#transportOf(way) }
  }

  told(news: ConnectionNews): void {
    const attempt = this.#attempt
    if (news.kind === 'opened') this.#onOpened(news.tls)
    else if (attempt === null || attempt.generation !== this.#generation) return
    else if (news.kind === 'failed') this.#onFailed(attempt.way, news.error)
    else this.#onWorking(attempt.way)
  }

  /** Resolves when what was learnt from connections so far is on disk. */
  async settled(): Promise<void> {
    await this.#changing
  }

  changePassword(password: Uint8Array): Promise<AccessOutcome> {
    return this.#exclusive(async () => {
      const { minPasswordBytes: min, maxPasswordBytes: max } = ACCESS_LIMITS
      if (password.length < min || password.length > max) return refused(`the password has not ${min} to ${max} bytes`)
      if (this.#options.stationId.includes(':')) return refused('a station id with basic auth holds no colon')
      const changed = withPassword(this.#state, this.#site, passwordForms(password))
      await this.#change(changed, 'the password was changed')
      return { accepted: true }
    })
  }

  changeProfile(profile: SecurityProfile): Promise<AccessOutcome> {
    return this.#exclusive(async () => {
      const before = this.profile
      // The one in force is no change either (whitepaper A05.FR.01).
      if (profile <= before) return refused(`security profile ${profile} is not higher than ${before}`)
      const lacking = this.#lackingFor(profile)
      if (lacking !== null) return refused(lacking)
      const changed = withProfile(this.#state, this.#site, profile)
      await this.#change(changed, `security profile ${before} was raised to ${profile}`)
      return { accepted: true }
    })
  }

  signingRequest(organisation: string | null): Promise<string> {
    return this.#exclusive(async () => {
      const { stationId, keyType } = this.#options
      const { privateKey, request } = await newSigningRequest(stationId, organisation, keyType)
      await this.#write({ ...this.#state, keys: [privateKey, ...this.#state.keys].slice(0, KEPT_KEYS) })
      return request
    })
  }

  acceptCertificate(chain: string): Promise<AccessOutcome> {
    return this.#exclusive(async () => {
      const { client, keys } = this.#state
      const own = [client?.next, client?.current].filter((pair) => pair !== null && pair !== undefined)
      const known = [...keys, ...own.map(({ privateKey }) => privateKey)]
      const checked = checkClientChain(chain, known, this.#options.clock.now())
      if ('refused' in checked) return refused(`the certificate: ${checked.refused}`, 'InvalidChargePointCertificate')
      // Sent again, because our answer was lost.
      if (own.some((pair) => pair.certificate === checked.value.certificate)) return { accepted: true }
      const changed = withClient(this.#state, this.#site, checked.value)
      await this.#change(changed, 'the certificate of this station was changed')
      return { accepted: true }
    })
  }

  installCertificate(use: CertificateUse, certificate: string): Promise<AccessOutcome & { readonly failed?: boolean }> {
    return this.#exclusive(async () => {
      const { clock, additionalRootCheck: additionalCheck } = this.#options
      const rules = { nowMs: clock.now(), additionalCheck, ca: this.#site.ca }
      const checked = withRoot(this.#state.roots, use, certificate, rules)
      if ('refused' in checked) {
        return refused(`the root: ${checked.refused}`, use === 'csms-root' ? 'InvalidCentralSystemCertificate' : null)
      }
      if (checked.value === this.#state.roots) return { accepted: true }
      try {
        await this.#write({ ...this.#state, roots: [...checked.value] })
        this.#emit('ReconfigurationOfSecurityParameters', 'a root certificate was installed')
        return { accepted: true }
      } catch (error) {
        const fault = toBridgeError(error)
        this.#options.onFault(fault)
        return { accepted: false, reason: fault.message, event: null, failed: true }
      }
    })
  }

  /** The site file's own roots included: they are a person's, the CSMS cannot remove them. */
  async installedCertificates(use: CertificateUse): Promise<readonly CertificateHash[]> {
    const installed = this.#state.roots.filter((root) => root.use === use)
    return [...(use === 'csms-root' ? this.#siteRoots() : []), ...installed].map((root) => hashOfRoot(root, 'SHA256'))
  }

  removeCertificate(hash: CertificateHash): Promise<'accepted' | 'failed' | 'not-found'> {
    const fits = (root: Pick<InstalledRoot, 'certificate' | 'issuer'>): boolean =>
      isSameHash(hashOfRoot(root, hash.algorithm), hash)
    return this.#exclusive(async () => {
      const root = this.#state.roots.find(fits)
      if (root === undefined) return this.#siteRoots().some(fits) ? 'failed' : 'not-found'
      // The newest connection rests on it (M04.FR.06).
      if (root.use === 'csms-root' && isVouchedFor(this.#peerChain, certificatesOf(root.certificate))) return 'failed'
      const roots = this.#state.roots.filter((other) => other !== root)
      await this.#write({ ...this.#state, roots })
      this.#emit('ReconfigurationOfSecurityParameters', 'a root certificate was removed')
      return 'accepted'
    })
  }

  renewCertificateAt(): number | null {
    const { client } = this.#state
    const pair = client?.next ?? client?.current ?? sitePair(this.#site)
    const [leaf] = certificatesOf(pair?.certificate ?? null)
    return leaf === undefined ? null : renewalAt(leaf)
  }

  async checkSigningCertificate(certificate: string): Promise<AccessOutcome> {
    const checked = checkSigner(certificate, this.#manufacturerRoots(), this.#options.clock.now())
    if ('value' in checked) return { accepted: true }
    return refused(`the signing certificate: ${checked.refused}`, 'InvalidFirmwareSigningCertificate')
  }

  async checkFirmware(
    path: string,
    signature: string,
    certificate: string,
    signal: AbortSignal,
  ): Promise<AccessOutcome> {
    const checked = checkSigner(certificate, this.#manufacturerRoots(), this.#options.clock.now())
    if ('refused' in checked) {
      return refused(`the signing certificate: ${checked.refused}`, 'InvalidFirmwareSigningCertificate')
    }
    try {
      if (await isSignedFile(path, signature, checked.value, signal)) return { accepted: true }
    } catch (error) {
      signal.throwIfAborted()
      return refused(`the firmware cannot be read: ${toBridgeError(error).message}`)
    }
    return refused('the signature does not fit the firmware', 'InvalidFirmwareSignature')
  }

  /** Read only where a root that the CSMS installed may be at stake: it costs a millisecond, and 1,000 stations may come back at once. */
  #onOpened(tls: TLSSocket | null): void {
    const hasRoots = this.#state.roots.some(({ use }) => use === 'csms-root')
    this.#peerChain = tls === null || !hasRoots ? [] : chainOf(tls)
  }

  #onWorking(way: Way): void {
    this.#order.worked(way)
    this.#toldFaults.clear()
    const generation = this.#generation
    const learn = this.#exclusive(async () => {
      const before = this.#state
      const known = generation === this.#generation ? proven(this.#site, before, way) : before
      const roots = this.#withoutFallback()
      if (known === before && roots === before.roots) return
      await this.#write({ ...known, roots })
      const wanted = before.profile?.wanted ?? way.profile
      if (known.profile === before.profile || wanted === way.profile) return
      this.#emit('ReconfigurationOfSecurityParameters', `security profile ${wanted} failed: back to ${way.profile}`)
    })
    learn.catch((error: unknown) => this.#options.onFault(toBridgeError(error)))
  }

  #onFailed(way: Way, error: BridgeError): void {
    this.#order.failed(way, error, this.#ways())
    const type = eventOf(error)
    if (type === null || this.#toldFaults.has(`${type} ${error.message}`)) return
    this.#toldFaults.add(`${type} ${error.message}`)
    this.#emit(type, error.message)
  }

  /** The root that a new one replaces goes when the CSMS has shown a certificate of the new one. */
  #withoutFallback(): InstalledRoot[] {
    const { roots } = this.#state
    if (!roots.some(({ isFallback }) => isFallback)) return roots
    const fresh = roots.filter(({ use, isFallback }) => use === 'csms-root' && !isFallback)
    const isProven = isVouchedFor(
      this.#peerChain,
      fresh.map(({ certificate }) => new X509Certificate(certificate)),
    )
    return isProven ? roots.filter(({ isFallback }) => !isFallback) : roots
  }

  #lackingFor(profile: SecurityProfile): string | null {
    const nowMs = this.#options.clock.now()
    if (profile === 1 || profile === 2) {
      return passwordsOf(this.#site, this.#state).length > 0 ? null : `security profile ${profile} needs a password`
    }
    const usable = clientsOf(this.#site, this.#state, nowMs).some(({ certificate }) =>
      certificatesOf(certificate)
        .slice(0, 1)
        .every((leaf) => timeProblem(leaf, nowMs) === null),
    )
    return usable ? null : 'security profile 3 needs a certificate of this station'
  }

  #ways(): readonly Way[] {
    return waysOf(this.#site, this.#state, this.#options.clock.now())
  }

  #transportOf(way: Way): TransportSecurity {
    const { roots } = this.#state
    const known = this.#transport
    if (known !== null && isSameWay(known.way, way) && known.roots === roots) return known.security
    const security = transportSecurity({
      profile: way.profile,
      url: way.url,
      stationId: this.#options.stationId,
      password: way.password === null ? null : Buffer.from(way.password, 'base64'),
      ca: this.#caWith(roots),
      certificate: way.client?.certificate ?? null,
      privateKey: way.client?.privateKey ?? null,
      partialChain: roots.some(({ issuer }) => issuer !== null),
    })
    this.#transport = { way, roots, security }
    return security
  }

  /**
   * Whom we believe: the site file's roots and those that the CSMS installed. Where the site file names none, those that Node.js trusts
   * stay: else the first root that is installed could cost the link.
   */
  #caWith(roots: readonly InstalledRoot[]): string | null {
    const installed = roots.filter(({ use }) => use === 'csms-root').map(({ certificate }) => certificate)
    if (installed.length === 0) return this.#site.ca
    return [...(this.#site.ca === null ? getCACertificates('default') : [this.#site.ca]), ...installed].join('\n')
  }

  #siteRoots(): readonly Pick<InstalledRoot, 'certificate' | 'issuer'>[] {
    return certificatesOf(this.#site.ca)
      .filter((root) => isSelfSigned(root))
      .map((root) => ({ certificate: root.toString(), issuer: null }))
  }

  #manufacturerRoots(): readonly string[] {
    return this.#state.roots.filter(({ use }) => use === 'manufacturer-root').map(({ certificate }) => certificate)
  }

  /** The CSMS has changed how the station shows itself: on disk first, then the next connection tries it. */
  async #change(state: AccessState, techInfo: string): Promise<void> {
    await this.#write(state)
    this.#generation++
    this.#order.restart()
    this.#emit('ReconfigurationOfSecurityParameters', techInfo)
  }

  async #write(state: AccessState): Promise<void> {
    await writeState(this.#options.folder, state)
    this.#state = state
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work)
    this.#changing = done.catch(() => undefined) // whoever asked hears of it
    return done
  }

  #emit(type: SecurityEventType, techInfo: string): void {
    if (this.#listeners.size === 0) this.#unheard = [...this.#unheard, [type, techInfo] as const].slice(-KEPT_EVENTS)
    for (const listener of this.#listeners) listener(type, techInfo)
  }
}

function refused(reason: string, event: SecurityEventType | null = null): AccessOutcome {
  return { accepted: false, reason, event }
}

function eventOf(error: BridgeError): SecurityEventType | null {
  const { status } = error.details
  if (error.code === 'CSMS_REFUSED')
    return status === 401 || status === 403 ? 'FailedToAuthenticateAtCentralSystem' : null
  return error.cause instanceof Error ? tlsSecurityEvent(error.cause) : null
}

/** Leaf first, up to the root that vouches for it. */
function chainOf(tls: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let at = tls.getPeerCertificate(true)
  while (at.raw !== undefined && chain.length < MAX_CHAIN) {
    const certificate = new X509Certificate(at.raw)
    chain.push(certificate)
    if (at.issuerCertificate === undefined || at.issuerCertificate === at) break
    at = at.issuerCertificate
  }
  return chain
}
