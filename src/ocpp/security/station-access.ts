import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
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
import { type AccessListener, AccessNews } from './access-news.ts'
import {
  type AccessState,
  type SiteAccess,
  broughtUpToDate,
  emptyState,
  withClient,
  withPassword,
  withProfile,
} from './access-state.ts'
import { checkClientChain, renewalAt } from './client-certificate.ts'
import { checkSigner, isSignedFile } from './firmware-signature.ts'
import { chainOf } from './peer-chain.ts'
import { certificatesOf, withRoot } from './root-certificates.ts'
import { type KeyType, newSigningRequest } from './signing-request.ts'
import { type TransportSecurity, transportSecurity } from './transport-security.ts'
import { hashesOf, manufacturerRoots, withoutFallback, withoutRoot } from './trust.ts'
import { WayOrder } from './way-order.ts'
import { WayTransport } from './way-transport.ts'
import { type Way, lackingFor, passwordForms, proven, sitePair, waysOf } from './ways.ts'

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

/** CSRs of which the CSMS may still send the certificate. */
const KEPT_KEYS = 3

/** One station's access to one upstream: its secrets and certificates on disk, and the way that the next connection takes. */
export class StationAccess implements UpstreamAccess {
  readonly #options: StationAccessOptions
  readonly #site: SiteAccess
  readonly #order = new WayOrder()
  readonly #news = new AccessNews()
  readonly #transport: WayTransport
  #state: AccessState
  /** One change after the other. */
  #changing: Promise<unknown> = Promise.resolve()
  /** Counts changes: a connection of before one proves nothing of it. */
  #generation = 0
  #attempt: { readonly way: Way; readonly generation: number } | null = null
  /** The certificates of the CSMS on the newest connection, leaf first. */
  #peerChain: readonly X509Certificate[] = []

  /** Throws CONFIG_INVALID when profile, address and secrets of the site file do not fit, STATE_UNWRITABLE for the folder. */
  constructor(options: StationAccessOptions) {
    this.#options = options
    this.#site = options.site
    const { profile, url, password, ca, certificate, privateKey } = options.site
    this.#transport = new WayTransport(options.stationId, ca)
    transportSecurity({ profile, url, stationId: options.stationId, password, ca, certificate, privateKey })
    const read = readState(options.folder)
    if ('damaged' in read) {
      this.#news.changed(`the stored access is damaged and was set aside; the site file's values are in force`)
    }
    const stored = 'damaged' in read ? null : read.state
    this.#state = stored === null ? emptyState(options.site) : broughtUpToDate(stored, options.site)
  }

  get profile(): SecurityProfile {
    return this.#state.profile?.wanted ?? this.#site.profile
  }

  onEvent(listener: AccessListener): () => void {
    return this.#news.listen(listener)
  }

  /** The way of the next attempt; its `url` is without the station's id. Throws CONFIG_INVALID when there is none. */
  next(): { readonly url: string; readonly transport: TransportSecurity } {
    const way = this.#order.choose(this.#ways())
    if (way === null) throw new BridgeError('CONFIG_INVALID', 'the station has no password and no certificate to show')
    this.#attempt = { way, generation: this.#generation }
    return { url: way.url, transport: this.#transport.of(way, this.#state.roots) }
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
      const lacking = lackingFor(profile, this.#site, this.#state, this.#options.clock.now())
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
        this.#news.changed('a root certificate was installed')
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
    return hashesOf(this.#site.ca, this.#state.roots, use)
  }

  removeCertificate(hash: CertificateHash): Promise<'accepted' | 'failed' | 'not-found'> {
    return this.#exclusive(async () => {
      const roots = withoutRoot(this.#site.ca, this.#state.roots, hash, this.#peerChain)
      if (roots === 'failed' || roots === 'not-found') return roots
      await this.#write({ ...this.#state, roots })
      this.#news.changed('a root certificate was removed')
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
    const checked = checkSigner(certificate, manufacturerRoots(this.#state.roots), this.#options.clock.now())
    if ('value' in checked) return { accepted: true }
    return refused(`the signing certificate: ${checked.refused}`, 'InvalidFirmwareSigningCertificate')
  }

  async checkFirmware(
    path: string,
    signature: string,
    certificate: string,
    signal: AbortSignal,
  ): Promise<AccessOutcome> {
    const checked = checkSigner(certificate, manufacturerRoots(this.#state.roots), this.#options.clock.now())
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
    this.#news.worked()
    const generation = this.#generation
    const learn = this.#exclusive(async () => {
      const before = this.#state
      const known = generation === this.#generation ? proven(this.#site, before, way) : before
      const roots = withoutFallback(before.roots, this.#peerChain)
      if (known === before && roots === before.roots) return
      await this.#write({ ...known, roots })
      const wanted = before.profile?.wanted ?? way.profile
      if (known.profile === before.profile || wanted === way.profile) return
      this.#news.changed(`security profile ${wanted} failed: back to ${way.profile}`)
    })
    learn.catch((error: unknown) => this.#options.onFault(toBridgeError(error)))
  }

  #onFailed(way: Way, error: BridgeError): void {
    this.#order.failed(way, error, this.#ways())
    this.#news.failed(error)
  }

  #ways(): readonly Way[] {
    return waysOf(this.#site, this.#state, this.#options.clock.now())
  }

  /** The CSMS has changed how the station shows itself: on disk first, then the next connection tries it. */
  async #change(state: AccessState, techInfo: string): Promise<void> {
    await this.#write(state)
    this.#generation++
    this.#order.restart()
    this.#news.changed(techInfo)
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
}

function refused(reason: string, event: SecurityEventType | null = null): AccessOutcome {
  return { accepted: false, reason, event }
}
