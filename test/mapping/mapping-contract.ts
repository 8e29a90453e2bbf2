/** The suite that every file in `mappings/` runs through by being there. */
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  asInstalled,
  createDevice,
  instantClock,
  missingFrom,
  runExamples,
  simulateDevice,
  simulatedLink,
  SimulatedCharger,
  SimulatedMeter,
} from '../../src/mapping/index.ts'
import type { Mapping, MappingLibrary, MappedDevice, SimulatedDevice } from '../../src/mapping/index.ts'
import type { WritePoint } from '../../src/mapping/mapping.ts'
import { installedOptions } from './installed-options.ts'
import { PILOT_STATES } from '../../src/model/pilot-state.ts'
import type { PilotState } from '../../src/model/pilot-state.ts'
import type { DeviceReading, SignalName } from '../../src/model/signal.ts'

const signal = new AbortController().signal

export function mappingContract(library: MappingLibrary, name: string): void {
  const mapping = loaded(library, name)
  test('loads without a problem', () => {
    expect(mapping).toMatchObject({ name })
  })
  if (typeof mapping === 'string') return

  test('names its source and has an example for every signal and command', () => {
    expect(missingFrom(mapping)).toEqual([])
  })

  test('passes its examples', async () => {
    const failed = (await runExamples(mapping)).filter(({ failures }) => failures.length > 0)
    expect(failed).toEqual([])
  })

  test('fits the names that OCPP can carry', () => {
    expect(mapping.vendor.length).toBeLessThanOrEqual(20)
    expect(mapping.model.length).toBeLessThanOrEqual(20)
  })

  for (const view of [mapping, ...mapping.meters.values()]) {
    const title = view.meter === null ? 'in reverse' : `the meter ${view.meter} in reverse`
    if (view.variants.length === 0) describe(title, () => inReverse(view, view))
    for (const variant of view.variants)
      describe(`${title}, ${variant.name}`, () => inReverse(view, variant.mapping, variant.name))
  }
}

/** The mapping, or why it does not load. */
function loaded(library: MappingLibrary, name: string): Mapping | string {
  try {
    return library.load(name)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** `file` is what the bridge knows, `mapping` what the device is: the file as it stands, or one of its variants. */
function inReverse(file: Mapping, mapping: Mapping, variant?: string): void {
  const clock = instantClock()
  let simulated: SimulatedDevice
  let device: MappedDevice
  beforeEach(async () => {
    const options = installedOptions(file, variant)
    simulated = simulateDevice(asInstalled(file, { options }), { clock, ...(variant === undefined ? {} : { variant }) })
    device = createDevice(file, simulatedLink(simulated, clock), { clock, options })
    await device.connect(signal)
    expect(device.mapping.variant).toBe(variant ?? null)
  })
  // An answer may be used again for a while: the next one is waited for.
  const renewMs = Math.max(0, ...(mapping.documents?.sources ?? []).map(({ everyMs }) => everyMs))
  const read = async (): Promise<DeviceReading['values']> => {
    clock.advance(renewMs)
    const [reading] = await device.poll('all', signal)
    if (reading === undefined) throw new Error('no reading')
    return reading.values
  }
  if (mapping.kind === 'meter') describeMeter(mapping, () => ({ simulated, clock }), read)
  else describeCharger(mapping, () => ({ simulated, device, clock }), read)
  const { count, step, unitStep } = mapping.connectors
  if (count !== 1 || step !== 0 || unitStep !== 0)
    test('two outlets are two: neither shows or obeys what concerns the other', async () => {
      const options = installedOptions(file, variant)
      const chosen = { connectors: 2, ...(variant === undefined ? {} : { variant }) }
      const double = simulateDevice(asInstalled(file, { options }), { clock, ...chosen })
      const both = createDevice(file, simulatedLink(double, clock), { clock, options, connectors: 2 })
      await both.connect(signal)
      for (const states of [
        ['A', 'B'],
        ['C', 'A'],
        ['B', 'C'],
        ['A', 'A'],
      ] as const) {
        for (const [index, state] of states.entries()) double.connectors[index]?.set({ state, enabled: true })
        clock.advance(renewMs)
        const readings = await both.poll('all', signal)
        expect(readings.map(({ values }) => values.state)).toEqual(states)
      }
      if (mapping.write === null) return
      const offered = () => double.connectors.map(({ orders }) => orders.offeredAmps)
      await both.command(1, { kind: 'resume', amps: 10 }, signal)
      await both.command(2, { kind: 'pause' }, signal)
      const [first = 0, second] = offered()
      expect(first).toBeGreaterThan(9)
      expect(second).toBe(0)
      await both.command(2, { kind: 'resume', amps: 8 }, signal)
      expect(offered()[0]).toBe(first)
      expect(offered()[1]).toBeLessThanOrEqual(8)
      await both.command(1, { kind: 'pause' }, signal)
      expect(offered()).toEqual([0, expect.closeTo(8, 0)])
    })
}

function describeMeter(
  mapping: Mapping,
  world: () => { simulated: SimulatedDevice; clock: ReturnType<typeof instantClock> },
  read: () => Promise<DeviceReading['values']>,
): void {
  test('a simulated meter reads as what was set', async () => {
    const { simulated, clock } = world()
    const amps = [10.5, 0, 3.2].slice(0, phasesOf(mapping))
    const sum = amps.reduce((total, one) => total + one, 0)
    const meter = new SimulatedMeter(simulated, { clock, voltage: 231, importWh: 1_234_500 })
    meter.setAmps(amps)
    const before = await read()
    clock.advance(3_600_000)
    meter.tick()
    const after = await read()
    if (mapping.signals.has('current')) expect(after.current?.[0]).toBeCloseTo(10.5, 1)
    if (mapping.signals.has('voltage')) expect(after.voltage?.at(-1)).toBeCloseTo(231, 0)
    if (mapping.signals.has('power')) expect(after.power).toBeCloseTo(sum * 231, -1)
    if (mapping.signals.has('powers')) expect(after.powers?.at(-1)).toBeCloseTo((amps.at(-1) ?? 0) * 231, -1)
    if (mapping.signals.has('energy')) expect((after.energy ?? 0) - (before.energy ?? 0)).toBeCloseTo(sum * 231, -3)
  })
}

/** Phases that the meter tells apart; 3 for one that tells only sums. */
function phasesOf(mapping: Mapping): number {
  const source = mapping.signals.get('current') ?? mapping.signals.get('voltage') ?? mapping.signals.get('powers')
  return source?.kind === 'point' ? source.point.addresses.length : 3
}

function describeCharger(
  mapping: Mapping,
  world: () => { simulated: SimulatedDevice; device: MappedDevice; clock: ReturnType<typeof instantClock> },
  read: () => Promise<DeviceReading['values']>,
): void {
  const orders = () => {
    const [connector] = world().simulated.connectors
    if (connector === undefined) throw new Error('no connector')
    return connector.orders
  }
  const range = () => {
    const { current } = world().device.capabilities
    if (current === null) throw new Error('no set-point')
    return current
  }

  test('a simulated box charges a car and stops', async () => {
    const { simulated, device, clock } = world()
    const [connector] = simulated.connectors
    if (connector === undefined) throw new Error('no connector')
    const box = new SimulatedCharger(connector, { clock })
    expect((await read()).state).toBe('A')
    if (mapping.write === null) return
    await device.command(1, { kind: 'resume', amps: 10 }, signal)
    const { offeredAmps } = orders()
    expect(isOneStepBelow(offeredAmps, 10, range().stepAmps)).toBe(true)
    box.plug({ phases: 3, maxAmps: 16, energyWantedWh: 20_000 })
    clock.advance(5_000)
    box.tick()
    clock.advance(3_600_000 / 4)
    await device.serve(signal)
    box.tick()
    const charging = await read()
    expect(charging.state).toBe('C')
    const currentStep = resolutionOf(mapping, 'current')
    for (const amps of charging.current ?? []) expect(amps).toSatisfy((shown) => near(shown, offeredAmps, currentStep))
    if (mapping.signals.has('session')) {
      const sessionWh = (offeredAmps * 230 * 3) / 4
      expect(charging.session).toSatisfy((shown) => near(shown, sessionWh, resolutionOf(mapping, 'session')))
    }
    if (mapping.signals.has('enabled')) expect(charging.enabled).toBe(true)
    if (mapping.signals.has('limit')) expect(charging.limit).toSatisfy((shown) => near(shown, 10, range().stepAmps))
    await device.command(1, { kind: 'pause' }, signal)
    clock.advance(100)
    box.tick()
    const paused = await read()
    expect(box.drawnAmps).toBe(0)
    expect(paused.state).not.toBe('A')
    // A limit that stays as it was is no sign of a pause: the bridge would count it for ever.
    if (mapping.signals.has('enabled')) expect(paused.enabled).toBe(false)
    else if (mapping.signals.has('limit')) expect(paused.limit).toBe(0)
    box.unplug()
    expect((await read()).state).toBe('A')
  })

  test('any state that it knows is read back as it was set', async () => {
    const [connector] = world().simulated.connectors
    if (connector === undefined) throw new Error('no connector')
    const states = PILOT_STATES.filter((state) => statesOf(mapping).has(state))
    expect(states.length).toBeGreaterThanOrEqual(3)
    for (const state of [...states, ...states.toReversed()]) {
      connector.set({ state })
      expect((await read()).state).toBe(state)
    }
  })

  test('a fault and a card are shown', async () => {
    const { simulated, clock } = world()
    const [connector] = simulated.connectors
    if (connector === undefined) throw new Error('no connector')
    const box = new SimulatedCharger(connector, { clock })
    box.plug({ phases: 3, maxAmps: 16, energyWantedWh: 1000 })
    box.swipe('04A1B2C3')
    if (mapping.signals.has('tag')) expect((await read()).tag).toBe('04A1B2C3')
    if (!statesOf(mapping).has('F')) return
    box.fail({ code: '0', kind: 'OtherError', text: null })
    expect((await read()).state).toBe('F')
    box.fail(null)
    expect((await read()).state).toBe('B')
  })

  if (mapping.write === null) return

  test('every set-point arrives, never higher than ordered, never between 0 and 6 A', async () => {
    const { device } = world()
    const { minAmps, maxAmps, stepAmps } = range()
    for (const amps of [minAmps, minAmps + 0.01, 7.77, 11.123, 13.5, maxAmps - 0.05, maxAmps]) {
      await device.command(1, { kind: 'current', amps }, signal)
      expect(isOneStepBelow(orders().limitAmps, amps, stepAmps)).toBe(true)
      expect(orders().limitAmps).toBeGreaterThanOrEqual(6)
    }
    for (const amps of [0.1, 3, 5.999, maxAmps + 1, Number.NaN, -1]) {
      await expect(device.command(1, { kind: 'current', amps }, signal)).rejects.toMatchObject({
        code: 'DEVICE_VALUE_REFUSED',
      })
    }
    await device.command(1, { kind: 'current', amps: 0 }, signal)
    expect(orders().offeredAmps).toBe(0)
    await device.command(1, { kind: 'resume', amps: 8 }, signal)
    expect(isOneStepBelow(orders().offeredAmps, 8, stepAmps)).toBe(true)
  })

  test('whatever is ordered, the box reads 0 A or 6 A to what was ordered', async () => {
    const { device, clock } = world()
    const { minAmps, maxAmps, stepAmps } = range()
    const ordered = fc.oneof(
      fc.double({ min: 0, max: maxAmps + 2, noNaN: true }),
      fc.double({ min: 5.8, max: 8, noNaN: true }),
      fc.constantFrom(0, 6, maxAmps),
    )
    const property = fc.asyncProperty(ordered, fc.boolean(), async (amps, isResume) => {
      // A register in flash or with a gap is written at once a day later.
      clock.advance(24 * 3_600_000)
      const command =
        amps === 0 ? { kind: 'pause' as const } : { kind: isResume ? ('resume' as const) : ('current' as const), amps }
      const taken = await device.command(1, command, signal).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'DEVICE_VALUE_REFUSED' })
          return false
        },
      )
      const isPossible = amps === 0 || (amps >= minAmps && amps <= maxAmps)
      if (isPossible) expect(taken).toBe(true)
      if (amps > 0 && (amps < 6 || amps > maxAmps)) expect(taken).toBe(false)
      if (!taken) return
      const { limitAmps, offeredAmps } = orders()
      expect(offeredAmps).toSatisfy((offered: number) => offered === 0 || offered >= 6 - 1e-6)
      expect(offeredAmps).toBeLessThanOrEqual(amps + 1e-5)
      if (amps === 0) expect(offeredAmps).toBe(0)
      else expect(isOneStepBelow(limitAmps, amps, stepAmps)).toBe(true)
    })
    await fc.assert(property, { numRuns: 40 })
  })

  test('every other command arrives', async () => {
    const { simulated, device, clock } = world()
    const { commands } = device.capabilities
    if (commands.includes('phases')) {
      // Some boxes change phases only while they are paused.
      const [connector] = simulated.connectors
      const box = connector === undefined ? null : new SimulatedCharger(connector, { clock })
      await device.command(1, { kind: 'pause' }, signal)
      box?.tick()
      await device.command(1, { kind: 'phases', count: 1 }, signal)
      expect(orders().phases).toBe(1)
      clock.advance(3_600_000)
      await device.command(1, { kind: 'phases', count: 3 }, signal)
      expect(orders().phases).toBe(3)
    }
    if (commands.includes('wake')) {
      await device.command(1, { kind: 'wake' }, signal)
      expect(orders().wakes).toBe(1)
    }
    if (commands.includes('reserved')) {
      await device.command(1, { kind: 'reserved' }, signal)
      expect(orders().showsReserved).toBe(true)
    }
    if (commands.includes('unreserved')) {
      await device.command(1, { kind: 'unreserved' }, signal)
      expect(orders().showsReserved).toBe(false)
    }
    if (commands.includes('unlock')) {
      await device.command(1, { kind: 'unlock' }, signal)
      expect(orders().unlocks).toBe(1)
    }
    if (commands.includes('failsafe')) {
      const { current, timeout } = mapping.write?.failsafe ?? { current: null, timeout: null }
      const timeoutSeconds = possibleTimeout(timeout, 30)
      await device.command(1, { kind: 'failsafe', amps: 8, timeoutSeconds }, signal)
      if (current !== null) expect(orders().failSafeAmps).toBeCloseTo(8, 1)
      if (timeout !== null) expect(orders().failSafeTimeoutSeconds).toBe(timeoutSeconds)
      expect(device.warnings).toEqual([])
    }
  })

  test('the fail-safe holds off while it is served, and trips when it is not', async () => {
    const { simulated, device, clock } = world()
    const [connector] = simulated.connectors
    const { current, timeout } = mapping.write?.failsafe ?? { current: null, timeout: null }
    // A time-out that the file does not set is one that it cannot know.
    if (connector === undefined || timeout === null) return
    const box = new SimulatedCharger(connector, { clock })
    const timeoutSeconds = possibleTimeout(timeout, 20)
    await device.command(1, { kind: 'resume', amps: 16 }, signal)
    await device.command(1, { kind: 'failsafe', amps: 6, timeoutSeconds }, signal)
    for (let time = 0; time < 3000 * timeoutSeconds; time += 1000) {
      clock.advance(1000)
      const due = device.nextServeAt()
      if (due !== null && due <= clock.monotonic()) await device.serve(signal)
      expect(box.tripped).toBe(false)
    }
    clock.advance((timeoutSeconds + 1) * 1000)
    expect(box.tripped).toBe(true)
    // Where the file does not set the current, nobody knows it: the simulated box stops.
    expect(box.offeredAmps).toBeCloseTo(current === null ? 0 : 6, 1)
  })
}

/** The wanted time-out, or the nearest that the box takes. */
function possibleTimeout(point: WritePoint | null, seconds: number): number {
  if (point === null) return seconds
  const codes = [...(point.map?.keys() ?? [])].toSorted((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))
  const { min, max } = point.range ?? { min: 0, max: Number.POSITIVE_INFINITY }
  return codes[0] ?? Math.min(Math.max(seconds, min), max)
}

/** What one count of a signal's register means; a calculated one is as coarse as 1 %. */
function resolutionOf(mapping: Mapping, signalName: SignalName): number {
  const source = mapping.signals.get(signalName)
  const unit = source?.kind === 'point' ? source.point.unit : null
  return unit === null ? 0.1 : Math.abs(unit.numerator / unit.denominator)
}

function near(shown: unknown, wanted: number, step: number): boolean {
  return typeof shown === 'number' && Math.abs(shown - wanted) <= Math.max(step, 0.01 * wanted) + 1e-6
}

/** On the grid or less than one step below it, and never higher than ordered. */
function isOneStepBelow(amps: number, ordered: number, step: number): boolean {
  const onGrid = Math.floor(ordered / step + 1e-9) * step
  return amps <= ordered + 1e-5 && amps > onGrid - step
}

/** Not every box has a state for a fault. */
function statesOf({ state }: Mapping): ReadonlySet<PilotState> {
  if (state === null) return new Set()
  return new Set(
    state.kind === 'rules'
      ? state.rules.map((rule) => rule.state)
      : [...state.numbers.values(), ...state.texts.values()],
  )
}
