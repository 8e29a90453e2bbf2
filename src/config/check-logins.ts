/** Logins and keys of devices: only where the connection has one, read from files of their own, and judged by the driver. */
import { withLogin, withSetting } from '../model/address.ts'
import { judge, type Connection } from './connection.ts'
import { error, type ConfigPath, type Finding } from './problem.ts'
import { readSecret } from './read-secret.ts'
import type { SecretFolders } from './secret-file.ts'
import { Secret, type DeviceAddress } from './site-config.ts'
import type { SiteEntries } from './site-entries.ts'
import type { StationEntry } from './site-schema.ts'

export type DeviceSecrets = Pick<DeviceAddress, 'login' | 'key'>

export interface LoginReading {
  /** By `meters/ID`, `stations/ID` and `signals/ID`. */
  readonly secrets: ReadonlyMap<string, DeviceSecrets>
  readonly findings: readonly Finding[]
}

/** So that user and password, percent-encoded, fit in an address. */
const MAX_PASSWORD_BYTES = 128
const MAX_KEY_BYTES = 64

/** @param connections those that could be read, by `meters/ID` and `stations/ID` */
export async function checkLogins(
  entries: SiteEntries,
  connections: ReadonlyMap<string, Connection>,
  folders: SecretFolders,
): Promise<LoginReading> {
  const findings: Finding[] = []
  const secrets = new Map<string, DeviceSecrets>()
  for (const section of ['meters', 'stations'] as const) {
    for (const [id, entry] of entries[section].valid) {
      const connection = connections.get(`${section}/${id}`) ?? null
      const login = await readLogin(entry.login, connection, [section, id, 'login'], folders, findings)
      const key = await readKey(entry.key, connection, [section, id, 'key'], folders, findings)
      secrets.set(`${section}/${id}`, { login, key })
    }
  }
  for (const [id, { login: written }] of entries.signals.valid) {
    const connection = connections.get(`signals/${id}`) ?? null
    const login = await readLogin(written, connection, ['signals', id, 'login'], folders, findings)
    secrets.set(`signals/${id}`, { login, key: null })
  }
  return { secrets, findings }
}

async function readLogin(
  entry: StationEntry['login'],
  connection: Connection | null,
  path: ConfigPath,
  folders: SecretFolders,
  findings: Finding[],
): Promise<DeviceSecrets['login']> {
  if (entry === undefined) return null
  if (connection !== null && !connection.scheme.login) {
    findings.push(error(path, `a connection of \`${connection.scheme.name}\` knows no login`, 'delete it', 'key'))
    return null
  }
  const read = await readText(entry.password, 'password', MAX_PASSWORD_BYTES, [...path, 'password'], folders, findings)
  if (read === null) return null
  const { user } = entry
  if (connection !== null) {
    const judged = judge(withLogin(connection.connect, { user, password: read.text }), connection.scheme)
    if (typeof judged !== 'string') {
      findings.push(error(path, judged.problem, 'ask for another user name or a shorter password'))
      return null
    }
  }
  return { user, password: new Secret(read.bytes) }
}

async function readKey(
  entry: StationEntry['key'],
  connection: Connection | null,
  path: ConfigPath,
  folders: SecretFolders,
  findings: Finding[],
): Promise<Secret | null> {
  if (entry === undefined) return null
  if (connection !== null && !connection.scheme.settings.includes('key')) {
    findings.push(error(path, `a connection of \`${connection.scheme.name}\` knows no key`, 'delete it', 'key'))
    return null
  }
  const read = await readText(entry, 'key', MAX_KEY_BYTES, path, folders, findings)
  if (read === null) return null
  if (connection !== null) {
    const judged = judge(withSetting(connection.connect, 'key', read.text), connection.scheme)
    if (typeof judged !== 'string') {
      findings.push(error(path, judged.problem, 'the file holds the key as the grid operator gave it, in one line'))
      return null
    }
  }
  return new Secret(read.bytes)
}

async function readText(
  source: NonNullable<StationEntry['key']>,
  what: string,
  maxBytes: number,
  path: ConfigPath,
  folders: SecretFolders,
  findings: Finding[],
): Promise<{ readonly bytes: Uint8Array; readonly text: string } | null> {
  const read = await readSecret(source, { what, maxBytes }, path, folders, findings)
  if (read === null) return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(read.bytes)
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    if (!/[\u0000-\u001F\u007F]/.test(text)) return { bytes: read.bytes, text }
  } catch {
    // not UTF-8: the finding says so
  }
  findings.push(error(read.path, `this file holds no ${what}`, 'one line of text (UTF-8)'))
  return null
}
