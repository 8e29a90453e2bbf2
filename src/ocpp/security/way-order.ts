import type { BridgeError } from '../../model/errors.ts'
import { tlsSecurityEvent } from './tls-errors.ts'
import { type Way, isSameWay } from './ways.ts'

/** A new profile leads to another port: so often it may be silent there before the former one has its turn. */
const SILENT_ATTEMPTS = 3

/** Whose turn it is among the ways to a CSMS: the newest first, and the next one when it is refused. What works stays. */
export class WayOrder {
  #preferred: Way | null = null
  #silent = 0
  #proven: Way | null = null

  choose(ways: readonly Way[]): Way | null {
    const preferred = this.#preferred
    return ways.find((way) => preferred !== null && isSameWay(way, preferred)) ?? ways[0] ?? null
  }

  /** A change was made: the newest first again. */
  restart(): void {
    this.#preferred = null
    this.#silent = 0
  }

  worked(way: Way): void {
    this.#preferred = way
    this.#proven = way
    this.#silent = 0
  }

  failed(way: Way, error: BridgeError, ways: readonly Way[]): void {
    const at = ways.findIndex((other) => isSameWay(other, way))
    const later = [...ways.slice(at + 1), ...ways.slice(0, Math.max(at, 0))]
    const wasCut = isCut(error)
    // A line that is cut says nothing against what has worked before; a refusal does.
    if (wasCut && this.#proven !== null && isSameWay(this.#proven, way)) return
    if (wasCut || blamesTheWay(error)) this.#turnTo(later[0])
    else if (++this.#silent >= SILENT_ATTEMPTS) this.#turnTo(later.find(({ url }) => url !== way.url))
  }

  #turnTo(way: Way | undefined): void {
    this.#silent = 0
    if (way !== undefined) this.#preferred = way
  }
}

/** The CSMS was there and did not want us, or we not it. A silent or broken CSMS is no fault of password or certificate. */
function blamesTheWay({ code, cause }: BridgeError): boolean {
  if (code === 'CSMS_REFUSED' || code === 'CSMS_PROTOCOL' || code === 'CONFIG_INVALID') return true
  return cause instanceof Error && tlsSecurityEvent(cause) !== null
}

/** Some CSMSs cut the line when they do not like a password or certificate, before or after the handshake. */
function isCut({ code, cause }: BridgeError): boolean {
  return code === 'LINK_CLOSED' || (cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET')
}
