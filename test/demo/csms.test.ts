import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { UNKNOWN_CARD } from '../../src/demo/cars.ts'
import { startDemoCsms } from '../../src/demo/csms.ts'
import type { DemoCsms } from '../../src/demo/csms.ts'
import { ManualClock } from '../peers/manual-clock.ts'

type Frame = readonly unknown[]

interface Station {
  readonly next: () => Promise<Frame>
  readonly ask: (action: string, payload?: object) => Promise<Frame>
  readonly reply: (frame: Frame) => void
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(): Promise<{ csms: DemoCsms; clock: ManualClock; told: string[] }> {
  const clock = new ManualClock()
  const told: string[] = []
  const csms = await startDemoCsms({
    clock,
    remoteStations: new Set(['CP-002']),
    knownTokens: ['FREE'],
    profileEverySeconds: 60,
    profileSeconds: 25,
    tell: (text) => told.push(text),
  })
  closing.push(() => csms.close())
  return { csms, clock, told }
}

async function connect(csms: DemoCsms, id: string): Promise<Station> {
  const socket = new WebSocket(`${csms.url}/${id}`, ['ocpp1.6'])
  const frames: Frame[] = []
  const waiting: ((frame: Frame) => void)[] = []
  socket.on('message', (data) => {
    const frame = JSON.parse(Buffer.isBuffer(data) ? data.toString() : '') as Frame
    const [resolve] = waiting.splice(0, 1)
    if (resolve === undefined) frames.push(frame)
    else resolve(frame)
  })
  await new Promise((resolve) => socket.once('open', resolve))
  closing.push(() => socket.terminate())
  const next = (): Promise<Frame> => {
    const frame = frames.shift()
    return frame === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(frame)
  }
  let count = 0
  const reply = (frame: Frame): void => socket.send(JSON.stringify(frame))
  return {
    next,
    reply,
    ask: (action, payload = {}) => {
      reply([2, `q${++count}`, action, payload])
      return next()
    },
  }
}

test('accepts stations and cards that it knows, refuses the one that it does not', async () => {
  const { csms } = await start()
  const station = await connect(csms, 'CP-001')
  expect(await station.ask('BootNotification')).toMatchObject([3, 'q1', { status: 'Accepted', interval: 60 }])
  expect((await station.ask('Authorize', { idTag: '04A1B2C3' }))[2]).toEqual({ idTagInfo: { status: 'Accepted' } })
  expect((await station.ask('Authorize', { idTag: UNKNOWN_CARD }))[2]).toEqual({ idTagInfo: { status: 'Invalid' } })
  expect((await station.ask('StartTransaction', { idTag: 'FREE' }))[2]).toMatchObject({ transactionId: 1001 })
  expect(await station.ask('Nonsense')).toEqual([4, 'q5', 'NotImplemented', '', {}])
})

test('starts a session from afar where only a CSMS may', async () => {
  const { csms, clock, told } = await start()
  const other = await connect(csms, 'CP-001')
  const station = await connect(csms, 'CP-002')
  await other.ask('StatusNotification', { connectorId: 1, status: 'Preparing' })
  await station.ask('StatusNotification', { connectorId: 1, status: 'Preparing' })
  await clock.advance(1500)
  const [type, id, action, payload] = await station.next()
  expect([type, action, payload]).toEqual([2, 'RemoteStartTransaction', { connectorId: 1, idTag: 'APP-ANNA' }])
  station.reply([3, id, { status: 'Accepted' }])
  await expect.poll(() => told).toEqual(['CSMS starts a session at CP-002 from afar: Accepted'])
})

test('limits a running session now and then, and lifts the limit again', async () => {
  const { csms, clock, told } = await start()
  const station = await connect(csms, 'CP-001')
  await station.ask('StartTransaction', { idTag: 'FREE' })
  await clock.advance(60_000)
  const [, id, action, payload] = await station.next()
  expect([action, payload]).toMatchObject([
    'SetChargingProfile',
    { csChargingProfiles: { chargingSchedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 8 }] } } },
  ])
  station.reply([3, id, { status: 'Accepted' }])
  await expect.poll(() => told.length).toBe(1)
  await clock.advance(25_000)
  expect((await station.next())[2]).toBe('ClearChargingProfile')
})

test('garbage is ignored; a station that does not answer holds nobody up for ever', async () => {
  const { csms, clock, told } = await start()
  const station = await connect(csms, 'CP-002')
  station.reply([])
  station.reply([3, 'never asked', {}])
  await station.ask('StatusNotification', { status: 'Preparing' })
  await clock.advance(1500)
  await station.next()
  await clock.advance(10_000)
  await expect.poll(() => told).toEqual(['CSMS starts a session at CP-002 from afar: no answer'])
})
