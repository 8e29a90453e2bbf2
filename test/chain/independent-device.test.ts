/** The sessions of session.test.ts with a charger whose registers are served by other people's Modbus: it must behave as with our own. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FastClock } from '../peers/fast-clock.ts'
import { pythonDevice } from '../peers/python-device.ts'
import { pymodbus } from '../peers/python-peer.ts'
import { describeWithPeers } from '../peers/require-peer.ts'
import { startStrictCsms, type StrictCsms } from '../peers/strict-csms.ts'
import type { Box } from './box.ts'
import { every } from './chain.ts'
import { cardSession, freeSession, playSession, remoteSession, type ServeBox } from './session.ts'

/** pymodbus answers in milliseconds of real time. */
const SPEED = 10
/** Where a KEBA P30 may have registers. */
const ADDRESSES = [
  ...Array.from({ length: 620 }, (_, offset) => 1000 + offset),
  ...Array.from({ length: 60 }, (_, offset) => 5000 + offset),
]

/** The physics are ours, the protocol is theirs: registers are copied out, writes are copied in. */
const serveBox: ServeBox = async (box, boxClock) => {
  const bank = box.units.get(box.unit)
  if (bank === undefined) throw new Error('the box has no registers')
  const shown = new Map<number, number | null>()
  const device = await pythonDevice(box.unit, ({ address, words }) =>
    bank.write({ kind: 'registers', unit: box.unit, table: 'holding', address, words, functionCode: null }),
  )
  const copy = (): void => {
    const changed = new Map<number, number | null>()
    for (const address of ADDRESSES) {
      const word = wordOf(box, address)
      if ((shown.get(address) ?? null) !== word) changed.set(address, word)
      shown.set(address, word)
    }
    if (changed.size > 0) device.show(changed)
  }
  copy()
  const stop = every(boxClock, 250, copy)
  return {
    url: device.url,
    close: async () => {
      await stop()
      await device.close()
    },
  }
}

describeWithPeers('with a KEBA P30 served by pymodbus', [pymodbus], () => {
  let clock: FastClock
  let server: StrictCsms
  beforeEach(async () => {
    clock = new FastClock(SPEED)
    const currentTime = (): string => new Date(clock.now()).toISOString()
    server = await startStrictCsms({
      answers: {
        BootNotification: () => ({ status: 'Accepted', currentTime: currentTime(), interval: 300 }),
        Heartbeat: () => ({ currentTime: currentTime() }),
      },
    })
  })
  afterEach(async () => {
    clock.stop()
    await server.close()
  })

  it.each([
    ['card', cardSession],
    ['free', freeSession],
    ['remote', remoteSession],
  ] as const)('%s', async (authorize, script) => {
    const csms = {
      url: server.url,
      calls: () => server.calls.map(({ method, params }) => ({ action: method, payload: params })),
      ask: (action: string, payload: object) => server.call('CP-001', action, payload),
    }
    await playSession({ clock, csms, serveBox, authorize }, script)
    expect(server.complaints).toEqual([])
  })
})

function wordOf(box: Box, address: number): number | null {
  try {
    return box.register(address)[0] ?? null
  } catch {
    return null
  }
}
