/**
 * In which ways a station may reach its CSMS now, the newest first, and what is learnt when one of them has worked. A change that the CSMS
 * made is tried first; what worked before stays until the change is proven, so that no change costs the link for good. Pure.
 */
import { X509Certificate } from 'node:crypto'
import type { SecurityProfile } from '../../model/upstream-access.ts'
import { type AccessState, type SiteAccess, passwordMark } from './access-state.ts'
import { timeProblem } from './certificates.ts'
import type { ClientPair } from './client-certificate.ts'
import { certificatesOf } from './root-certificates.ts'

export interface Way {
  readonly profile: SecurityProfile
  /** Without the station's id. */
  readonly url: string
  /** Base64; profiles 1 and 2. */
  readonly password: string | null
  /** Profile 3. */
  readonly client: ClientPair | null
}

/** At least one; those for which something is missing are left out. */
export function waysOf(site: SiteAccess, state: AccessState, nowMs: number): readonly Way[] {
  return profilesOf(site, state).flatMap((profile): readonly Way[] => {
    const plain = { profile, url: urlFor(site, profile), password: null, client: null }
    if (profile === 0) return [plain]
    if (profile === 3) return clientsOf(site, state, nowMs).map((client) => ({ ...plain, client }))
    return passwordsOf(site, state).map((password) => ({ ...plain, password }))
  })
}

/** What there is not to be shown with this profile, in a sentence; null: there is all. */
export function lackingFor(
  profile: SecurityProfile,
  site: SiteAccess,
  state: AccessState,
  nowMs: number,
): string | null {
  if (profile === 1 || profile === 2)
    return passwordsOf(site, state).length > 0 ? null : `security profile ${profile} needs a password`
  const usable = clientsOf(site, state, nowMs).some(({ certificate }) =>
    certificatesOf(certificate)
      .slice(0, 1)
      .every((leaf) => timeProblem(leaf, nowMs) === null),
  )
  return usable ? null : 'security profile 3 needs a certificate of this station'
}

export function isSameWay(one: Way, other: Way): boolean {
  return (
    one.profile === other.profile &&
    one.url === other.url &&
    one.password === other.password &&
    one.client?.certificate === other.client?.certificate
  )
}

/** What is known after this way has worked. The same object when nothing is new. */
export function proven(site: SiteAccess, state: AccessState, way: Way): AccessState {
  const next = {
    ...state,
    profile: provenProfile(state.profile, way),
    password: provenPassword(site, state.password, way.password),
    client: provenClient(state.client, way.client),
  }
  const same = next.profile === state.profile && next.password === state.password && next.client === state.client
  return same ? state : next
}

function provenProfile(stored: AccessState['profile'], { profile }: Way): AccessState['profile'] {
  if (stored === null || stored.former === null) return stored
  // The former one again: the change has failed and is over (whitepaper A05).
  return { ...stored, wanted: profile, former: null }
}

function provenPassword(
  site: SiteAccess,
  stored: AccessState['password'],
  worked: string | null,
): AccessState['password'] {
  if (worked === null || stored?.proven === true) return stored
  const known = { over: passwordMark(site), forms: [worked], proven: true, former: null }
  if (stored === null) return sitePasswords(site)[0] === worked ? null : known
  // The former one: the new one stays to be tried when the CSMS refuses this.
  return stored.forms.includes(worked) ? known : stored
}

function provenClient(stored: AccessState['client'], worked: ClientPair | null): AccessState['client'] {
  const next = stored?.next ?? null
  if (stored === null || next === null || next.certificate !== worked?.certificate) return stored
  return { ...stored, current: next, next: null }
}

function profilesOf(site: SiteAccess, { profile }: AccessState): readonly SecurityProfile[] {
  if (profile === null) return [site.profile]
  return profile.former === null ? [profile.wanted] : [profile.wanted, profile.former]
}

export function urlFor(site: SiteAccess, profile: SecurityProfile): string {
  if (profile < 2 || /^wss:/i.test(site.url)) return site.url
  return site.secureUrl ?? site.url.replace(/^ws:/i, 'wss:')
}

/** Base64. */
export function passwordsOf(site: SiteAccess, { password }: AccessState): readonly string[] {
  if (password === null) return sitePasswords(site)
  const former = password.former === null ? sitePasswords(site) : [password.former]
  return [...new Set(password.proven ? password.forms : [...password.forms, ...former])]
}

/** A person's password goes as it is written; when it looks like hex and is refused, as the bytes that the hex stands for. */
function sitePasswords({ password }: SiteAccess): readonly string[] {
  if (password === null || password.length === 0) return []
  return passwordForms(password).toReversed()
}

/**
 * What an AuthorizationKey may mean, base64, likeliest first. 32 to 40 hex digits stand for 16 to 20 bytes (OCPP-J 1.6 §6.2, whitepaper ed. 1
 * and 2, and the test case TC_085_CS), but some CSMSs expect the digits themselves back. Anything else is the password.
 */
export function passwordForms(password: Uint8Array): readonly string[] {
  const text = Buffer.from(password).toString('latin1')
  const plain = Buffer.from(password).toString('base64')
  return /^(?:[0-9a-f]{2}){16,20}$/i.test(text) ? [Buffer.from(text, 'hex').toString('base64'), plain] : [plain]
}

/** Those that may be shown now. */
export function clientsOf(site: SiteAccess, { client }: AccessState, nowMs: number): readonly ClientPair[] {
  const next = client?.next ?? null
  const isDue = next !== null && new X509Certificate(next.certificate).validFromDate.getTime() <= nowMs
  const current = client?.current ?? sitePair(site)
  return [...(isDue ? [next] : []), ...(current === null ? [] : [current])]
}

export function sitePair({ certificate, privateKey }: SiteAccess): ClientPair | null {
  return certificate === null || privateKey === null ? null : { certificate, privateKey }
}
