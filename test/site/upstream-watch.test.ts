import { expect, test } from 'vitest'
import { BridgeError } from '../../src/model/errors.ts'
import type { Log } from '../../src/site/log.ts'
import { silentLog } from '../../src/site/log.ts'
import { type StationAtCsms, UpstreamWatch } from '../../src/site/upstream-watch.ts'
import { ManualClock } from '../peers/manual-clock.ts'

type View = ReturnType<StationAtCsms['upstreams']>[number]

const CONNECTED: View = { id: 'operator', connected: true, registration: 'accepted' }
const AWAY: View = { id: 'operator', connected: false, registration: 'accepted' }

function rig(views: () => readonly View[], backlog: () => Promise<number>, log: Log = silentLog) {
  const clock = new ManualClock()
  const stations = () => [{ id: 'CP-1', upstreams: views }]
  const watch = new UpstreamWatch({ ledger: { backlog }, clock, log, stations })
  return { clock, watch }
}

test('a disk that fails is told, and the last length that was read stays', async () => {
  const warnings: string[] = []
  let length: number | null = 7
  const log = { ...silentLog, warn: (_fields: object, text: string) => void warnings.push(text) }
  const { clock, watch } = rig(
    () => [CONNECTED],
    () =>
      length === null ? Promise.reject(new BridgeError('LEDGER_FAILED', 'the disk failed')) : Promise.resolve(length),
    log,
  )
  watch.start()
  await clock.advance(0)
  length = null
  await clock.advance(5000)
  expect(watch.snapshots()[0]?.backlog).toBe(7)
  expect(warnings).toEqual(['the backlog could not be read: the disk failed'])
  length = 9
  await clock.advance(5000)
  expect(watch.snapshots()[0]?.backlog).toBe(9)
  await watch.stop()
  expect(clock.sleeping).toBe(0)
})

test('why a CSMS cannot be reached is shown as long as it cannot', () => {
  let view = AWAY
  const { watch } = rig(
    () => [view],
    () => Promise.resolve(0),
  )
  expect(watch.snapshots()).toEqual([{ id: 'operator', stationId: 'CP-1', state: 'down', backlog: 0, problem: null }])
  watch.noteDown({ upstreamId: 'operator', stationId: 'CP-1', reason: 'its certificate has expired' })
  watch.noteDown({ upstreamId: 'operator', stationId: 'CP-2', reason: 'another station' })
  expect(watch.snapshots()[0]?.problem).toBe('its certificate has expired')
  view = CONNECTED
  expect(watch.snapshots()[0]).toMatchObject({ state: 'accepted', problem: null })
})

test.each([
  ['none', 'open'],
  ['pending', 'pending'],
  ['rejected', 'rejected'],
  ['accepted', 'accepted'],
] as const)('a line that is up, with registration %s, is shown as %s', (registration, state) => {
  const { watch } = rig(
    () => [{ ...CONNECTED, registration }],
    () => Promise.resolve(0),
  )
  expect(watch.snapshots()[0]?.state).toBe(state)
})
