/**
 * Checks payloads against the official schemas. Each schema is compiled when it is first needed: a station uses a dozen
 * of the 78, and compiling all of them at start costs more than everything else (55 ms against 12 ms).
 */
import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { BridgeError } from '../../model/errors.ts'
import { parseDateTime } from './date-time.ts'
import { isLocation } from './location.ts'
import schemas from './schemas.json' with { type: 'json' }

/** OCPP-J 1.6 §4.2.3; `OccurenceConstraintViolation` is spelled so there. */
type SchemaFaultCode =
  | 'FormationViolation'
  | 'PropertyConstraintViolation'
  | 'OccurenceConstraintViolation'
  | 'TypeConstraintViolation'

export interface SchemaFault {
  readonly code: SchemaFaultCode
  /** Where and what, from the schema's own words: holds nothing of the payload. */
  readonly text: string
}

// 6.1, 21.4 and 0.3 A are multiples of 0.1: not in binary, hence the precision.
const ajv = new Ajv({ multipleOfPrecision: 6, validateSchema: false })
ajv.addFormat('date-time', (text) => parseDateTime(text) !== null)
ajv.addFormat('uri', isLocation)

const schemaOf: ReadonlyMap<string, object> = new Map(Object.entries(schemas))
const compiled = new Map<string, ValidateFunction>()

/** `name` is an action with `.req` or `.conf`. */
export function hasSchema(name: string): boolean {
  return schemaOf.has(name)
}

/** The first fault of the payload, or null. */
export function schemaFault(name: string, payload: unknown): SchemaFault | null {
  const validate = validatorOf(name)
  if (validate(payload)) return null
  const error = validate.errors?.[0]
  if (error === undefined) return { code: 'FormationViolation', text: 'the payload does not fit its schema' }
  return { code: codeOf(error), text: `${placeOf(error)} ${wordsOf(error)}` }
}

/** Throws FRAME_INVALID when the payload does not fit. `who` begins the sentence. */
export function assertSchema(name: string, payload: unknown, who: string): void {
  const fault = schemaFault(name, payload)
  if (fault !== null) throw new BridgeError('FRAME_INVALID', `${who} ${name}: ${fault.text}`)
}

function validatorOf(name: string): ValidateFunction {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const schema = schemaOf.get(name)
  if (schema === undefined) throw new BridgeError('INTERNAL', `OCPP 1.6 has no message ${name}`)
  const validate = ajv.compile(schema)
  compiled.set(name, validate)
  return validate
}

function codeOf(error: ErrorObject): SchemaFaultCode {
  switch (error.keyword) {
    case 'type':
      return error.instancePath === '' ? 'FormationViolation' : 'TypeConstraintViolation'
    case 'required':
    case 'minItems':
    case 'maxItems':
      return 'OccurenceConstraintViolation'
    case 'additionalProperties':
      return 'FormationViolation'
    default:
      return 'PropertyConstraintViolation'
  }
}

/** `/csChargingProfiles/chargingSchedule` -> `csChargingProfiles.chargingSchedule`. Names come from the schema. */
function placeOf(error: ErrorObject): string {
  return error.instancePath === '' ? 'the payload' : error.instancePath.slice(1).replaceAll('/', '.')
}

function wordsOf(error: ErrorObject): string {
  switch (error.keyword) {
    case 'additionalProperties':
      return 'has a property that OCPP 1.6 does not know'
    case 'enum':
      return 'is none of the values that OCPP 1.6 knows'
    default:
      return error.message ?? 'is wrong'
  }
}
