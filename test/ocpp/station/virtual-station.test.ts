import { describe, expect, test } from 'vitest'
import { Rig } from './rig.ts'

describe('a session as a CSMS sees it', () => {
  test('free: a car comes, charges, pauses, leaves', async () => {
    const rig = await Rig.start()
    await rig.poll({ pilot: 'A' })
    expect(rig.csms.actions()).toEqual([
      'BootNotification',
      'StatusNotification',
      'StatusNotification',
      'StatusNotification',
    ])
    expect(rig.csms.statuses(1)).toEqual(['Unavailable', 'Available'])

    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('Authorize')[0]?.payload).toEqual({ idTag: 'FREE' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({
      connectorId: 1,
      idTag: 'FREE',
      meterStart: 1000,
    })
    expect(rig.demand()).toEqual({ wanted: true, refusal: null, profile: null })

    await rig.offer(16)
    await rig.poll({ pilot: 'C', measuredAmps: [15.9, 16, 16], powerW: 11000, energyWh: 1000 })
    expect(rig.csms.statuses(1).at(-1)).toBe('Charging')

    await rig.offer(0)
    await rig.polls(4, { measuredAmps: [0, 0, 0], powerW: 0, energyWh: 1010 })
    expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEVSE')

    await rig.offer(16)
    await rig.polls(4, { pilot: 'B' })
    expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEV')

    await rig.unplug()
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ meterStop: 1010, reason: 'EVDisconnected' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    expect(rig.demand()).toEqual({ wanted: false, refusal: 'no-vehicle', profile: null })
  })
})
