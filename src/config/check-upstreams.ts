/** Upstreams: address, security profile, password and certificates that fit each other; the files are read here. */
import { error, warning, type Finding } from './problem.ts'
import { fileProblem, readableByAll, readSecret } from './read-secret.ts'
import { readPemFile, type SecretFolders } from './secret-file.ts'
import { Secret, type UpstreamConfig } from './site-config.ts'
import type { SiteEntries } from './site-entries.ts'
import type { UpstreamEntry } from './site-schema.ts'
import { nearestHint } from './nearest-name.ts'

export interface UpstreamReading {
  readonly upstreams: readonly UpstreamConfig[]
  readonly findings: readonly Finding[]
}

/** OCPP 1.6 security whitepaper, AuthorizationKey: 16 to 40 bytes. Operators do give others; too long for any is refused. */
const MIN_PASSWORD_BYTES = 16
const MAX_PASSWORD_BYTES = 64

export async function checkUpstreams(
  entries: SiteEntries,
  folders: SecretFolders,
  versions: readonly string[] | null,
): Promise<UpstreamReading> {
  const findings: Finding[] = []
  const upstreams: UpstreamConfig[] = []
  for (const [id, entry] of entries.upstreams.valid) {
    const upstream = await readUpstream(id, entry, folders, versions, findings)
    if (upstream !== null) upstreams.push(upstream)
  }
  return { upstreams, findings }
}

async function readUpstream(
  id: string,
  entry: UpstreamEntry,
  folders: SecretFolders,
  versions: readonly string[] | null,
  findings: Finding[],
): Promise<UpstreamConfig | null> {
  const path = ['upstreams', id]
  const before = findings.length
  if (versions !== null && !versions.includes(entry.ocpp)) {
    findings.push(
      error([...path, 'ocpp'], `OCPP ${entry.ocpp.slice(0, 10)} is not spoken here`, nearestHint(entry.ocpp, versions)),
    )
  }
  const address = readAddress(entry.url)
  if ('problem' in address) findings.push(error([...path, 'url'], address.problem, address.hint))
  const secure = entry['secure-url'] === undefined ? null : readAddress(entry['secure-url'])
  if (secure !== null) checkSecureUrl(secure, address, [...path, 'secure-url'], findings)
  const profile = 'problem' in address ? null : chooseProfile(entry, address, path, findings)

  const password =
    entry.password === undefined ? null : await readPassword(entry.password, [...path, 'password'], folders, findings)
  const pem = async (key: 'ca' | 'certificate' | 'key'): Promise<string | null> => {
    const file = entry[key]
    if (file === undefined) return null
    const result = await readPemFile(file, key === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE', folders)
    if ('problem' in result) {
      findings.push(fileProblem([...path, key], result))
      return null
    }
    if (key === 'key' && result.worldReadable) findings.push(readableByAll([...path, key]))
    return result.path
  }
  const certificateAuthorityFile = await pem('ca')
  const clientCertificateFile = await pem('certificate')
  const clientKeyFile = await pem('key')
  const wrong = findings.slice(before).some((finding) => finding.severity === 'error')
  if (wrong || profile === null || 'problem' in address) return null
  return {
    id,
    url: address.url,
    secureUrl: secure === null || 'problem' in secure ? null : secure.url,
    ocpp: entry.ocpp,
    securityProfile: profile,
    password,
    certificateAuthorityFile,
    clientCertificateFile,
    clientKeyFile,
    keyType: entry['key-type'],
    additionalRootCheck: entry['additional-root-check'],
  }
}

interface Address {
  readonly url: string
  readonly encrypted: boolean
  readonly loopback: boolean
}

interface BadAddress {
  readonly problem: string
  readonly hint: string
}

function checkSecureUrl(
  secure: Address | BadAddress,
  address: Address | BadAddress,
  path: readonly string[],
  findings: Finding[],
): void {
  if ('problem' in secure) findings.push(error(path, secure.problem, secure.hint))
  else if (!secure.encrypted) findings.push(error(path, 'is not encrypted', 'write `wss://`'))
  else if (!('problem' in address) && address.encrypted)
    findings.push(error(path, '`url` is encrypted already', 'delete `secure-url`'))
}

function readAddress(text: string): Address | BadAddress {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return { problem: 'is not an address', hint: 'write for example `wss://csms.example.com/ocpp`' }
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    return { problem: 'is not the address of a WebSocket', hint: 'it begins with `wss://` (or `ws://`)' }
  }
  // never shown: it may hold the password
  if (url.username !== '' || url.password !== '') {
    return {
      problem: 'holds a user name or password',
      hint: 'write `password: {secret: NAME}` and put it in the file secrets/NAME',
    }
  }
  if (url.search !== '' || url.hash !== '') {
    return { problem: 'has a `?` or `#`', hint: 'the id of the station is appended to the path: delete them' }
  }
  if (/\s/.test(text)) return { problem: 'holds a space', hint: 'delete it' }
  return { url: url.href.replace(/\/+$/, ''), encrypted: url.protocol === 'wss:', loopback: isLoopback(url.hostname) }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function chooseProfile(
  entry: UpstreamEntry,
  address: Address,
  path: readonly string[],
  findings: Finding[],
): UpstreamConfig['securityProfile'] | null {
  const before = findings.length
  const complain = (key: string | null, message: string, hint: string): void => {
    findings.push(error(key === null ? path : [...path, key], message, hint, key === null ? 'key' : 'value'))
  }
  if ((entry.certificate === undefined) !== (entry.key === undefined)) {
    const [has, lacks] = entry.key === undefined ? ['certificate', 'key'] : ['key', 'certificate']
    complain(has, `\`${lacks}\` is missing`, 'certificate and key go together')
  }
  const hasCertificate = entry.certificate !== undefined
  const hasPassword = entry.password !== undefined
  const profile = entry['security-profile'] ?? impliedProfile(hasCertificate, hasPassword, address.encrypted)
  if (profile === null) {
    complain('url', '`password` is missing', 'security profile 2 needs one; without any, write `security-profile: 0`')
    return null
  }
  if (profile >= 2 && !address.encrypted) {
    complain('url', `security profile ${profile} needs TLS`, 'write `wss://`, or lower `security-profile`')
  }
  if (profile === 1 && address.encrypted)
    complain('security-profile', 'profile 1 is without TLS', 'with `wss://` it is 2')
  if (profile === 1 || profile === 2) {
    if (!hasPassword)
      complain(null, '`password` is missing', `security profile ${profile} needs one: \`password: {secret: NAME}\``)
    if (hasCertificate)
      complain('certificate', `security profile ${profile} has no client certificate`, 'with one it is 3')
  } else if (hasPassword) {
    complain(
      'password',
      `security profile ${profile} has no password`,
      profile === 0 ? 'with one it is 1 or 2' : 'the certificate takes its place',
    )
  }
  if (profile === 0 && hasCertificate)
    complain('certificate', 'security profile 0 has no client certificate', 'with one it is 3')
  if (profile === 3 && !hasCertificate && entry.key === undefined) {
    complain(null, '`certificate` and `key` are missing', 'security profile 3 needs both')
  }
  if (!address.encrypted) {
    if (entry.ca !== undefined && entry['secure-url'] === undefined)
      complain('ca', '`ws:` has no certificates', 'write `wss://`, name a `secure-url`, or delete it')
    if (!address.loopback && !entry.insecure) {
      complain(
        'url',
        'is not encrypted: all can be read and changed on the way',
        'write `wss://`; on a network that is yours alone, allow it with `insecure: true`',
      )
    }
  }
  if (findings.length > before) return null
  return profile === 1 || profile === 2 || profile === 3 ? profile : 0
}

function impliedProfile(hasCertificate: boolean, hasPassword: boolean, encrypted: boolean): number | null {
  if (hasCertificate) return 3
  if (hasPassword) return encrypted ? 2 : 1
  return encrypted ? null : 0
}

async function readPassword(
  source: NonNullable<UpstreamEntry['password']>,
  path: readonly string[],
  folders: SecretFolders,
  findings: Finding[],
): Promise<Secret | null> {
  const read = await readSecret(source, { what: 'password', maxBytes: MAX_PASSWORD_BYTES }, path, folders, findings)
  if (read === null) return null
  if (read.bytes.length < MIN_PASSWORD_BYTES) {
    findings.push(
      warning(read.path, 'this password is short', `OCPP wants at least ${MIN_PASSWORD_BYTES} bytes: ask the operator`),
    )
  }
  return new Secret(read.bytes)
}
