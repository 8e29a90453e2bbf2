/** `/api/v1/limits`: limits from outside are seen by everybody, set and taken back with a key that has `limit`; their log proves them. */
import { z } from 'zod'
import type { LimitOperations, LimitView, ProvenCommand, SetLimit } from '../site/facade.ts'
import { type App, type BodyRule, type Call, done, type KeyedCalls } from './keyed-calls.ts'
import { problem } from './problem.ts'
import { queryTime } from './query-time.ts'
import type { ReadingTurns } from './reading-turns.ts'

const LIMITS_PATH = '/api/v1/limits'

const DAY_MS = 86_400_000
const LONGEST_SPAN_MS = 31 * DAY_MS

/** What a value or an end may be is said by the site, the same for every way. */
const limitBody = {
  schema: z.strictObject({
    signal: z.string().max(200).optional(),
    circuit: z.string().max(200).optional(),
    amps: z.union([z.number(), z.strictObject({ L1: z.number(), L2: z.number(), L3: z.number() })]).optional(),
    kW: z.number().optional(),
    priority: z.int().min(1).max(9).optional(),
    until: z.string().max(40).optional(),
    forSeconds: z.number().optional(),
  }),
  explain: (where) => EXPLANATIONS[where.split('.')[0] ?? ''] ?? 'the body has other keys than this call takes',
} as const satisfies BodyRule<unknown>

const EXPLANATIONS: Readonly<Record<string, string>> = {
  signal: '`signal` is the name of a signal of the site file',
  circuit: '`circuit` is the name of a circuit of the site file',
  amps: '`amps` is a number, or one for each of L1, L2 and L3',
  kW: '`kW` is a number',
  priority: '`priority` is a whole number from 1 to 9',
  until: '`until` is a time with its offset from UTC, e.g. 2026-11-22T17:30:00Z',
  forSeconds: '`forSeconds` is a number of seconds',
}

const noBody = {
  schema: z.strictObject({}),
  explain: () => 'this call takes no body',
} as const satisfies BodyRule<unknown>

/** What everybody may see. */
export function addLimitViews(
  app: App,
  limits: Pick<LimitOperations, 'view' | 'proofs'>,
  inTurn: ReadingTurns,
  now: () => number,
): void {
  app.get(LIMITS_PATH, () => {
    const { limits: standing, signals } = limits.view()
    return done({ limits: standing.map(shown), signals })
  })
  const log = async (c: Call): Promise<Response> => {
    const span = spanOf(c, now())
    if (typeof span === 'string') return problem(400, 'API_REQUEST_INVALID', span)
    const { commands, complete } = await limits.proofs(span.from, span.to)
    return done({ from: iso(span.from), to: iso(span.to), complete, commands: commands.map(told) })
  }
  app.get(`${LIMITS_PATH}/log`, inTurn(log))
}

export function addLimitCalls(app: App, limits: LimitOperations, calls: KeyedCalls): void {
  app.put(
    `${LIMITS_PATH}/:id`,
    calls.atSite('limit', limitBody, async (key, body, c) =>
      answerTo(await limits.set(c.req.param('id') ?? '', body, `API key ${key.name}`, key.signalIds)),
    ),
  )
  app.delete(
    `${LIMITS_PATH}/:id`,
    calls.atSite('limit', noBody, async (key, _body, c) => {
      const id = c.req.param('id') ?? ''
      const outcome = await limits.end(id, `API key ${key.name}`, key.signalIds)
      if (outcome === 'unknown') return problem(404, 'API_LIMIT_UNKNOWN', id.slice(0, 64))
      if (outcome === 'taken') return problem(409, 'API_LIMIT_TAKEN', id.slice(0, 64))
      if (outcome === 'not-allowed')
        return problem(403, 'API_NOT_ALLOWED', `${key.name} may not speak for the signal of this limit`)
      return done({ outcome: 'ended', stored: outcome === 'ended' })
    }),
  )
}

function answerTo(result: SetLimit): Response {
  switch (result.outcome) {
    case 'set':
      return done({ outcome: result.outcome, stored: result.stored, limit: shown(result.limit) })
    case 'invalid':
      return problem(400, 'API_REQUEST_INVALID', result.reason)
    case 'taken':
      return problem(409, 'API_LIMIT_TAKEN', result.reason)
    case 'too-many':
      return problem(409, 'API_TOO_MANY_LIMITS', result.reason)
  }
}

/** Wall ms, or what is wrong. Without `to` until now, without `from` the day before `to`. */
function spanOf(c: Call, now: number): { readonly from: number; readonly to: number } | string {
  const to = queryTime(c, 'to') ?? now
  const from = queryTime(c, 'from') ?? to - DAY_MS
  if (Number.isNaN(from) || Number.isNaN(to))
    return '`from` and `to` are times with their offset from UTC, e.g. 2026-11-22T17:30:00Z'
  if (from > to) return '`from` is after `to`'
  return to - from <= LONGEST_SPAN_MS ? { from, to } : 'a log of 31 days is the most for one answer'
}

function shown(limit: LimitView): object {
  return { ...limit, since: iso(limit.since), until: iso(limit.until) }
}

function told({ command, cameAt, takenUpAt, minutes, endedAt, ...rest }: ProvenCommand): object {
  return {
    ...rest,
    command: command === null ? null : { ...command, until: iso(command.until) },
    cameAt: iso(cameAt),
    takenUpAt: takenUpAt.map(iso),
    minutes: minutes.map((minute) => ({ ...minute, at: iso(minute.at) })),
    endedAt: iso(endedAt),
  }
}

/** A grid operator reads it, too: in words of ISO 8601. */
function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
