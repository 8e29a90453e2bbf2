/**
 * F47, F48: the bridge is a real process that is killed at random moments of sessions, and stopped and let go. Chargers, cars and CSMS live
 * on here. (10,000 kills and long stops: `npm run faults`.)
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/model/clock.ts'
import { rotation } from '../../src/model/phase.ts'
import { seeded } from '../ledger/kill-run.ts'
import {
  type RecordedTransaction,
  type ScriptedCsms,
  startScriptedCsms,
  type StationCall,
} from '../peers/scripted-csms.ts'
import { Box, forbidden } from './box.ts'
import { type BridgeProcess, startBridge } from './bridge-process.ts'
import { every, registry, serve, until } from './chain.ts'

const BAYS = 4
const KILLS = 10
const CAR = { phases: 3, maxAmps: 16, energyWantedWh: 40_000 } as const

let folder: string
let csms: ScriptedCsms
let boxes: readonly Box[]
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-kill-'))
  closing.push(() => rm(folder, { recursive: true }))
  csms = await startScriptedCsms()
  closing.push(() => csms.close())
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function site(mapping: string, bays: number, afterSeconds: number): Promise<void> {
  const stations: string[] = []
  boxes = Array.from(
    { length: bays },
    (_, bay) =>
      new Box({
        id: `CP-${bay + 1}`,
        mapping,
        registry,
        clock: systemClock,
        rotation: rotation('L1L2L3'),
        followDelayMs: 300,
      }),
  )
  for (const box of boxes) {
    const server = await serve('tcp://127.0.0.1:0', box.units, systemClock)
    closing.push(() => server.close())
    stations.push(
      `  ${box.id}: {mapping: ${mapping}, connect: "${server.url}", circuit: house, authorize: free, upstream: operator, start-values: {MeterValueSampleInterval: 1}, fail-safe: {current: 6 A, after: ${afterSeconds} s}}`,
    )
  }
  closing.push(every(systemClock, 50, () => boxes.forEach((box) => box.charger.tick())))
  await writeFile(
    join(folder, 'site.yaml'),
    `site: {name: Killed}
circuits: {house: {limit: 100 A}}
stations:
${stations.join('\n')}
upstreams: {operator: {url: "${csms.url}", ocpp: "1.6", security-profile: 0}}
`,
  )
}

function start(): BridgeProcess {
  const bridge = startBridge(folder)
  closing.push(async () => {
    bridge.kill('SIGCONT')
    bridge.kill('SIGKILL')
    await bridge.ended
  })
  return bridge
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const ids = (calls: readonly StationCall[]): number => new Set(calls.map(({ messageId }) => messageId)).size

/** One start, one stop, whatever was repeated came under the same id, and nothing before the start or after the stop. */
function bookProblems({
  transactionId,
  meterStart,
  starts,
  stops,
  meterValues,
}: RecordedTransaction): readonly string[] {
  const problems: string[] = []
  if (ids(starts) !== 1) problems.push(`${ids(starts)} starts`)
  if (ids(stops) !== 1) problems.push(`${ids(stops)} stops`)
  const firstStart = csms.calls.findIndex((call) => starts.includes(call))
  const firstStop = csms.calls.findIndex((call) => stops.includes(call))
  const lastStart = csms.calls.findLastIndex((call) => starts.includes(call))
  const values = meterValues.map((call) => csms.calls.indexOf(call))
  if (values.some((at) => at < firstStart || at > firstStop)) problems.push('values outside of start and stop')
  if (lastStart > firstStop) problems.push('started after its stop')
  const meterStop = Number(stops[0]?.payload['meterStop'])
  if (!(meterStop >= meterStart)) problems.push(`runs from ${meterStart} to ${meterStop} Wh`)
  return problems.map((problem) => `${transactionId}: ${problem}`)
}

it(`F47: ${KILLS} kills at random moments: each transaction is started once and stopped once, in order`, async () => {
  await site('keba-p30', BAYS, 60)
  const random = seeded(20_260_303)
  const plugged = new Set<Box>()
  const backAfterMs: number[] = []
  let bridge = start()
  for (let kill = 0; kill < KILLS; kill++) {
    // Control is back when a box hears the bridge again.
    const heard = boxes[0]?.connector.orders.heardAt ?? 0
    await until('the bridge asks its boxes', () => (boxes[0]?.connector.orders.heardAt ?? 0) > heard)
    backAfterMs.push(performance.now() - bridge.startedAt)
    for (const box of boxes) {
      if (random() < 0.4) continue
      await pause(random() * 300)
      if (plugged.delete(box)) box.charger.unplug()
      else {
        plugged.add(box)
        box.charger.plug(CAR)
      }
    }
    await pause(random() * 1800)
    bridge.kill('SIGKILL')
    await bridge.ended
    bridge = start()
  }
  for (const box of boxes) box.charger.unplug()
  await until('every transaction is stopped', () => csms.transactions.every(({ stops }) => stops.length > 0), 30_000)
  await until('all is told', () => BAYS === boxes.filter(({ id }) => csms.socket(id) !== null).length)
  bridge.kill('SIGTERM')
  expect((await bridge.ended).code).toBe(0)

  expect(csms.transactions.length).toBeGreaterThan(KILLS / 2)
  expect(csms.transactions.flatMap(bookProblems)).toEqual([])
  for (const box of boxes) {
    expect(forbidden(box)).toEqual([])
    // One after the other on each connector, and the meter never runs backwards between them.
    let last = 0
    for (const { stationId, meterStart, stops } of csms.transactions) {
      if (stationId !== box.id) continue
      expect(meterStart).toBeGreaterThanOrEqual(last)
      last = Number(stops[0]?.payload['meterStop'])
    }
  }
  const sorted = backAfterMs.toSorted((a, b) => a - b)
  console.info(
    `control back after ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)} ms (median), ${Math.round(sorted.at(-1) ?? 0)} ms (longest) of ${KILLS} starts`,
  )
}, 120_000)

it('F48: stopped for longer than the fail-safe time, then let go: the box falls back, and is read before it is written', async () => {
  await site('heidelberg-energy-control', 1, 5)
  const bridge = start()
  const box = boxes[0]
  if (box === undefined) throw new Error('no box')
  await until('the free box is paused', () => box.connector.orders.paused)
  box.charger.plug(CAR)
  await until('16 A', () => box.charger.drawnAmps === 16)
  bridge.kill('SIGSTOP')
  await until('its own fail-safe current', () => box.charger.drawnAmps === 6)
  await pause(1000)
  const requests = box.requests.length
  bridge.kill('SIGCONT')
  await until('16 A again', () => box.charger.drawnAmps === 16)
  await pause(3000)
  const after = box.requests.slice(requests)
  // Its layout is recognised, its state and set-point are read, and only then a set-point may be written.
  const order = after.indexOf('write 261')
  expect(order === -1 ? after : after.slice(0, order)).toEqual(expect.arrayContaining(['read 4', 'read 5', 'read 261']))
  // A poll that was under way when we were stopped may end first; nothing is written before the layout is looked at.
  expect(after).toContain('read 4')
  expect(after.indexOf('read 4')).toBeLessThan(after.findIndex((request) => request.startsWith('write')))
  expect(csms.transactions).toHaveLength(1)
}, 60_000)
