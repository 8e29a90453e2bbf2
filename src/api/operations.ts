/** `POST /api/v1/stations/...`: calls with a key that do something at a station. */
import { z } from 'zod'
import type { ApiKeyConfig } from '../config/site-config.ts'
import type { LimitOperations, ParameterOperations, Presented, SiteOperations, Unknown } from '../site/facade.ts'
import { type App, type BodyRule, done, type KeyedCalls, unknownPlace } from './keyed-calls.ts'
import { problem } from './problem.ts'

export interface ApiOperations {
  readonly site: SiteOperations
  readonly parameters?: ParameterOperations
  readonly limits?: LimitOperations
  readonly keys: readonly ApiKeyConfig[]
}

const STATION = '/api/v1/stations/:station'

const explain = (where: string): string =>
  where === 'idToken'
    ? '`idToken` is 1 to 20 printable characters without spaces around them'
    : 'the body has other keys than this call takes'
/** OCPP 1.6 §7.28: at most 20 characters; what a reader or a person could give. */
const idToken = z
  .string()
  .regex(/^[\u0021-\u007E]+(?: [\u0021-\u007E]+)*$/)
  .max(20)
const tokenBody: BodyRule<{ readonly idToken: string }> = { schema: z.strictObject({ idToken }), explain }
const noBody: BodyRule<object> = { schema: z.strictObject({}), explain }

export function addOperations(app: App, site: SiteOperations, calls: KeyedCalls): void {
  const token = calls.atStation('token', tokenBody, async ({ stationId, evse }, body) =>
    presented(await site.presentToken(stationId, evse, body.idToken)),
  )
  app.post(`${STATION}/token`, token)
  app.post(`${STATION}/evses/:evse/token`, token)
  app.post(
    `${STATION}/evses/:evse/stop`,
    calls.atStation('stop', noBody, async ({ stationId, evse }) => {
      const outcome = evse === null ? 'unknown-evse' : await site.stopSession(stationId, evse)
      if (outcome === 'no-session') return problem(409, 'API_NO_SESSION', `at connector ${evse}`)
      return outcome === 'stopped' ? done({ outcome }) : unknownPlace(outcome)
    }),
  )
  app.post(
    `${STATION}/evses/:evse/unlock`,
    calls.atStation('unlock', noBody, async ({ stationId, evse }) => {
      const outcome = evse === null ? 'unknown-evse' : await site.unlock(stationId, evse)
      if (outcome === 'failed') return problem(409, 'API_UNLOCK_FAILED', 'the log has the reason')
      if (outcome === 'not-supported') return problem(409, 'API_UNLOCK_UNSUPPORTED', `at connector ${evse}`)
      return outcome === 'unlocked' ? done({ outcome }) : unknownPlace(outcome)
    }),
  )
}

function presented(result: Presented | Unknown): Response {
  if (typeof result === 'string') return unknownPlace(result)
  const { outcome, evse, reason } = result
  return outcome === 'refused'
    ? problem(409, 'API_TOKEN_REFUSED', reason ?? 'not accepted')
    : done({ outcome, evse, reason })
}
