import type { CsmsRequest } from '../../model/csms-request.ts'
import type { CallRefusal } from '../../model/ocpp-version.ts'

/** Makes a payload neutral that the schema has passed; refuses what the schema leaves open. Never throws. */
export type Decoder = (payload: unknown) => CsmsRequest | CallRefusal

/** `code` is one of OCPP-J 1.6 §4.2.3. The description holds nothing of the payload. */
export function refusal(code: string, description: string): CallRefusal {
  return { refused: true, code, description }
}

/** The schema has passed it, but the value cannot be meant. */
export function outOfRange(field: string): CallRefusal {
  return refusal('PropertyConstraintViolation', `${field} is out of range`)
}

export function badConnector(): CallRefusal {
  return outOfRange('connectorId')
}
