/** The URL of a request, read and checked before anything is looked up. */
import { isIP } from 'node:net'

import { refused } from './fault.ts'
import { FILE_TRANSFER_PROTOCOLS, type FileTransferProtocol } from './policy.ts'

export interface Login {
  readonly user: string
  readonly password: string
}

export interface Location {
  readonly protocol: FileTransferProtocol
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  readonly login: Login | null
  /** Begins with `/`, decoded; for FTP and SFTP. */
  readonly path: string
  /** As HTTP sends it: path and query, encoded. */
  readonly requestTarget: string
  /** For logs: no login, no query. */
  readonly redacted: string
}

const PORTS: Readonly<Record<FileTransferProtocol, number>> = { FTP: 21, FTPS: 21, HTTP: 80, HTTPS: 443, SFTP: 22 }
const URL_LENGTH_MAX = 2048

/** Reads a URL. Throws TRANSFER_REFUSED for a scheme we do not carry and for anything that could mean more than it says. */
export function readLocation(url: string): Location {
  const text = url.trim()
  if (text.length > URL_LENGTH_MAX)
    throw refused('file transfer', `the address is longer than ${URL_LENGTH_MAX} characters`)
  // The URL parser drops tabs and line ends silently; FTP would take a line end for a second command.
  if (hasControls(text)) throw refused('file transfer', 'the address holds control characters')
  // Parsers differ on it: some read a slash.
  if (text.includes('\\')) throw refused('file transfer', 'the address holds a backslash')
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? []
  const protocol = FILE_TRANSFER_PROTOCOLS.find((each) => each === scheme.toUpperCase())
  if (protocol === undefined) {
    const named = scheme === '' ? 'an address without a scheme' : `${scheme.toLowerCase()}://`
    throw refused('file transfer', `${named} is not one of ${FILE_TRANSFER_PROTOCOLS.join(', ')}`)
  }
  // The parser would take the first part of the path for the host.
  if (rest.startsWith('/')) throw refused('file transfer', 'the address is not a URL with a host')
  // Only schemes that the standard calls special get 0x7f.1 and other spellings of an address put straight; ftps and sftp are none.
  const parsed = parse(`http://${rest}`)
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  const shown = isIP(host) === 6 ? `[${host}]` : host
  const login = readLogin(parsed, shown)
  const encodedPath = /^[^/?#]*([^?#]*)/.exec(rest)?.[1] ?? ''
  checkPath(encodedPath, shown)
  // A port that is the default of the scheme comes back empty; two schemes with different defaults tell it.
  const port = parsed.port === '' ? parse(`ftp://${rest}`).port : parsed.port
  return {
    protocol,
    host,
    port: port === '' ? PORTS[protocol] : Number(port),
    login,
    path: decode(encodedPath === '' ? '/' : encodedPath, shown),
    requestTarget: `${parsed.pathname}${parsed.search}`,
    redacted: `${protocol.toLowerCase()}://${shown}${port === '' ? '' : `:${port}`}${parsed.pathname}`,
  }
}

/** A URL for a log line: without login and query. Anything that is not a URL is not repeated. */
export function redactedUrl(url: string): string {
  try {
    return readLocation(url).redacted
  } catch {
    return '(not a usable address)'
  }
}

export function hostOf(location: Location): string {
  return isIP(location.host) === 6 ? `[${location.host}]:${location.port}` : `${location.host}:${location.port}`
}

/** What no text of ours may show. */
export function secretsOf(location: Location): readonly string[] {
  return location.login === null || location.login.password === '' ? [] : [location.login.password]
}

/** The file's name as a part of a path. */
export function checkFileName(fileName: string): string {
  if (
    fileName === '' ||
    fileName.length > 255 ||
    fileName === '.' ||
    fileName === '..' ||
    /[/\\]/.test(fileName) ||
    hasControls(fileName)
  )
    throw refused('file transfer', 'the name of the file is not usable')
  return fileName
}

function parse(url: string): URL {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.hostname === '') throw refused('file transfer', 'the address is not a URL with a host')
  return parsed
}

function readLogin(parsed: URL, host: string): Login | null {
  if (parsed.username === '' && parsed.password === '') return null
  const login = { user: decode(parsed.username, host), password: decode(parsed.password, host) }
  if (hasControls(login.user) || hasControls(login.password)) throw refused(host, 'the login holds control characters')
  return login
}

function checkPath(encoded: string, host: string): void {
  const path = decode(encoded, host)
  if (hasControls(path)) throw refused(host, 'the path holds control characters')
  if (path.split(/[/\\]/).includes('..')) throw refused(host, 'the path climbs up with ..')
}

function decode(text: string, host: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused(host, 'the address has a % that encodes nothing')
  }
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text)
}
