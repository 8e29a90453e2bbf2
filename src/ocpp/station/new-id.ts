/** New ids of transactions and messages. */
import { randomUUID } from 'node:crypto'

/**
 * A UUID of version 7 (RFC 9562 §5.7): it begins with the time, so that what is stored together stands together in the ledger's
 * index. A version 4 would touch, and write, another page for each message. 36 characters, the most that OCPP-J 1.6 allows.
 */
export function newId(wallMs = Date.now()): string {
  const time = Math.max(0, Math.floor(wallMs)).toString(16).padStart(12, '0').slice(-12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
