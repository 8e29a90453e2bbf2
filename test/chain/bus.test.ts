/** Two chargers and the grid meter on one RTU-over-TCP bus: the trouble of one is not the trouble of the others (F26-F28, F33, F34, F40). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type RunningSite, startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { type ScriptedCsms, startScriptedCsms } from '../peers/scripted-csms.ts'
import { forbidden, type Box } from './box.ts'
import { CarPark } from './car-park.ts'
import { memoryLog, type MemoryLog, registry, siteConfig, until } from './chain.ts'

const SPEED = 60
const CAR = { phases: 3, maxAmps: 16, energyWantedWh: 40_000 } as const

let clock: FastClock
let csms: ScriptedCsms
let park: CarPark
let site: RunningSite
let log: MemoryLog
let left: Box
let right: Box
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  clock = new FastClock(SPEED)
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-bus-'))
  csms = await startScriptedCsms()
  csms.react(({ action }) => {
    const currentTime = new Date(clock.now()).toISOString()
    if (action === 'BootNotification') return { answer: { status: 'Accepted', currentTime, interval: 300 } }
    return action === 'Heartbeat' ? { answer: { currentTime } } : undefined
  })
  park = new CarPark(clock)
  await park.open()
  log = memoryLog()
  const config = await siteConfig(park.siteFile(csms.url), folder)
  site = await startSite(config, { registry, stateFolder: join(folder, 'state'), log, clock, random: () => 0.5 })
  closing.push(
    async () => clock.stop(),
    () => rm(folder, { recursive: true }),
    () => csms.close(),
    () => park.close(),
    () => site.stop(),
  )
  const [, , third, fourth] = park.boxes
  if (third === undefined || fourth === undefined) throw new Error('the car park has four bays')
  left = third
  right = fourth
  await until('the free boxes are paused', () => park.boxes.every((box) => box.connector.orders.paused))
})

afterEach(async () => {
  expect(park.boxes.flatMap(forbidden)).toEqual([])
  for (const close of closing.splice(0).toReversed()) await close()
})

const pass = (seconds: number): Promise<void> => clock.sleep(seconds * 1000, new AbortController().signal)
const stationOf = (box: Box) => site.snapshot().stations.find(({ id }) => id === box.id)
const statuses = (box: Box): readonly unknown[] =>
  csms.calls
    .filter(
      ({ stationId, action, payload }) =>
        stationId === box.id && action === 'StatusNotification' && payload['connectorId'] === 1,
    )
    .map(({ payload }) => payload['status'])

async function charge(box: Box): Promise<void> {
  box.charger.plug(CAR)
  await until(`${box.id} charges`, () => box.charger.drawnAmps >= 6)
}

/** How often a box was asked for its state in so many seconds. */
async function polls(box: Box, seconds: number): Promise<number> {
  const before = box.requests.length
  await pass(seconds)
  return box.requests.slice(before).filter((request) => request === 'read 5').length
}

/** What the CSMS heard of a box's energy register in its last transaction, from start to stop. */
function billed(box: Box): readonly number[] {
  const transaction = csms.transactions.findLast(({ stationId }) => stationId === box.id)
  if (transaction === undefined) return []
  const values = transaction.meterValues.flatMap(({ payload }) => {
    const samples = payload['meterValue'] as readonly {
      readonly sampledValue: readonly { readonly value: string; readonly measurand?: string }[]
    }[]
    return samples
      .flatMap(({ sampledValue }) => sampledValue)
      .filter(({ measurand }) => (measurand ?? 'Energy.Active.Import.Register') === 'Energy.Active.Import.Register')
      .map(({ value }) => Number(value))
  })
  return [transaction.meterStart, ...values, ...transaction.stops.map(({ payload }) => Number(payload['meterStop']))]
}

it('F27, F40: a dead charger is told, its current stays reserved, and the others are asked as often as before', async () => {
  await charge(left)
  await charge(right)
  const before = await polls(right, 120)
  const reserved = left.charger.offeredAmps
  left.fault = 'silent'
  await until('it is offline', () => stationOf(left)?.online === false)
  expect(site.snapshot().circuits.find(({ id }) => id === 'garage')?.reservedAmps.L1).toBeGreaterThanOrEqual(
    Math.min(reserved, 6) + right.charger.offeredAmps,
  )
  await until('the CSMS is told', () => statuses(left).at(-1) === 'Faulted')
  await pass(60)
  const during = await polls(right, 120)
  expect(during / before).toBeGreaterThan(0.93)
  expect(stationOf(right)?.online).toBe(true)
  expect(statuses(right)).not.toContain('Faulted')
  expect(site.snapshot().meters[0]?.ageSeconds).toBeLessThan(5)
  // One line when it went, and no more than one a minute after (I6).
  expect(log.lines.filter(({ level, text }) => level !== 'info' && text.includes(left.id)).length).toBeLessThanOrEqual(
    8,
  )
  left.fault = null
  await until('it is back', () => stationOf(left)?.online === true)
  await until('the CSMS is told again', () => statuses(left).at(-1) === 'Charging')
  // It was the same car all the time.
  expect(csms.transactions.filter(({ stationId }) => stationId === left.id)).toHaveLength(1)
})

it('F28: a register that is refused costs its own value only', async () => {
  left.device.setFault({ kind: 'refused-register', table: 'input', address: 9 })
  await charge(left)
  await pass(60)
  expect(stationOf(left)).toMatchObject({ online: true, evses: [{ pilot: 'C', setAmps: 16 }] })
  expect(statuses(left)).toContain('Charging')
  expect(statuses(left)).not.toContain('Faulted')
})

it('F33: a charger reboots and shows zeros for 20 s: the transaction goes on, and no zero reaches a bill', async () => {
  await charge(left)
  await pass(60)
  left.device.setFault({ kind: 'zeros' })
  await pass(20)
  left.device.setFault(null)
  await until('it charges again', () => left.charger.drawnAmps >= 6 && stationOf(left)?.online === true)
  await pass(60)
  left.charger.unplug()
  await until('it is stopped', () => csms.transactions.some(({ stops }) => stops.length > 0))
  expect(csms.transactions.filter(({ stationId }) => stationId === left.id)).toHaveLength(1)
  const told = billed(left)
  expect(told.length).toBeGreaterThan(3)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
  expect(Math.abs((told.at(-1) ?? 0) - left.charger.energyWh)).toBeLessThan(60)
})

it('F34: an energy register that falls back by 500 kWh never makes a transaction run backwards', async () => {
  await charge(left)
  await pass(60)
  const shown = left.charger.energyWh
  left.energyShiftWh = -500_000
  await pass(60)
  left.charger.unplug()
  await until('it is stopped', () => csms.transactions.some(({ stops }) => stops.length > 0))
  const told = billed(left)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
  expect(told.at(-1)).toBeGreaterThanOrEqual(Math.floor(shown) - 60)
  // The next one does neither.
  left.charger.unplug()
  await pass(10)
  left.charger.plug(CAR)
  await until('a new transaction', () => csms.transactions.length === 2)
  await pass(60)
  left.charger.unplug()
  await until('it is stopped', () => csms.transactions.every(({ stops }) => stops.length > 0))
  const next = billed(left)
  expect(next).toEqual(next.toSorted((a, b) => a - b))
  expect(next[0]).toBeGreaterThanOrEqual(told.at(-1) ?? 0)
})
