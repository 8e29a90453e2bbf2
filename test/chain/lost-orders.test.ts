/** Orders that arrive in part, and boxes that switch themselves off: the car charges again all the same. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FastClock } from '../peers/fast-clock.ts'
import { type ScriptedCsms, startScriptedCsms } from '../peers/scripted-csms.ts'
import { serve, until } from './chain.ts'
import { playSession, type ServeBox, type SessionCsms } from './session.ts'

const CAR = { phases: 3, maxAmps: 32, energyWantedWh: 40_000 } as const
const serveBox: ServeBox = (box, clock) => serve('tcp://127.0.0.1:0', box.units, clock)

let clock: FastClock
let server: ScriptedCsms
beforeEach(async () => {
  clock = new FastClock(20)
  server = await startScriptedCsms()
})
afterEach(async () => {
  clock.stop()
  await server.close()
})

function csms(): SessionCsms {
  return {
    url: server.url,
    calls: () => server.calls,
    ask: async (action, payload) => (await server.call('CP-001', action, payload))[2],
  }
}

it('a cut that overtakes a release in the gap between two writes still releases the box', async () => {
  await playSession({ clock, csms: csms(), serveBox, authorize: 'free' }, async ({ box, csms: operator, statusIs }) => {
    const limit = (amps: number): Promise<unknown> =>
      operator.ask('SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 1,
          stackLevel: 0,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Relative',
          chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: amps }] },
        },
      })
    await statusIs(1, 'Available')
    await limit(16)
    box.charger.plug(CAR)
    await until('16 A', () => box.charger.drawnAmps === 16)
    // 5004 was written; then the box is paused (5014), and a release must wait for the gap of 5 s at 5004 ...
    await limit(14)
    await until('14 A ordered', () => box.register(5004)[0] === 14_000)
    await limit(0)
    await until('paused', () => box.register(5014)[0] === 0)
    await limit(20)
    // ... and is overtaken there by a lower order.
    await clock.sleep(1500, new AbortController().signal)
    await limit(8)
    await until('the car draws 8 A', () => box.charger.drawnAmps === 8)
    expect(box.register(5014)).toEqual([1])
  })
})

it('a box that somebody switched off beside us is switched on again', async () => {
  await playSession({ clock, csms: csms(), serveBox, authorize: 'free' }, async ({ box, statusIs }) => {
    await statusIs(1, 'Available')
    box.charger.plug(CAR)
    await until('32 A', () => box.charger.drawnAmps === 32)
    // What its own fail-safe leaves behind: it stays off until current and release are written again (KEBA).
    const bank = box.device.units.get(box.unit)
    bank?.write({ kind: 'registers', unit: box.unit, table: 'holding', address: 5014, words: [0], functionCode: 6 })
    await until('nothing flows', () => box.charger.drawnAmps === 0)
    await until('32 A again', () => box.charger.drawnAmps === 32)
  })
})

it('a box that restarts between two polls gets its fail-safe again', async () => {
  await playSession({ clock, csms: csms(), serveBox, authorize: 'free' }, async ({ box, statusIs }) => {
    await statusIs(1, 'Available')
    await until('it is armed', () => box.register(5016)[0] === 6000 && box.register(5018)[0] === 30)
    // Silent for a poll or two with their repetitions, and what it was told is gone.
    box.fault = 'silent'
    await clock.sleep(8000, new AbortController().signal)
    const bank = box.device.units.get(box.unit)
    bank?.write({ kind: 'registers', unit: box.unit, table: 'holding', address: 5016, words: [0], functionCode: 6 })
    box.fault = null
    await until('it is armed again', () => box.register(5016)[0] === 6000)
  })
})
