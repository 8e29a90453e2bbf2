import { describe, expect, test } from 'vitest'
import { endingKey, readEnding, storedEnding } from '../../../../src/ocpp/station/session/pending-end.ts'
import { Rig } from '../rig.ts'

const CHARGING = { pilot: 'C', measuredAmps: [16, 16, 16], powerW: 11_000 } as const

async function charging() {
  const reading = Promise.withResolvers<void>()
  const asked: number[] = []
  const rig = await Rig.start({
    lastReading: (evse) => {
      asked.push(evse)
      return reading.promise
    },
  })
  await rig.poll({ ...CHARGING, energyWh: 1000 })
  await rig.clock.advance(1_800_000)
  await rig.poll({ ...CHARGING, energyWh: 5000 })
  const [transactionId] = rig.csms.transactions.keys()
  return { rig, asked, transactionId, read: () => reading.resolve() }
}

const stops = (rig: Rig) => rig.csms.of('StopTransaction').map(({ payload }) => payload)

describe('a transaction that is stopped while current flows', () => {
  test('is paused at once, and billed with what the meter says after the pause', async () => {
    const { rig, asked, transactionId, read } = await charging()
    const at = rig.clock.now()
    await rig.request('RemoteStopTransaction', { transactionId })
    expect(rig.demand().wanted).toBe(false)
    expect(asked).toEqual([1])
    expect(stops(rig)).toEqual([])
    await rig.clock.advance(2000)
    await rig.poll({ pilot: 'B', measuredAmps: [0, 0, 0], powerW: 0, energyWh: 5006 })
    read()
    await rig.clock.settle()
    expect(stops(rig)).toMatchObject([{ meterStop: 5006, reason: 'Remote', timestamp: new Date(at).toISOString() }])
  })

  test('is ended with the last value that is known when the charger cannot be read in time', async () => {
    const { rig, transactionId } = await charging()
    await rig.request('RemoteStopTransaction', { transactionId })
    await rig.clock.advance(7000)
    expect(stops(rig)).toMatchObject([{ meterStop: 5000, reason: 'Remote' }])
  })

  test('is ended once, whatever happens meanwhile', async () => {
    const { rig, transactionId, read } = await charging()
    await rig.request('RemoteStopTransaction', { transactionId })
    await rig.request('RemoteStopTransaction', { transactionId })
    await rig.unplug()
    read()
    await rig.clock.advance(10_000)
    expect(stops(rig)).toMatchObject([{ reason: 'Remote' }])
  })

  test('is ended by a restart in between, and does not go on', async () => {
    const { rig, transactionId } = await charging()
    await rig.request('RemoteStopTransaction', { transactionId })
    await rig.restart()
    expect(rig.demand().wanted).toBe(false)
    await rig.poll({ ...CHARGING, energyWh: 5006 })
    await rig.clock.advance(10_000)
    expect(stops(rig)).toMatchObject([{ meterStop: 5006, reason: 'Remote' }])
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })

  test('an unlocked socket opens after that, not before', async () => {
    const { rig, read } = await charging()
    const answer = rig.csms.send('UnlockConnector', { connectorId: 1 })
    await rig.clock.settle()
    expect(rig.unlocked).toEqual([])
    read()
    await rig.clock.settle()
    expect(rig.unlocked).toEqual([1])
    expect(await answer).toEqual({ status: 'Unlocked' })
  })

  test('a reset waits for it before the station shows itself anew (§5.14)', async () => {
    const { rig, read } = await charging()
    await rig.request('Reset', { type: 'Soft' })
    await rig.clock.advance(1000)
    expect(rig.csms.of('BootNotification')).toHaveLength(1)
    read()
    await rig.clock.advance(20_000)
    const order = rig.csms.actions().filter((action) => /StopTransaction|BootNotification/.test(action))
    expect(order).toEqual(['BootNotification', 'StopTransaction', 'BootNotification'])
  })
})

test.each([
  ['a car that is gone', async (rig: Rig) => rig.unplug()],
  ['nothing flows', async (rig: Rig) => rig.poll({ pilot: 'B', measuredAmps: [0, 0, 0], powerW: 0 })],
  ['the charger is silent', async (rig: Rig) => rig.poll({ online: false, quality: 'stale' })],
])('%s: nothing to wait for', async (_, happen) => {
  const { rig, transactionId } = await charging()
  await happen(rig)
  await rig.request('RemoteStopTransaction', { transactionId })
  await rig.clock.settle()
  expect(stops(rig)).toHaveLength(1)
})

describe('what is on disk meanwhile', () => {
  const ending = { reason: 'remote', idToken: null, at: 1000, meterWh: 5000 } as const

  test('comes back as it was', () => {
    expect(endingKey(2)).toBe('ending/2')
    expect(readEnding(storedEnding('t-1', ending), 't-1')).toEqual(ending)
  })

  test.each([
    ['of another transaction', storedEnding('t-2', ending)],
    ['damaged', '{"transactionId":"t-1"'],
    ['of an unknown reason', JSON.stringify({ transactionId: 't-1', ...ending, reason: 'why not' })],
    ['without a meter', JSON.stringify({ transactionId: 't-1', ...ending, meterWh: null })],
    ['no object', '7'],
    ['nothing', undefined],
  ])('%s: says nothing', (_, text) => {
    expect(readEnding(text, 't-1')).toBeNull()
  })
})
