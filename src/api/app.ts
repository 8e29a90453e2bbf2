/** The routes. Read-only, but for the calls of those who have a key: whatever else is not GET or HEAD is refused before anything is looked at. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Clock } from '../model/clock.ts'
import { toBridgeError } from '../model/errors.ts'
import { addDecisionViews } from './decisions.ts'
import type { EventStream } from './event-stream.ts'
import type { ApiLog, ObservedSite } from './observed-site.ts'
import { keyedCalls, takesKeys } from './keyed-calls.ts'
import { addLimitCalls, addLimitViews } from './limits.ts'
import { addOperations, type ApiOperations } from './operations.ts'
import { addParameterCalls, addParameterView } from './parameters.ts'
import { problem } from './problem.ts'
import { readingTurns } from './reading-turns.ts'
import { addWishes } from './wishes.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { webFileResponse } from './web-files.ts'
import type { WebFile } from './web-files.ts'

export interface AppParts {
  readonly site: ObservedSite
  readonly stream: EventStream
  readonly files: ReadonlyMap<string, WebFile>
  readonly isOurHost: (header: string | undefined) => boolean
  readonly log: ApiLog
  readonly clock: Clock
  /** Null: nobody has a key. */
  readonly operations: ApiOperations | null
}

/** Nothing here takes a body; a little is tolerated so that odd clients get a clear answer. */
const MAX_BODY_BYTES = 64 * 1024

export function createApp({
  site,
  stream,
  files,
  isOurHost,
  log,
  clock,
  operations,
}: AppParts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()

  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value)
  })
  app.use(async (c, next) => {
    const host = c.req.header('host')
    if (!isOurHost(host))
      return problem(421, 'API_HOST_REFUSED', `"${(host ?? '').slice(0, 100)}" is not a name of this machine`)
    const length = Number(c.req.header('content-length') ?? 0)
    if (!(length <= MAX_BODY_BYTES)) return problem(413, 'API_BODY_TOO_LARGE', `${MAX_BODY_BYTES} bytes are the limit`)
    const operates = operations !== null && takesKeys(c.req.method, c.req.path)
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && !operates) {
      const answer = problem(405, 'API_METHOD_REFUSED', `${c.req.method} ${c.req.path}`)
      answer.headers.set('allow', 'GET, HEAD')
      return answer
    }
    // Another web page must not hold our streams open or probe us; it could not read the answer anyway (no CORS).
    const from = c.req.header('sec-fetch-site')
    if (c.req.path.startsWith('/api/') && (from === 'cross-site' || from === 'same-site')) {
      return problem(403, 'API_CROSS_SITE', `asked from a ${from} page`)
    }
    return next()
  })

  app.get('/api/v1/site', (c) => c.json(site.snapshot(), 200, { 'cache-control': 'no-store' }))
  app.get('/api/v1/trend', (c) => c.json(stream.trend.toJson(), 200, { 'cache-control': 'no-store' }))
  app.get('/api/v1/stream', (c) => {
    if (c.req.method === 'HEAD') return new Response(null, { headers: { 'content-type': 'text/event-stream' } })
    const taken = stream.add(c.env.outgoing, {
      registers: c.req.query('registers') === '1',
      lastEventId: c.req.header('last-event-id') ?? c.req.query('after') ?? null,
      headers: SECURITY_HEADERS,
    })
    return taken ? RESPONSE_ALREADY_SENT : problem(503, 'API_TOO_MANY_READERS', `${stream.readers} pages are open`)
  })
  addParameterView(app, site)
  if (operations !== null) {
    const calls = keyedCalls(operations.keys, clock, log)
    addOperations(app, operations.site, calls)
    addWishes(app, operations.site, calls)
    if (operations.parameters !== undefined) addParameterCalls(app, operations.parameters, site, calls)
    if (operations.limits !== undefined) addLimitCalls(app, operations.limits, calls)
  }
  const inTurn = readingTurns()
  const now = (): number => clock.now()
  if (site.limits !== undefined) addLimitViews(app, site.limits, inTurn, now)
  if (site.decisions !== undefined) addDecisionViews(app, site.decisions, inTurn, now)
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }))
  app.get('/readyz', (c) => {
    if (!stream.loopTurns) return problem(503, 'API_NOT_READY', 'the control loop does not turn')
    return c.json({ status: 'ready' }, 200, { 'cache-control': 'no-store' })
  })
  app.get('*', (c) => {
    const file = files.get(c.req.path)
    if (file !== undefined) return webFileResponse(file, c.req.raw)
    if (c.req.path === '/') return problem(503, 'WEB_NOT_BUILT', 'dist/web is empty')
    return problem(404, 'API_NOT_FOUND', c.req.path.slice(0, 200))
  })

  app.notFound((c) => problem(404, 'API_NOT_FOUND', c.req.path.slice(0, 200)))
  app.onError((error) => {
    const fault = toBridgeError(error)
    log.error({ err: error }, `the API failed: ${fault.message}`)
    return problem(500, fault.code, 'see the log')
  })
  return app
}
