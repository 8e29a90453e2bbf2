/** Why, over HTTP: what everybody may ask, and what is no question. */
import { expect, onTestFinished, test } from 'vitest'
import { startApi } from '../../src/api/server.ts'
import { silentLog } from '../../src/site/log.ts'
import { type DecisionOperations, decisionOperations } from '../../src/site/records/decision-operations.ts'
import { decided, minute } from '../ledger/records.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { FakeSite } from './fake-site.ts'

const START = Date.parse('2026-11-22T12:00:00.000Z')
const HOUR_MS = 3_600_000

class SiteThatTellsWhy extends FakeSite {
  readonly decisions: DecisionOperations

  constructor(decisions: DecisionOperations) {
    super()
    this.decisions = decisions
  }
}

async function open() {
  const clock = new ManualClock(START)
  const memory = new MemoryLedger()
  memory.decisions = [
    decided(START - 3 * HOUR_MS, 16, { binding: { kind: 'device' }, rank: null }),
    decided(START - HOUR_MS, 9),
    decided(START - HOUR_MS + 60_000, 9, { binding: { kind: 'turn', circuitId: 'garage' } }),
  ]
  const sample = minute(START / 60_000, 'garage', 12)
  memory.samples.set('now', sample)
  const places = [1, 2].map((evse) => ({ outletId: `box/${evse}`, stationId: 'CP-1', evse }))
  return serve(
    decisionOperations(memory.process().ledger, clock, () => places),
    clock,
  )
}

async function serve(decisions: DecisionOperations, clock = new ManualClock(START)) {
  const site = new SiteThatTellsWhy(decisions)
  const api = await startApi(site, { host: '127.0.0.1', port: 0, log: silentLog, clock, webFolder: '/nowhere' })
  onTestFinished(() => api.close())
  return async (path: string) => {
    const response = await fetch(`${api.url}/api/v1/stations/${path}`)
    const body: unknown = await response.json()
    return { status: response.status, body }
  }
}

test('why now: the newest decision, since when, what was measured, what was before', async () => {
  const get = await open()
  expect(await get('CP-1/evses/1/why')).toEqual({
    status: 200,
    body: {
      stationId: 'CP-1',
      evse: 1,
      why: '9 A: waits for its turn: others are served first on circuit garage; 3rd of 5 in the queue, paused once',
      since: '2026-11-22T11:00:00.000Z',
      decision: {
        at: '2026-11-22T11:01:00.000Z',
        why: '9 A: waits for its turn: others are served first on circuit garage; 3rd of 5 in the queue, paused once',
        amps: 9,
        sessionId: 'S1',
        binding: { kind: 'turn', circuitId: 'garage' },
        rank: decided(0, 0).rank,
      },
      building: { ...minute(START / 60_000, 'garage', 12), at: '2026-11-22T12:00:00.000Z' },
      before: [
        {
          at: '2026-11-22T11:00:00.000Z',
          why: '9 A: circuit garage, phase L2: 63 A by its fuse, the building takes 12.5 A; 3rd of 5 in the queue, paused once',
          amps: 9,
          sessionId: 'S1',
          binding: decided(0, 0).binding,
          rank: decided(0, 0).rank,
        },
        {
          at: '2026-11-22T09:00:00.000Z',
          why: '16 A: the charger’s own maximum',
          amps: 16,
          sessionId: 'S1',
          binding: { kind: 'device' },
          rank: null,
        },
      ],
    },
  })
})

test('why then: a moment with its offset', async () => {
  const get = await open()
  for (const at of ['2026-11-22T10:30:00Z', '2026-11-22T11:30:00%2B01:00', '2026-11-22T11:30:00+01:00'])
    expect(await get(`CP-1/evses/1/why?at=${at}`)).toMatchObject({
      status: 200,
      body: { decision: { amps: 16 }, building: null },
    })
  expect(await get('CP-1/evses/1/why?at=2026-11-21T10:30:00Z')).toMatchObject({
    status: 404,
    body: { code: 'API_NOTHING_STORED' },
  })
})

test('the decisions of a span', async () => {
  const get = await open()
  const all = await get('CP-1/evses/1/decisions')
  expect(all).toMatchObject({
    status: 200,
    body: {
      from: '2026-11-21T12:00:00.000Z',
      to: '2026-11-22T12:00:00.000Z',
      complete: true,
      decisions: [{ amps: 16 }, {}, {}],
    },
  })
  expect(await get('CP-1/evses/1/decisions?to=2026-11-22T11:00:00Z&limit=1')).toMatchObject({
    body: { complete: false, decisions: [{ at: '2026-11-22T11:00:00.000Z', amps: 9 }] },
  })
  expect(await get('CP-1/evses/2/decisions')).toMatchObject({ status: 200, body: { decisions: [] } })
})

test.each([
  ['CP-2/evses/1/why', 404, 'API_STATION_UNKNOWN'],
  ['CP-1/evses/3/decisions', 404, 'API_STATION_UNKNOWN'],
  ['CP-1/evses/x/why', 404, 'API_STATION_UNKNOWN'],
  ['CP-1/evses/1/why?at=18:05', 400, 'API_REQUEST_INVALID'],
  ['CP-1/evses/1/why?at=2026-11-22T18:05:00', 400, 'API_REQUEST_INVALID'],
  ['CP-1/evses/1/why?at=2026-02-30T12:00:00Z', 400, 'API_REQUEST_INVALID'],
  ['CP-1/evses/1/decisions?from=yesterday', 400, 'API_REQUEST_INVALID'],
  ['CP-1/evses/1/decisions?from=2026-11-22T12:00:00Z&to=2026-11-22T11:00:00Z', 400, 'API_REQUEST_INVALID'],
  ['CP-1/evses/1/decisions?limit=0', 400, 'API_REQUEST_INVALID'],
  ['CP-1/evses/1/decisions?limit=1001', 400, 'API_REQUEST_INVALID'],
])('%s is refused with %i', async (path, status, code) => {
  const get = await open()
  expect(await get(path)).toMatchObject({ status, body: { code } })
})

test('many questions at once do not queue up in front of the ledger', async () => {
  const { promise, resolve } = Promise.withResolvers<'nothing-stored'>()
  const get = await serve({ why: () => promise, decisions: () => Promise.resolve([]) })
  const waiting = Array.from({ length: 5 }, () => get('CP-1/evses/1/why'))
  const refused = await Promise.race(waiting)
  expect(refused).toMatchObject({ status: 503, body: { code: 'API_TOO_MANY_READERS' } })
  resolve('nothing-stored')
  expect((await Promise.all(waiting)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    404, 404, 404, 404, 503,
  ])
  expect((await get('CP-1/evses/1/decisions')).status).toBe(200)
})
