import { describe, expect, test } from 'vitest'
import { RpcCallError } from '../../../../src/ocpp/rpc/connection.ts'
import type { MemoryCsms } from '../memory-csms.ts'
import { Rig } from '../rig.ts'

const CURRENT_TIME = '2026-03-02T08:00:00Z'

function registers(csms: MemoryCsms, status: string, interval: number): void {
  csms.react = (action) => (action === 'BootNotification' ? { status, interval, currentTime: CURRENT_TIME } : undefined)
}

/** A station whose CSMS does not accept it at first, and a car that charges meanwhile. */
async function unregistered(status: string, interval: number): Promise<Rig> {
  const rig = new Rig()
  registers(rig.csms, status, interval)
  await rig.start()
  await rig.poll({ pilot: 'C' })
  return rig
}

describe('registration', () => {
  test('F15: rejected: silence for the interval, queued messages included; charging goes on', async () => {
    const rig = await unregistered('Rejected', 600)
    let answered = false
    rig.csms.send('GetConfiguration', {}).then(
      () => (answered = true),
      () => (answered = true),
    )
    await rig.clock.advance(599_000)
    expect(rig.csms.actions()).toEqual(['BootNotification'])
    expect(answered).toBe(false)
    expect(rig.demand().wanted).toBe(true)
    rig.csms.react = () => undefined
    await rig.clock.advance(1000)
    expect(rig.csms.of('BootNotification')).toHaveLength(2)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })

  test('F15: pending: answers, sends only what was triggered, does not let the CSMS charge', async () => {
    const rig = await unregistered('Pending', 60)
    expect(await rig.request('GetConfiguration', { key: ['NumberOfConnectors'] })).toMatchObject({
      configurationKey: [{ value: '1' }],
    })
    expect(await rig.request('RemoteStopTransaction', { transactionId: 1 })).toEqual({ status: 'Rejected' })
    expect(rig.csms.actions()).toEqual(['BootNotification'])
    await rig.request('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 })
    expect(rig.csms.actions()).toEqual(['BootNotification', 'StatusNotification'])
    await rig.clock.advance(60_000)
    expect(rig.csms.of('BootNotification')).toHaveLength(2)
  })

  test('before the first answer nothing but the BootNotification is sent, whatever a trigger asks for (§4.2)', async () => {
    const rig = new Rig()
    rig.csms.react = (action) => (action === 'BootNotification' ? 'silence' : undefined)
    await rig.start()
    const trigger = { requestedMessage: 'StatusNotification', connectorId: 0 }
    expect(await rig.request('TriggerMessage', trigger)).toEqual({ status: 'Rejected' })
    rig.csms.react = () => undefined
    await rig.clock.advance(120_000)
    expect(rig.csms.actions().slice(0, 3)).toEqual(['BootNotification', 'BootNotification', 'StatusNotification'])
    expect(await rig.request('TriggerMessage', trigger)).toEqual({ status: 'Accepted' })
  })

  test('F15: an interval of 0 leaves the choice to us, and we do not flood', async () => {
    const rig = await unregistered('Rejected', 0)
    await rig.clock.advance(3_600_000)
    const times = rig.csms.of('BootNotification').map(({ at }) => at)
    expect(times.length).toBeGreaterThan(10)
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(30_000)
  })

  test('F10: a flapping line makes no storm: nothing is announced anew once accepted', async () => {
    const rig = await Rig.start()
    for (let flap = 0; flap < 20; flap++) {
      rig.csms.goDown()
      await rig.clock.advance(3000)
      rig.csms.goUp()
      await rig.clock.advance(3000)
    }
    expect(rig.csms.of('BootNotification')).toHaveLength(1)
  })

  test('F10: a flapping line before the first answer: one BootNotification a minute at most', async () => {
    const rig = new Rig()
    rig.csms.react = (action) => (action === 'BootNotification' ? 'silence' : undefined)
    await rig.start()
    for (let flap = 0; flap < 60; flap++) {
      rig.csms.goDown()
      await rig.clock.advance(3000)
      rig.csms.goUp()
      await rig.clock.advance(3000)
    }
    expect(rig.csms.of('BootNotification').length).toBeLessThanOrEqual(7)
  })

  test('a triggered BootNotification may take the registration away', async () => {
    const rig = await Rig.start()
    registers(rig.csms, 'Rejected', 300)
    await rig.request('TriggerMessage', { requestedMessage: 'BootNotification' })
    const sent = rig.csms.calls.length
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(299_000)
    expect(rig.csms.calls).toHaveLength(sent)
    rig.csms.react = () => undefined
    await rig.clock.advance(1000)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })
})

describe('heartbeats', () => {
  test('at the interval of the registration, then as the CSMS sets it', async () => {
    const rig = new Rig()
    registers(rig.csms, 'Accepted', 100)
    await rig.start()
    await rig.clock.advance(300_000)
    expect(rig.csms.of('Heartbeat')).toHaveLength(3)
    await rig.request('ChangeConfiguration', { key: 'HeartbeatInterval', value: '10' })
    await rig.clock.advance(50_000)
    expect(rig.csms.of('Heartbeat')).toHaveLength(8)
  })

  test('bring the CSMS’s time into stamps', async () => {
    const rig = new Rig()
    rig.csms.react = (action) =>
      action === 'BootNotification'
        ? { status: 'Accepted', interval: 60, currentTime: new Date(rig.clock.now() + 30_000).toISOString() }
        : undefined
    await rig.start()
    await rig.poll({ pilot: 'C' })
    expect(rig.csms.of('StartTransaction')[0]?.payload['timestamp']).toBe('2026-03-02T08:00:30.000Z')
  })

  test('F63: a CSMS two hours off is not believed', async () => {
    const rig = new Rig()
    rig.csms.react = (action) =>
      action === 'BootNotification'
        ? { status: 'Accepted', interval: 60, currentTime: new Date(rig.clock.now() + 7_200_000).toISOString() }
        : undefined
    await rig.start()
    await rig.poll({ pilot: 'C' })
    expect(rig.csms.of('StartTransaction')[0]?.payload['timestamp']).toBe('2026-03-02T08:00:00.000Z')
    expect(rig.happened('csms-clock')).toMatchObject([{ followed: false }])
  })
})

describe('statuses', () => {
  test('while the line is down only the newest of each connector is kept', async () => {
    const rig = await Rig.start()
    await rig.poll({ pilot: 'A' })
    rig.csms.goDown()
    await rig.poll({ pilot: 'B' })
    await rig.poll({ fault: { code: 'F9', kind: 'OtherError', text: null } })
    const before = rig.csms.statuses(1).length
    rig.csms.goUp()
    await rig.clock.settle()
    expect(rig.csms.statuses(1).slice(before)).toEqual(['Faulted'])
  })

  test('F7: overtake a long queue of transactions', async () => {
    const rig = await Rig.start()
    rig.csms.goDown()
    for (let car = 0; car < 20; car++) {
      await rig.poll({ pilot: 'C' })
      await rig.unplug()
    }
    const before = rig.csms.calls.length
    rig.csms.goUp()
    await rig.clock.settle()
    const position = rig.csms.actions().slice(before).indexOf('StatusNotification')
    expect(position).toBeLessThan(3)
  })

  test('a refused status is given up and told', async () => {
    const rig = await Rig.start()
    rig.csms.react = (action) => (action === 'StatusNotification' ? new RpcCallError('InternalError', 'no') : undefined)
    await rig.poll({ pilot: 'B' })
    expect(rig.happened('call-failed')).not.toEqual([])
  })
})
