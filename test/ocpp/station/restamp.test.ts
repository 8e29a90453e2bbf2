import { describe, expect, test } from 'vitest'
import { restamped } from '../../../src/ocpp/station/restamp.ts'
import { Rig } from './rig.ts'

const TRUE_START = Date.parse('2026-11-21T08:00:00Z')
const CHARGING = { pilot: 'C', measuredAmps: [16, 16, 16], powerW: 11_000 } as const

/** A session of ten minutes while the CSMS is away, on a machine that came up in 1970. */
async function session(): Promise<Rig> {
  const rig = new Rig({ startAt: 0 })
  rig.csms.react = (action) => {
    const currentTime = new Date(TRUE_START + rig.clock.monotonic()).toISOString()
    if (action === 'BootNotification') return { status: 'Accepted', interval: 300, currentTime }
    return action === 'Heartbeat' ? { currentTime } : undefined
  }
  rig.csms.goDown()
  await rig.start()
  await rig.clock.advance(60_000)
  await rig.poll(CHARGING)
  await rig.clock.advance(600_000)
  await rig.unplug()
  await rig.clock.advance(60_000)
  return rig
}

const stamps = (rig: Rig) =>
  ['StartTransaction', 'MeterValues', 'StopTransaction'].map((action) => {
    const text = JSON.stringify(rig.csms.of(action)[0]?.payload)
    return Date.parse(/"timestamp":"([^"]+)"/.exec(text)?.[1] ?? '') - TRUE_START
  })

describe('F61: a machine that comes up in 1970', () => {
  test('the CSMS brings the time: what happened before is told with its true time', async () => {
    const rig = await session()
    rig.csms.goUp()
    await rig.clock.advance(10_000)
    const [start = 0, first = 0, stop = 0] = stamps(rig)
    expect(Math.abs(start - 60_000)).toBeLessThan(2000)
    expect(Math.abs(first - 120_000)).toBeLessThan(2000)
    expect(Math.abs(stop - 660_000)).toBeLessThan(2000)
  })

  test('the network sets the clock first: the same', async () => {
    const rig = await session()
    rig.clock.jumpWall(TRUE_START)
    await rig.clock.advance(10_000)
    rig.csms.goUp()
    await rig.clock.advance(10_000)
    const [start = 0, , stop = 0] = stamps(rig)
    expect(Math.abs(start - 60_000)).toBeLessThan(2000)
    expect(Math.abs(stop - 660_000)).toBeLessThan(2000)
  })

  test('a message that is repeated is the same message', async () => {
    const rig = await session()
    let cut = 0
    const friendly = rig.csms.react
    rig.csms.react = (action, payload) =>
      action === 'StartTransaction' && cut++ < 2 ? 'cut' : friendly(action, payload)
    rig.csms.goUp()
    await rig.clock.advance(120_000)
    const starts = rig.csms.of('StartTransaction')
    expect(starts.length).toBeGreaterThan(1)
    expect(new Set(starts.map(({ payload }) => payload['timestamp'])).size).toBe(1)
  })
})

test('what has a true stamp stays the same object', () => {
  const message = {
    kind: 'meter-values',
    evse: 1,
    transactionId: 't',
    samples: [{ at: TRUE_START, readings: [] }],
  } as const
  expect(restamped(message, (at) => at)).toBe(message)
  expect(restamped(message, null)).toBe(message)
  expect(restamped({ kind: 'heartbeat' }, () => 0)).toEqual({ kind: 'heartbeat' })
})
