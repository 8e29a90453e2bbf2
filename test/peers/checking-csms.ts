/**
 * The scripted CSMS with a second opinion: it checks every frame of a station with the schemas of another OCPP library
 * (mobilityhouse/ocpp, MIT: folder `ocpp/v16/schemas`). The schemas are not ours to ship: AMPBRIDGE_OCPP_SCHEMAS names a folder
 * that holds them; without it these checks are skipped.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import { parseDateTime } from '../../src/ocpp/v16/date-time.ts'
import type { Peer } from './require-peer.ts'
import { startScriptedCsms } from './scripted-csms.ts'
import type { ScriptedCsms, ScriptedCsmsOptions } from './scripted-csms.ts'

const DIRECTORY = process.env['AMPBRIDGE_OCPP_SCHEMAS'] ?? ''

/** For `describeWithPeers`. Never required: nobody can install it from a package. */
export const otherSchemas: Peer = {
  name: 'mobilityhouse/ocpp schemas',
  available: DIRECTORY !== '' && existsSync(join(DIRECTORY, 'BootNotification.json')),
  reason: 'AMPBRIDGE_OCPP_SCHEMAS names no folder with the schemas of mobilityhouse/ocpp',
}

export interface CheckingCsms extends ScriptedCsms {
  /** What the other library would not have taken. */
  readonly complaints: readonly string[]
  /** How many payloads were checked: a test that checks none proves nothing. */
  readonly checked: () => number
}

export async function startCheckingCsms(options: ScriptedCsmsOptions = {}): Promise<CheckingCsms> {
  const schemas = new OtherSchemas()
  const complaints: string[] = []
  let checked = 0
  const check = (name: string, payload: unknown): void => {
    checked++
    const complaint = schemas.complaint(name, payload)
    if (complaint !== null) complaints.push(`${name}: ${complaint}`)
  }
  const { react = (): undefined => undefined } = options
  const csms = await startScriptedCsms({
    ...options,
    react(call) {
      check(call.action, call.payload)
      return react(call)
    },
  })
  return {
    ...csms,
    get transactions() {
      return csms.transactions
    },
    complaints,
    checked: () => checked,
    react: (next) =>
      csms.react((call) => {
        check(call.action, call.payload)
        return next(call)
      }),
    async call(stationId, action, payload, messageId) {
      check(action, payload)
      const answer = await csms.call(stationId, action, payload, messageId)
      if (answer[0] === 3) check(`${action}Response`, answer[2])
      else complaints.push(`${action}: answered with ${JSON.stringify(answer)}`)
      return answer
    },
  }
}

class OtherSchemas {
  readonly #ajv = new Ajv({ strict: false, multipleOfPrecision: 6 })
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor() {
    this.#ajv.addFormat('date-time', (text) => parseDateTime(text) !== null)
    this.#ajv.addFormat('uri', (text) => URL.canParse(text))
  }

  /** `name` as the library calls its file: `Reset` or `ResetResponse`. */
  complaint(name: string, payload: unknown): string | null {
    let validate = this.#compiled.get(name)
    if (validate === undefined) {
      const schema = JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), 'utf8')) as Record<string, unknown>
      // Draft 4, of which these schemas use only what later drafts kept.
      const { $schema: _draft, id: _id, ...body } = schema
      validate = this.#ajv.compile(body)
      this.#compiled.set(name, validate)
    }
    return validate(payload) ? null : this.#ajv.errorsText(validate.errors)
  }
}
