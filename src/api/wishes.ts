/** `PUT` and `DELETE /api/v1/stations/{station}/evses/{n}/wishes`: what the driver of a session wants, said by an app or a booking system. */
import { z } from 'zod'
import type { SiteOperations } from '../site/facade.ts'
import { type App, type BodyRule, done, type KeyedCalls, unknownPlace } from './keyed-calls.ts'
import { problem } from './problem.ts'

const PATH = '/api/v1/stations/:station/evses/:evse/wishes'

const wishesSchema = z.strictObject({
  departsAt: z.iso.datetime({ offset: true }).optional(),
  energyKWh: z.number().positive().max(1000).optional(),
  promised: z.boolean().optional(),
  priority: z.int().min(1).max(9).optional(),
})
type WishesBody = z.output<typeof wishesSchema>

const EXPLAINED: Readonly<Record<string, string>> = {
  departsAt: '`departsAt` is a time with its offset, such as `2026-11-22T17:30:00+01:00`',
  energyKWh: '`energyKWh` is the energy of the whole session, more than 0 and at most 1000',
  promised: '`promised` is true or false',
  priority: '`priority` is a whole number from 1 to 9',
}
const rule: BodyRule<WishesBody> = {
  schema: wishesSchema,
  explain: (where) => EXPLAINED[where] ?? 'the body has other keys than this call takes',
}
const nothing: BodyRule<object> = { schema: z.strictObject({}), explain: () => 'this call takes no body' }

export function addWishes(app: App, site: Pick<SiteOperations, 'setWish' | 'removeWish'>, calls: KeyedCalls): void {
  app.put(
    PATH,
    calls.atStation('wishes', rule, async ({ stationId, evse }, body) => {
      if (Object.keys(body).length === 0)
        return problem(400, 'API_REQUEST_INVALID', 'nothing is wished; DELETE takes wishes back')
      const { departsAt, energyKWh, promised = false, priority = null } = body
      const wish = {
        departsAt: departsAt === undefined ? null : Date.parse(departsAt),
        energyWh: energyKWh === undefined ? null : Number((energyKWh * 1000).toPrecision(12)),
        promised,
        priority,
      }
      const outcome = evse === null ? 'unknown-evse' : await site.setWish(stationId, evse, wish)
      if (typeof outcome === 'object') return problem(409, 'API_WISH_REFUSED', outcome.problem)
      if (outcome === 'no-session') return problem(409, 'API_NO_SESSION', `at connector ${evse}`)
      return outcome === 'stored' ? done({ outcome }) : unknownPlace(outcome)
    }),
  )
  app.delete(
    PATH,
    calls.atStation('wishes', nothing, async ({ stationId, evse }) => {
      const outcome = evse === null ? 'unknown-evse' : await site.removeWish(stationId, evse)
      if (outcome === 'no-session') return problem(409, 'API_NO_SESSION', `at connector ${evse}`)
      return outcome === 'removed' ? done({ outcome }) : unknownPlace(outcome)
    }),
  )
}
