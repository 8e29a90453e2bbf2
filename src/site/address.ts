/** The address of one device as a driver opens it: of the command line, or of the site file with its secrets. */
import type { DeviceAddress } from '../config/site-config.ts'
import type { Mapping } from '../mapping/index.ts'
import {
  type AddressLogin,
  joinAddress,
  splitAddress,
  withLogin,
  withoutSecrets,
  withSetting,
} from '../model/address.ts'
import type { AddressScheme } from '../model/driver.ts'
import { BridgeError } from '../model/errors.ts'
import type { Registry } from './registry.ts'

export interface OpenableAddress {
  /** With its secrets: for a driver, never for a person. */
  readonly url: string
  /** Serial settings that win over the address's own; null: the address has some, or the driver's are meant. */
  readonly serial: { readonly baud: number; readonly format: string } | null
}

/**
 * Reads an address as a person gives it for one mapping: the mapping's port is meant where it has none, and the
 * mapping's serial settings where it has none. Throws LINK_BAD_URL, without secrets, when the mapping speaks something else, or when there
 * is a login or key where none is known, or two of them.
 */
export function openable(
  registry: Registry,
  mapping: Mapping,
  text: string,
  { login = null, key = null }: { readonly login?: AddressLogin | null; readonly key?: string | null } = {},
): OpenableAddress {
  const bad = (why: string): BridgeError =>
    new BridgeError('LINK_BAD_URL', `${withoutSecrets(text).slice(0, 200)}: ${why}`)
  const { scheme, parts } = schemeOf(registry, text)
  const misfit = misfitOf(registry.addresses, mapping, scheme)
  if (misfit !== null) throw bad(misfit)
  const hasLogin = parts.login !== null || /^[^/]*:\/\/[^/]*@/.test(text)
  if ((hasLogin || login !== null) && !scheme.login) throw bad(`a connection of ${scheme.name} knows no login`)
  if (hasLogin && login !== null) throw bad('there is a login in the address, and another one beside it')
  const { tcpPort } = mapping.transport
  const needsPort = parts.host !== null && parts.port === null && scheme.portOfMapping && tcpPort !== null
  const url = needsPort ? joinAddress({ ...parts, port: String(tcpPort) }) : text
  const hasSerial = /(?:^|&)(?:baud|format)=/.test(parts.settings)
  if (key !== null && !scheme.settings.includes('key')) throw bad(`a connection of ${scheme.name} knows no key`)
  if (key !== null && /(?:^|&)key=/.test(parts.settings))
    throw bad('there is a key in the address, and another one beside it')
  const known = withLoginKind(
    login === null ? url : withLogin(url, login),
    hasLogin || login !== null ? (mapping.documents?.login ?? null) : null,
  )
  return {
    url: key === null ? known : withSetting(known, 'key', key),
    serial: hasSerial ? null : mapping.transport.serial,
  }
}

/** Throws LINK_BAD_URL when the mapping of a device speaks something else than what is found at its address. */
export function assertFits(registry: Registry, mapping: Mapping, connect: string): void {
  const scheme = registry.addresses.find(({ name }) => connect.startsWith(`${name}:`))
  const misfit = scheme === undefined ? null : misfitOf(registry.addresses, mapping, scheme)
  if (misfit !== null) throw new BridgeError('LINK_BAD_URL', `${connect}: ${misfit}`)
}

/** The address of the site file, with login and key in their places. `kind`: the only kind of login that the mapping knows. */
export function revealed({ connect, login, key }: DeviceAddress, kind: 'basic' | 'digest' | null): string {
  const plain = login === null ? connect : withLogin(connect, { user: login.user, password: textOf(login.password) })
  const url = withLoginKind(plain, login === null ? null : kind)
  return key === null ? url : withSetting(url, 'key', textOf(key))
}

/** A mapping may know the only way in: a password that digest protects is then never sent in clear. The address itself may say otherwise. */
function withLoginKind(url: string, kind: 'basic' | 'digest' | null): string {
  return kind === null || /[?&]login=/.test(url) ? url : withSetting(url, 'login', kind)
}

/** What a mapping speaks, in the word of its block or of its telegrams. */
export function wayOf(mapping: Mapping): string {
  return mapping.documents?.speaks ?? 'modbus'
}

function schemeOf(registry: Registry, text: string) {
  const parts = splitAddress(text)
  const scheme = registry.addresses.find(({ name }) => name === parts?.scheme)
  if (parts !== null && scheme !== undefined) return { parts, scheme }
  const examples = registry.addresses.map(({ name }) => name).join(', ')
  throw new BridgeError('LINK_BAD_URL', `no driver for "${withoutSecrets(text).slice(0, 100)}"; known are ${examples}`)
}

function misfitOf(schemes: readonly AddressScheme[], mapping: Mapping, { name, speaks }: AddressScheme): string | null {
  const way = wayOf(mapping)
  if (speaks === way) return null
  const fitting = schemes.filter((scheme) => scheme.speaks === way).map(({ example }) => example)
  return `${mapping.device} speaks ${way}, and ${name} is ${speaks}; what fits is ${fitting.join(', ')}`
}

function textOf(secret: { reveal(): Uint8Array }): string {
  return new TextDecoder().decode(secret.reveal())
}
