/** `/api/v1/stations/{station}/evses/{n}/why` and `/decisions`: why a connector gets what it gets, now and at any past moment. */
import type { DecisionOperations } from '../site/facade.ts'
import { shownDecision } from '../model/decision.ts'
import { type App, type Call, done, unknownPlace } from './keyed-calls.ts'
import { problem } from './problem.ts'
import { QUERY_TIME, queryTime } from './query-time.ts'
import type { ReadingTurns } from './reading-turns.ts'

const PLACE = '/api/v1/stations/:station/evses/:evse'
const DAY_MS = 86_400_000
const USUAL_LIMIT = 100
const MAX_LIMIT = 1000

export function addDecisionViews(
  app: App,
  decisions: DecisionOperations,
  inTurn: ReadingTurns,
  now: () => number,
): void {
  const why = async (c: Call): Promise<Response> => {
    const place = placeOf(c)
    const at = queryTime(c, 'at')
    if (Number.isNaN(at)) return problem(400, 'API_REQUEST_INVALID', `\`at\` is ${QUERY_TIME}`)
    const found = await decisions.why(place.stationId, place.evse, at)
    if (found === 'unknown-station' || found === 'unknown-evse') return unknownPlace(found)
    if (found === 'nothing-stored')
      return problem(404, 'API_NOTHING_STORED', `nothing is stored of ${place.stationId}/${place.evse} that old`)
    const { sentence, decision, ampsSince, building, before } = found
    return done({
      stationId: place.stationId,
      evse: place.evse,
      why: sentence,
      since: iso(ampsSince),
      decision: shownDecision(decision),
      building: building === null ? null : { ...building, at: iso(building.at) },
      before: before.map(shownDecision),
    })
  }
  const list = async (c: Call): Promise<Response> => {
    const place = placeOf(c)
    const to = queryTime(c, 'to') ?? now()
    const from = queryTime(c, 'from') ?? to - DAY_MS
    if (Number.isNaN(from) || Number.isNaN(to))
      return problem(400, 'API_REQUEST_INVALID', `\`from\` and \`to\` are ${QUERY_TIME}`)
    if (from > to) return problem(400, 'API_REQUEST_INVALID', '`from` is after `to`')
    const limit = limitOf(c.req.query('limit'))
    if (limit === null) return problem(400, 'API_REQUEST_INVALID', `\`limit\` is a whole number from 1 to ${MAX_LIMIT}`)
    const found = await decisions.decisions(place.stationId, place.evse, from, to, limit)
    if (found === 'unknown-station' || found === 'unknown-evse') return unknownPlace(found)
    return done({ from: iso(from), to: iso(to), complete: found.length < limit, decisions: found.map(shownDecision) })
  }
  app.get(`${PLACE}/why`, inTurn(why))
  app.get(`${PLACE}/decisions`, inTurn(list))
}

function placeOf(c: Call): { readonly stationId: string; readonly evse: number } {
  const evse = c.req.param('evse') ?? ''
  return { stationId: c.req.param('station') ?? '', evse: /^\d{1,4}$/.test(evse) ? Number(evse) : -1 }
}

function limitOf(text: string | undefined): number | null {
  if (text === undefined) return USUAL_LIMIT
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= MAX_LIMIT ? limit : null
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
