/** Calls with a key: who may do what and where, what a body may hold, and how each is refused. All of them count together, so there is one guard. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import type { z } from 'zod'
import type { ApiAction, ApiKeyConfig } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'
import { KeyGuard } from './key-guard.ts'
import type { ApiLog } from './observed-site.ts'
import { problem } from './problem.ts'

export type App = Hono<{ Bindings: HttpBindings }>
export type Call = Context<{ Bindings: HttpBindings }>

/** What a call takes; `explain` says it of a key of the body that is wrong (empty: of the body itself). */
export interface BodyRule<Body> {
  readonly schema: z.ZodType<Body>
  readonly explain: (where: string) => string
}

export interface StationGrant {
  readonly key: ApiKeyConfig
  readonly stationId: string
  /** Null: the path names none. */
  readonly evse: number | null
}

export interface KeyedCalls {
  /** At `:station` and, where the path has it, `:evse`. */
  atStation<Body>(
    action: ApiAction,
    rule: BodyRule<Body>,
    act: (grant: StationGrant, body: Body) => Promise<Response>,
  ): (c: Call) => Promise<Response>
  /** For the site as a whole, or `:circuit` of it: a key that is for some stations only may not. */
  atSite<Body>(
    action: ApiAction,
    rule: BodyRule<Body>,
    act: (key: ApiKeyConfig, body: Body, c: Call) => Promise<Response>,
  ): (c: Call) => Promise<Response>
}

const MAX_BODY_BYTES = 1024

/** Where something other than GET and HEAD may be asked for; everywhere else it is refused before anything is looked at. */
const KEYED_PATHS: readonly (readonly [path: string, ...methods: string[]])[] = [
  ['/api/v1/stations/', 'POST', 'PUT', 'DELETE'],
  ['/api/v1/circuits/', 'PUT', 'DELETE'],
  ['/api/v1/parameters', 'PATCH'],
  ['/api/v1/limits/', 'PUT', 'DELETE'],
]

export function takesKeys(method: string, path: string): boolean {
  return KEYED_PATHS.some(([start, ...methods]) => path.startsWith(start) && methods.includes(method))
}

export function keyedCalls(keys: readonly ApiKeyConfig[], clock: Clock, log: ApiLog): KeyedCalls {
  const guard = new KeyGuard(keys, clock)

  /** Before anything is looked up: who may not be there learns nothing of what is there. */
  const allowed = (c: Call, action: ApiAction): ApiKeyConfig | Response => {
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
    return key.allow.includes(action) ? key : problem(403, 'API_NOT_ALLOWED', `${key.name} may not \`${action}\``)
  }

  const carriedOut = async <Body>(
    c: Call,
    rule: BodyRule<Body>,
    key: ApiKeyConfig,
    what: string,
    act: (body: Body) => Promise<Response>,
  ): Promise<Response> => {
    const body = await readBody(c, rule)
    if (body instanceof Response) return body
    const answer = await act(body.value)
    log.info({ key: key.name, status: answer.status }, `${key.name}: ${what}`)
    return answer
  }

  return {
    atStation: (action, rule, act) => async (c) => {
      const key = allowed(c, action)
      if (key instanceof Response) return key
      const stationId = c.req.param('station') ?? ''
      const place = c.req.param('evse')
      if (key.stationIds !== null && !key.stationIds.includes(stationId))
        return problem(403, 'API_NOT_ALLOWED', `${key.name} may do nothing at this station`)
      if (place !== undefined && !/^[1-9]\d{0,3}$/.test(place)) return unknownPlace('unknown-evse')
      const evse = place === undefined ? null : Number(place)
      const where = evse === null ? stationId : `${stationId}/${evse}`
      return carriedOut(c, rule, key, `${action} at ${where}`, (body) => act({ key, stationId, evse }, body))
    },
    atSite: (action, rule, act) => async (c) => {
      const key = allowed(c, action)
      if (key instanceof Response) return key
      if (key.stationIds !== null)
        return problem(403, 'API_NOT_ALLOWED', `${key.name} is for some stations only, this is for the whole site`)
      return carriedOut(c, rule, key, `${action} at the site`, (body) => act(key, body, c))
    },
  }
}

export function unknownPlace(what: 'unknown-station' | 'unknown-evse'): Response {
  return problem(404, 'API_STATION_UNKNOWN', what === 'unknown-station' ? 'no station of that id' : 'no such connector')
}

export function done(body: object): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}

function withHeader(response: Response, name: string, value: string): Response {
  response.headers.set(name, value)
  return response
}

/** What was sent, as far as the schema knows it. An empty body is `{}`. What it holds is repeated nowhere: it may be a card's number. */
async function readBody<Body>(
  c: Call,
  { schema, explain }: BodyRule<Body>,
): Promise<{ readonly value: Body } | Response> {
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
  return problem(400, 'API_REQUEST_INVALID', explain(issue?.path.join('.') ?? ''))
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
