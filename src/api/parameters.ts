/** The station controller's parameters: seen by everybody, changed by who has a key with `parameters`. They count at the next control tick. */
import { z } from 'zod'
import { expectedNumber } from '../model/number-rule.ts'
import { PARAMETER_NAMES, PARAMETER_TABLE, type ParameterName } from '../model/parameter-table.ts'
import type { ParameterOperations, SiteSnapshot, Wrong } from '../site/facade.ts'
import { type App, type BodyRule, done, type KeyedCalls, unknownPlace } from './keyed-calls.ts'
import { problem } from './problem.ts'

const PATH = '/api/v1/parameters'
const OUTLET = '/api/v1/stations/:station/evses/:evse/max-current'
const CIRCUIT = '/api/v1/circuits/:circuit/max-current'

type Values = Readonly<Partial<Record<ParameterName, number | null>>>

const value = z.number().nullable().optional()
const valuesBody: BodyRule<Values> = {
  schema: z.strictObject(Object.fromEntries(PARAMETER_NAMES.map((name) => [name, value]))),
  explain: (where) => {
    const name = PARAMETER_NAMES.find((one) => one === where)
    if (name === undefined) return `the body has other keys than ${PARAMETER_NAMES.join(', ')}`
    return `\`${name}\` is ${expectedNumber(PARAMETER_TABLE[name].rule)}, or null for what the site file has`
  },
}
const ampsBody: BodyRule<{ readonly amps: number }> = {
  schema: z.strictObject({ amps: z.number() }),
  explain: () => 'the body is `{"amps": NUMBER}`; DELETE takes the maximum away',
}
const noBody: BodyRule<object> = { schema: z.strictObject({}), explain: () => 'this call takes no body' }

export function addParameterView(app: App, site: { snapshot(): SiteSnapshot }): void {
  app.get(PATH, () => done(site.snapshot().parameters))
}

export function addParameterCalls(
  app: App,
  parameters: ParameterOperations,
  site: { snapshot(): SiteSnapshot },
  calls: KeyedCalls,
): void {
  app.patch(
    PATH,
    calls.atSite('parameters', valuesBody, async (key, body) => {
      const [wrong] = await parameters.setParameters(body, byKey(key.name))
      return wrong === undefined ? done(site.snapshot().parameters) : refused(wrong)
    }),
  )

  const outlet = <Body>(rule: BodyRule<Body>, ampsOf: (body: Body) => number | null) =>
    calls.atStation('parameters', rule, async ({ key, stationId, evse }, body) => {
      const amps = ampsOf(body)
      const outcome =
        evse === null ? 'unknown-evse' : await parameters.setOutletMaximum(stationId, evse, amps, byKey(key.name))
      return typeof outcome === 'string' ? unknownPlace(outcome) : maximum(outcome, amps)
    })
  app.put(
    OUTLET,
    outlet(ampsBody, ({ amps }) => amps),
  )
  app.delete(
    OUTLET,
    outlet(noBody, () => null),
  )

  const circuit = <Body>(rule: BodyRule<Body>, ampsOf: (body: Body) => number | null) =>
    calls.atSite('parameters', rule, async (key, body, c) => {
      const amps = ampsOf(body)
      const id = c.req.param('circuit') ?? ''
      const outcome = await parameters.setCircuitMaximum(id, amps, byKey(key.name))
      return outcome === 'unknown-circuit'
        ? problem(404, 'API_CIRCUIT_UNKNOWN', 'no circuit of that id')
        : maximum(outcome, amps)
    })
  app.put(
    CIRCUIT,
    circuit(ampsBody, ({ amps }) => amps),
  )
  app.delete(
    CIRCUIT,
    circuit(noBody, () => null),
  )
}

function maximum([wrong]: readonly Wrong[], amps: number | null): Response {
  return wrong === undefined ? done({ amps }) : refused(wrong)
}

function refused({ name, expected }: Wrong): Response {
  return problem(400, 'API_REQUEST_INVALID', `\`${name ?? 'amps'}\` is ${expected}`)
}

/** For the log. */
function byKey(name: string): string {
  return `the API (key ${name})`
}
