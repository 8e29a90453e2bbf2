/** Keys of the API: read from files of their own, long enough, one for each name. What they hold appears in no finding. */
import { stationOfMembers } from './check-members.ts'
import { nearestHint } from './nearest-name.ts'
import { error, warning, type Finding } from './problem.ts'
import { readSecret } from './read-secret.ts'
import type { SecretFolders } from './secret-file.ts'
import { Secret, type ApiAction, type ApiKeyConfig, type WebConfig } from './site-config.ts'
import type { SiteEntries } from './site-entries.ts'
import type { ApiKeyEntry } from './site-schema.ts'

export interface ApiKeyReading {
  readonly apiKeys: readonly ApiKeyConfig[]
  readonly findings: readonly Finding[]
}

/** The characters of a bearer token (RFC 6750 b64token), in a length that nobody guesses. */
const KEY = /^[A-Za-z0-9._~+/=-]{16,128}$/

export async function checkApiKeys(
  entries: SiteEntries,
  folders: SecretFolders,
  web: WebConfig | null,
): Promise<ApiKeyReading> {
  const findings: Finding[] = []
  const apiKeys: ApiKeyConfig[] = []
  if (entries.hasApi && entries.web === null) {
    findings.push(error(['api'], 'there is no API that could be called', 'add `web: {listen: HOST:PORT}`', 'key'))
  }
  if (entries.hasApi && web !== null && !web.loopback) {
    findings.push(
      warning(['api'], 'the keys cross this network unencrypted', 'put a reverse proxy with TLS in front of it', 'key'),
    )
  }
  const seen = new Map<string, string>()
  for (const [name, entry] of entries.apiKeys.valid) {
    findings.push(...checkPlaces(name, entry, entries), ...checkReach(name, entry), ...checkVoice(name, entry, entries))
    const path = ['api', 'keys', name]
    const read = await readSecret(entry, { what: 'key', maxBytes: 128 }, path, folders, findings)
    if (read === null) continue
    const text = Buffer.from(read.bytes).toString('latin1')
    if (!KEY.test(text)) {
      findings.push(
        error(read.path, 'this file holds no key', '16 to 128 letters, digits and - _ . ~ + / =, in one line'),
      )
      continue
    }
    const twin = seen.get(text)
    if (twin !== undefined) {
      findings.push(error(read.path, `is the key of \`${twin}\``, 'give each its own, so that one can be taken away'))
    }
    seen.set(text, name)
    const { allow, stations, signals } = entry
    const key = new Secret(read.bytes)
    apiKeys.push({ name, key, allow: [...new Set(allow)], stationIds: stations ?? null, signalIds: signals ?? null })
  }
  return { apiKeys, findings }
}

/** What is allowed for the whole site is not narrowed by a list of stations. */
const SITE_ACTIONS: ReadonlySet<ApiAction> = new Set<ApiAction>(['limit', 'parameters'])

function checkReach(name: string, { allow, stations }: ApiKeyEntry): readonly Finding[] {
  const index = allow.findIndex((action) => SITE_ACTIONS.has(action))
  if (stations === undefined || index < 0) return []
  const at = ['api', 'keys', name, 'allow', index]
  return [error(at, 'is for the whole site, but the key names stations', 'give it a key of its own without `stations`')]
}

/** It speaks for signals that are there, that the API may set, and only where it may speak at all. */
function checkVoice(name: string, { allow, signals }: ApiKeyEntry, entries: SiteEntries): readonly Finding[] {
  if (signals === undefined) return []
  const path = ['api', 'keys', name, 'signals']
  if (!allow.includes('limit')) return [error(path, 'goes with `allow: [limit]`', 'add `limit`, or delete it', 'key')]
  return signals.flatMap((id, index) => {
    if (!entries.signals.ids.has(id)) {
      const hint = nearestHint(id, entries.signals.ids)
      return [error([...path, index], `there is no signal \`${id.slice(0, 60)}\``, hint)]
    }
    const signal = entries.signals.valid.get(id)
    const isRead = signal !== undefined && (signal.connect ?? signal.bus ?? signal.mqtt) !== undefined
    return isRead
      ? [error([...path, index], 'is a contact or a topic', 'name one without `connect`, `bus` and `mqtt`')]
      : []
  })
}

function checkPlaces(name: string, { stations }: ApiKeyEntry, entries: SiteEntries): readonly Finding[] {
  const members = stationOfMembers(entries)
  const known = new Set([...entries.stations.ids, ...entries.groups.ids])
  return (stations ?? []).flatMap((id, index) => {
    const at = ['api', 'keys', name, 'stations', index]
    const station = members.get(id)
    if (station !== undefined) return [error(at, `is a member of \`${station}\``, `name \`${station}\``)]
    return known.has(id) ? [] : [error(at, `there is no station \`${id.slice(0, 60)}\``, nearestHint(id, known))]
  })
}
