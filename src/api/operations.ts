/** `POST /api/v1/stations/...`: calls with a key that do something at a station. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { ApiAction, ApiKeyConfig } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'
import type { Presented, SiteOperations, Unknown } from '../site/facade.ts'
import { KeyGuard } from './key-guard.ts'
import type { ApiLog } from './observed-site.ts'
import { problem } from './problem.ts'

export interface ApiOperations {
  readonly site: SiteOperations
  readonly keys: readonly ApiKeyConfig[]
}

type App = Hono<{ Bindings: HttpBindings }>
type Call = Context<{ Bindings: HttpBindings }>

interface Granted {
  readonly key: ApiKeyConfig
  readonly stationId: string
  /** Null: the path names none. */
  readonly evse: number | null
}

export const OPERATIONS_PATH = '/api/v1/stations/'
const MAX_BODY_BYTES = 1024

/** OCPP 1.6 §7.28: at most 20 characters; what a reader or a person could give. */
const idToken = z
  .string()
  .regex(/^[\u0021-\u007E]+(?: [\u0021-\u007E]+)*$/)
  .max(20)
const tokenBody = z.strictObject({ idToken })
const noBody = z.strictObject({})

export function addOperations(app: App, { site, keys }: ApiOperations, clock: Clock, log: ApiLog): void {
  const guard = new KeyGuard(keys, clock)

  const granted = (c: Call, action: ApiAction): Granted | Response => {
    const address = c.env.incoming.socket.remoteAddress ?? ''
    const caller = guard.judge(c.req.header('authorization'), address)
    if (caller.verdict === 'refused') {
      log.warn({ address }, 'a call of the API was refused: its key is missing or wrong')
      return withHeader(problem(401, 'API_KEY_REFUSED', 'nothing was done'), 'www-authenticate', 'Bearer')
    }
    if (caller.verdict !== 'known') {
      const code = caller.verdict === 'locked-out' ? 'API_LOCKED_OUT' : 'API_TOO_MANY_CALLS'
      const refusal = problem(429, code, `come again in ${caller.retrySeconds} s`)
      return withHeader(refusal, 'retry-after', String(caller.retrySeconds))
    }
    const { key } = caller
    const stationId = c.req.param('station') ?? ''
    const place = c.req.param('evse')
    // before it is looked up: who may not be there learns nothing of what is there
    if (!key.allow.includes(action)) return problem(403, 'API_NOT_ALLOWED', `${key.name} may not \`${action}\``)
    if (key.stationIds !== null && !key.stationIds.includes(stationId))
      return problem(403, 'API_NOT_ALLOWED', `${key.name} may do nothing at this station`)
    if (place === undefined) return { key, stationId, evse: null }
    return /^[1-9]\d{0,3}$/.test(place) ? { key, stationId, evse: Number(place) } : unknown('unknown-evse')
  }

  const call =
    <Body>(action: ApiAction, schema: z.ZodType<Body>, act: (grant: Granted, body: Body) => Promise<Response>) =>
    async (c: Call): Promise<Response> => {
      const grant = granted(c, action)
      if (grant instanceof Response) return grant
      const body = await readBody(c, schema)
      if (body instanceof Response) return body
      const answer = await act(grant, body.value)
      const where = grant.evse === null ? grant.stationId : `${grant.stationId}/${grant.evse}`
      log.info({ key: grant.key.name, status: answer.status }, `${grant.key.name}: ${action} at ${where}`)
      return answer
    }

  const token = call('token', tokenBody, async ({ stationId, evse }, body) =>
    presented(await site.presentToken(stationId, evse, body.idToken)),
  )
  app.post(`${OPERATIONS_PATH}:station/token`, token)
  app.post(`${OPERATIONS_PATH}:station/evses/:evse/token`, token)
  app.post(
    `${OPERATIONS_PATH}:station/evses/:evse/stop`,
    call('stop', noBody, async ({ stationId, evse }) => {
      const outcome = evse === null ? 'unknown-evse' : await site.stopSession(stationId, evse)
      if (outcome === 'no-session') return problem(409, 'API_NO_SESSION', `at connector ${evse}`)
      return outcome === 'stopped' ? done({ outcome }) : unknown(outcome)
    }),
  )
  app.post(
    `${OPERATIONS_PATH}:station/evses/:evse/unlock`,
    call('unlock', noBody, async ({ stationId, evse }) => {
      const outcome = evse === null ? 'unknown-evse' : await site.unlock(stationId, evse)
      if (outcome === 'failed') return problem(409, 'API_UNLOCK_FAILED', 'the log has the reason')
      if (outcome === 'not-supported') return problem(409, 'API_UNLOCK_UNSUPPORTED', `at connector ${evse}`)
      return outcome === 'unlocked' ? done({ outcome }) : unknown(outcome)
    }),
  )
}

function presented(result: Presented | Unknown): Response {
  if (typeof result === 'string') return unknown(result)
  const { outcome, evse, reason } = result
  return outcome === 'refused'
    ? problem(409, 'API_TOKEN_REFUSED', reason ?? 'not accepted')
    : done({ outcome, evse, reason })
}

function unknown(what: Unknown): Response {
  return problem(404, 'API_STATION_UNKNOWN', what === 'unknown-station' ? 'no station of that id' : 'no such connector')
}

function done(body: object): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}

function withHeader(response: Response, name: string, value: string): Response {
  response.headers.set(name, value)
  return response
}

/** What was sent, as far as the schema knows it. An empty body is `{}`. What it holds is repeated nowhere: it may be a card's number. */
async function readBody<Body>(c: Call, schema: z.ZodType<Body>): Promise<{ readonly value: Body } | Response> {
  const bytes = await limited(c.req.raw.body)
  if (bytes === null) return problem(413, 'API_BODY_TOO_LARGE', `${MAX_BODY_BYTES} bytes are the limit`)
  if (bytes.length > 0 && !/^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? ''))
    return problem(415, 'API_REQUEST_INVALID', 'content-type is not application/json')
  let data: unknown = {}
  try {
    if (bytes.length > 0) data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return problem(400, 'API_REQUEST_INVALID', 'the body is not JSON')
  }
  const result = schema.safeParse(data)
  if (result.success) return { value: result.data }
  const [issue] = result.error.issues
  const where = issue?.path.join('.') ?? ''
  return problem(400, 'API_REQUEST_INVALID', explain(where))
}

function explain(where: string): string {
  if (where === 'idToken') return '`idToken` is 1 to 20 printable characters without spaces around them'
  return 'the body has other keys than this call takes'
}

/** Null: longer than allowed; the rest is not read. */
async function limited(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let length = 0
  if (body === null) return new Uint8Array()
  for await (const part of body) {
    length += part.length
    if (length > MAX_BODY_BYTES) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}
