/** Ranges that the official schemas leave open. Checked before a number is stored or used to look something up. */

/** OCPP 1.6 `integer` is 32 bits wide (§7): what does not fit is not meant as one, and beyond 2^53 JSON loses digits. */
export const MAX_INTEGER = 2 ** 31 - 1
/** More connectors than any station has. */
const MAX_CONNECTOR_ID = 999

export function isInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_INTEGER
}

/** An integer that cannot be negative. */
export function isCount(value: number): boolean {
  return value >= 0 && isInteger(value)
}

/** `lowest` 0 where the station itself may be meant. */
export function isConnectorId(id: number, lowest: 0 | 1): boolean {
  return id >= lowest && id <= MAX_CONNECTOR_ID
}
