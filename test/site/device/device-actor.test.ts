import { describe, expect, it } from 'vitest'
import type { Device, DeviceCommand, DeviceWrite } from '../../../src/model/device.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { type DeviceReading, NO_SIGNALS } from '../../../src/model/signal.ts'
import { DeviceActor, type DeviceActorOptions } from '../../../src/site/device/device-actor.ts'
import { silentLog } from '../../../src/site/log.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

/** A device that the test makes silent, slow or stubborn. */
class TestDevice implements Device {
  readonly connectors = 1
  readonly capabilities = {
    kind: 'charger',
    signals: ['state'],
    commands: ['current', 'pause'],
    current: { minAmps: 6, maxAmps: 16, stepAmps: 1 },
    failSafe: false,
    fedByReads: false,
    settleMs: 1000,
  } as const
  readonly warnings = []
  readonly identity = { vendor: 'Test', model: 'Test', serial: null, firmware: null }
  readonly calls: string[] = []
  silent = false
  serveAt: number | null = null
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  connect(): Promise<readonly DeviceWrite[]> {
    return this.#answer('connect', [])
  }

  poll(rate: 'fast' | 'all'): Promise<readonly DeviceReading[]> {
    const at = this.#clock.monotonic()
    return this.#answer(`poll ${rate}`, [
      { connector: 1, values: { ...NO_SIGNALS, state: 'A' }, takenAt: { state: at } },
    ])
  }

  command(_connector: number, command: DeviceCommand): Promise<readonly DeviceWrite[]> {
    return this.#answer(`command ${command.kind}`, [])
  }

  serve(): Promise<readonly DeviceWrite[]> {
    this.serveAt = this.serveAt === null ? null : this.serveAt + 1000
    return this.#answer('serve', [])
  }

  nextServeAt(): number | null {
    return this.serveAt
  }

  release(): Promise<readonly DeviceWrite[]> {
    return this.#answer('release', [])
  }

  #answer<Value>(call: string, value: Value): Promise<Value> {
    this.calls.push(`${this.#clock.monotonic()} ${call}`)
    if (this.silent) return Promise.reject(new BridgeError('DEVICE_TIMEOUT', 'no answer'))
    return Promise.resolve(value)
  }
}

function actorOf(device: TestDevice, clock: ManualClock, over: Partial<DeviceActorOptions> = {}) {
  return new DeviceActor({
    name: 'CP-1',
    device,
    clock,
    log: silentLog,
    pulse: { stoodStillSince: () => false, onReturn: () => () => {} },
    pollMs: 1000,
    fullPollMs: () => 10_000,
    onConnected: () => {},
    onReadings: () => {},
    prepare: () => Promise.resolve(),
    onOnline: () => {},
    onOffline: () => {},
    ...over,
  })
}

describe('a device actor', () => {
  it('connects, reads everything once, then polls once a period', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    const actor = actorOf(device, clock)
    actor.start()
    await clock.advance(2100)
    expect(device.calls).toEqual(['0 connect', '0 poll all', '0 poll fast', '1000 poll fast', '2000 poll fast'])
    expect(actor.online).toBe(true)
    await actor.stop()
  })

  it('reads slow values every tenth second', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    const actor = actorOf(device, clock)
    actor.start()
    await clock.advance(10_100)
    expect(device.calls.filter((call) => call.endsWith('all'))).toEqual(['0 poll all', '10000 poll all'])
    await actor.stop()
  })

  it('is offline after three silent polls, probes rarely, and comes back by connecting again (F26, F40)', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    const told: string[] = []
    const actor = actorOf(device, clock, {
      onOnline: () => told.push(`${clock.monotonic()} online`),
      onOffline: () => told.push(`${clock.monotonic()} offline`),
    })
    actor.start()
    await clock.advance(500)
    device.silent = true
    device.calls.length = 0
    await clock.advance(60_000)
    const probes = device.calls.filter((call) => call.endsWith('connect')).map((call) => Number.parseInt(call, 10))
    expect(probes).toEqual([5000, 9000, 17_000, 33_000])
    device.silent = false
    await clock.advance(30_000)
    expect(told.filter((line) => line.endsWith('online'))).toEqual(['0 online', '63000 online'])
    expect(told[1]).toBe('3000 offline')
    await actor.stop()
  })

  it('refuses orders while it is offline, with the reason', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    device.silent = true
    const actor = actorOf(device, clock)
    actor.start()
    await clock.advance(100)
    await expect(actor.order(1, { kind: 'pause' })).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
    await actor.stop()
  })

  it('carries an order out at once, between two polls', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    const actor = actorOf(device, clock)
    actor.start()
    await clock.advance(300)
    const done = actor.order(1, { kind: 'current', amps: 10 })
    await clock.advance(100)
    await done
    expect(device.calls.at(-1)).toBe('300 command current')
    await actor.stop()
  })

  it('serves the keep-alive at its moment', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    device.serveAt = 500
    const actor = actorOf(device, clock)
    actor.start()
    await clock.advance(2000)
    expect(device.calls.filter((call) => call.endsWith('serve'))).toEqual(['500 serve', '1500 serve'])
    await actor.stop()
  })

  it('settles every waiting order when it stops', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    const actor = actorOf(device, clock)
    actor.start()
    await clock.advance(100)
    const waiting = actor.order(1, { kind: 'pause' }).then(
      () => 'done',
      (error: unknown) => (error instanceof BridgeError ? error.code : 'other'),
    )
    await actor.stop()
    expect(['done', 'LINK_CLOSED']).toContain(await waiting)
  })

  it('after the process stood still (F48): what was decided before is not written, the device is met anew first', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    device.serveAt = 5000
    let returnedAt = Number.NEGATIVE_INFINITY
    const returns = new Set<() => void>()
    const pulse = {
      stoodStillSince: (at: number) => returnedAt > at,
      onReturn: (listener: () => void) => {
        returns.add(listener)
        return () => returns.delete(listener)
      },
    }
    const faults: string[] = []
    const actor = actorOf(device, clock, { pulse, onOffline: () => faults.push('offline') })
    actor.start()
    await clock.advance(4999)
    device.calls.length = 0
    returnedAt = clock.monotonic()
    for (const tell of returns) tell()
    expect(actor.online).toBe(false)
    await expect(actor.order(1, { kind: 'current', amps: 16 })).rejects.toThrow()
    await clock.advance(10)
    expect(device.calls).toEqual(['4999 connect', '4999 poll all', '4999 poll fast', '5000 serve'])
    expect(actor.online).toBe(true)
    // To the CSMS this is no fault of the charger.
    expect(faults).toEqual([])
    await actor.stop()
  })

  it('prepares the device again after an order that was not answered, though no poll failed', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    let prepared = 0
    const actor = actorOf(device, clock, {
      prepare: () => {
        prepared += 1
        return Promise.resolve()
      },
    })
    actor.start()
    await clock.advance(1500)
    expect(prepared).toBe(1)
    device.silent = true
    await expect(actor.order(1, { kind: 'pause' })).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
    device.silent = false
    await clock.advance(1000)
    expect(prepared).toBe(2)
    await clock.advance(5000)
    expect(prepared).toBe(2)
    await actor.stop()
  })

  it('prepares the device again when it answers after a silence: it may have restarted and forgotten its fail-safe', async () => {
    const clock = new ManualClock()
    const device = new TestDevice(clock)
    const prepared: number[] = []
    const actor = actorOf(device, clock, {
      prepare: () => {
        prepared.push(clock.monotonic())
        return Promise.resolve()
      },
    })
    actor.start()
    await clock.advance(1500)
    device.silent = true
    await clock.advance(1000)
    device.silent = false
    await clock.advance(5000)
    expect(prepared).toEqual([0, 3000])
    // And now and then though nothing was noticed.
    await clock.advance(600_000)
    expect(prepared).toEqual([0, 3000, 603_000])
    expect(device.calls.filter((call) => call.endsWith('connect'))).toHaveLength(1)
    await actor.stop()
  })
})
