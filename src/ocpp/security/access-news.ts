/** What a station's security log must hear of its access: kept until somebody listens, and a fault that comes back told once. */
import type { BridgeError } from '../../model/errors.ts'
import type { SecurityEventType } from '../../model/security-event.ts'
import { tlsSecurityEvent } from './tls-errors.ts'

export type AccessListener = (type: SecurityEventType, techInfo: string) => void

/** What happened while nobody listened. */
const KEPT_EVENTS = 20

export class AccessNews {
  readonly #listeners = new Set<AccessListener>()
  #unheard: (readonly [SecurityEventType, string])[] = []
  readonly #toldFaults = new Set<string>()

  /** The first listener also hears what was told before; until the returned function is called. */
  listen(listener: AccessListener): () => void {
    this.#listeners.add(listener)
    for (const [type, techInfo] of this.#unheard.splice(0)) listener(type, techInfo)
    return () => void this.#listeners.delete(listener)
  }

  tell(type: SecurityEventType, techInfo: string): void {
    if (this.#listeners.size === 0) this.#unheard = [...this.#unheard, [type, techInfo] as const].slice(-KEPT_EVENTS)
    for (const listener of this.#listeners) listener(type, techInfo)
  }

  /** The access was changed, by whomever. */
  changed(techInfo: string): void {
    this.tell('ReconfigurationOfSecurityParameters', techInfo)
  }

  /** An attempt to connect has failed: told when it is one of security, and once until a connection works. */
  failed(error: BridgeError): void {
    const type = eventOf(error)
    if (type === null || this.#toldFaults.has(`${type} ${error.message}`)) return
    this.#toldFaults.add(`${type} ${error.message}`)
    this.tell(type, error.message)
  }

  worked(): void {
    this.#toldFaults.clear()
  }
}

function eventOf(error: BridgeError): SecurityEventType | null {
  const { status } = error.details
  if (error.code === 'CSMS_REFUSED')
    return status === 401 || status === 403 ? 'FailedToAuthenticateAtCentralSystem' : null
  return error.cause instanceof Error ? tlsSecurityEvent(error.cause) : null
}
