/** Addresses of devices as text, whatever the driver: `scheme://user:password@HOST:PORT/path?settings`, `scheme:/dev/port?settings`. */

export interface AddressParts {
  /** In lower case. */
  readonly scheme: string
  /** `user:password` as it stands there; null: none. */
  readonly login: string | null
  /** In lower case, an IPv6 address in its brackets; null: there is no `//`. */
  readonly host: string | null
  /** As written; null: none. */
  readonly port: string | null
  /** With its `/`, or empty. */
  readonly path: string
  /** What follows the `?`. */
  readonly settings: string
}

export interface AddressLogin {
  readonly user: string
  readonly password: string
}

const ADDRESS = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?]*)(?:\?(.*))?$/is
const AUTHORITY = /^(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(.*))?$/s

/** Null: there is no scheme. What it takes apart may still be no address: the drivers judge that. */
export function splitAddress(text: string): AddressParts | null {
  const [, scheme, authority, path = '', settings = ''] = ADDRESS.exec(text) ?? []
  if (scheme === undefined) return null
  const [, login = null, host = '', port = null] = authority === undefined ? [] : (AUTHORITY.exec(authority) ?? [])
  return {
    scheme: scheme.toLowerCase(),
    login,
    host: authority === undefined ? null : host.toLowerCase(),
    port,
    path,
    settings,
  }
}

export function joinAddress({ scheme, login, host, port, path, settings }: AddressParts): string {
  const place = host === null ? '' : `//${login === null ? '' : `${login}@`}${host}${port === null ? '' : `:${port}`}`
  return `${scheme}:${place}${path}${settings === '' ? '' : `?${settings}`}`
}

/** The address with a login in front of its host, percent-encoded (RFC 3986, 3.2.1). An address without a host stays as it is. */
export function withLogin(address: string, { user, password }: AddressLogin): string {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return address.replace(/^([^:]*:\/\/)/, (begin) => begin + login + '@')
}

export function withSetting(address: string, name: string, value: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`
}

/** The address as it may be shown: without user, password and key, whatever else is wrong with it. */
export function withoutSecrets(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1').replaceAll(/([?&]key=)[^&]*/gi, '$1***')
}
