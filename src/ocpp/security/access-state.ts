/**
 * What a CSMS has changed of how a station reaches it, as kept on disk. The site file is where all begins: a change holds as long as the
 * person leaves the site file's own value as it was; a newer value of the person's wins. Pure.
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { SecurityProfile } from '../../model/upstream-access.ts'
import type { ClientPair } from './client-certificate.ts'

/** An upstream as the site file has it. PEM texts. */
export interface SiteAccess {
  readonly profile: SecurityProfile
  readonly url: string
  /** Where profiles 2 and 3 go when `url` begins with ws:; null: the same with wss:. */
  readonly secureUrl: string | null
  readonly password: Uint8Array | null
  readonly ca: string | null
  readonly certificate: string | null
  readonly privateKey: string | null
}

const pair = z.object({ certificate: z.string(), privateKey: z.string() })
const profile = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
/** SHA-256 of the site file's value that the change replaced. */
const over = z.string()

export const accessState = z.object({
  version: z.literal(1),
  host: z.string(),
  password: z
    .object({
      over,
      /** Base64. What may be meant, likeliest first; one alone when it is proven. */
      forms: z.array(z.string()).min(1),
      proven: z.boolean(),
      /** Base64: what worked before; null: the site file's. */
      former: z.string().nullable(),
    })
    .nullable(),
  /** `former` until a connection with the wanted one has worked. */
  profile: z.object({ over, wanted: profile, former: profile.nullable() }).nullable(),
  /** `current` null: the site file's. `next` until it has worked. */
  client: z.object({ over, current: pair.nullable(), next: pair.nullable() }).nullable(),
  /** PEM: keys whose certificate has not come yet, newest first. */
  keys: z.array(z.string()),
  roots: z.array(
    z.object({
      use: z.enum(['csms-root', 'manufacturer-root']),
      certificate: z.string(),
      /** Who signed it when it did not sign itself. */
      issuer: z.string().nullable(),
      /** Goes when a connection has worked with the one that replaces it. */
      isFallback: z.boolean(),
    }),
  ),
})
export type AccessState = z.output<typeof accessState>
export type InstalledRoot = AccessState['roots'][number]

export function emptyState(site: SiteAccess): AccessState {
  return { version: 1, host: hostOf(site), password: null, profile: null, client: null, keys: [], roots: [] }
}

/** The state without what the person has changed since in the site file. At another host nothing is proven any more. */
export function broughtUpToDate(state: AccessState, site: SiteAccess): AccessState {
  const password = state.password?.over === passwordMark(site) ? state.password : null
  const wished = state.profile?.over === profileMark(site) ? state.profile : null
  const client = state.client?.over === clientMark(site) ? state.client : null
  const host = hostOf(site)
  if (host === state.host) return { ...state, password, profile: wished, client }
  return {
    ...state,
    host,
    password: password === null ? null : { ...password, proven: false, former: null },
    profile: wished === null ? null : { ...wished, former: site.profile },
    client: client === null ? null : { ...client, current: null, next: client.next ?? client.current },
  }
}

/** `forms`: what the new password may mean, base64. What worked before stays until one of them has worked. */
export function withPassword(state: AccessState, site: SiteAccess, forms: readonly string[]): AccessState {
  const stored = state.password
  const former = stored?.proven === true ? (stored.forms[0] ?? null) : (stored?.former ?? null)
  return { ...state, password: { over: passwordMark(site), forms: [...forms], proven: false, former } }
}

export function withProfile(state: AccessState, site: SiteAccess, wanted: SecurityProfile): AccessState {
  const former = state.profile?.former ?? state.profile?.wanted ?? site.profile
  return { ...state, profile: { over: profileMark(site), wanted, former } }
}

export function withClient(state: AccessState, site: SiteAccess, next: ClientPair): AccessState {
  const client = { over: clientMark(site), current: state.client?.current ?? null, next }
  return { ...state, client, keys: state.keys.filter((key) => key !== next.privateKey) }
}

export function passwordMark({ password }: SiteAccess): string {
  return password === null ? '' : hash('sha256', password)
}

function profileMark(site: SiteAccess): string {
  return hash('sha256', JSON.stringify([site.profile, new URL(site.url).protocol]))
}

function clientMark({ certificate, privateKey }: SiteAccess): string {
  return certificate === null ? '' : hash('sha256', JSON.stringify([certificate, privateKey]))
}

function hostOf({ url }: SiteAccess): string {
  return new URL(url).hostname
}
