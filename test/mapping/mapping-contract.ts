/** The suite that every file in `mappings/` runs through by being there. */
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
import type { Mapping, MappingLibrary, MappedDevice, OptionValue, SimulatedDevice } from '../../src/mapping/index.ts'
import type { DeviceReading } from '../../src/model/signal.ts'

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

/** What an installer could have set: options without a default as the first example that sets them all. */
function optionsOf(mapping: Mapping): Readonly<Record<string, OptionValue>> {
  const needed = [...mapping.options].filter(([, option]) => option.default === null).map(([name]) => name)
  const examples = mapping.examples.map(({ options }) => options)
  return examples.find((options) => needed.every((name) => Object.hasOwn(options, name))) ?? {}
}

/** `file` is what the bridge knows, `mapping` what the device is: the file as it stands, or one of its variants. */
function inReverse(file: Mapping, mapping: Mapping, variant?: string): void {
  const clock = instantClock()
  let simulated: SimulatedDevice
  let device: MappedDevice
  beforeEach(async () => {
    const options = optionsOf(file)
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
    box.plug({ phases: 3, maxAmps: 16, energyWantedWh: 20_000 })
    clock.advance(5_000)
    box.tick()
    clock.advance(3_600_000 / 4)
    await device.serve(signal)
    box.tick()
    const charging = await read()
    expect(charging.state).toBe('C')
    if (mapping.signals.has('current')) for (const amps of charging.current ?? []) expect(amps).toBeCloseTo(10, 1)
    if (mapping.signals.has('session')) expect(charging.session ?? 0).toBeGreaterThan(1700)
    if (mapping.signals.has('enabled')) expect(charging.enabled).toBe(true)
    if (mapping.signals.has('limit')) expect(charging.limit).toBeCloseTo(10, 1)
    await device.command(1, { kind: 'pause' }, signal)
    clock.advance(100)
    box.tick()
    const paused = await read()
    expect(box.drawnAmps).toBe(0)
    expect(paused.state).not.toBe('A')
    if (mapping.signals.has('enabled')) expect(paused.enabled).toBe(false)
    box.unplug()
    expect((await read()).state).toBe('A')
  })

  test('a fault and a card are shown', async () => {
    const { simulated, clock } = world()
    const [connector] = simulated.connectors
    if (connector === undefined) throw new Error('no connector')
    const box = new SimulatedCharger(connector, { clock })
    box.plug({ phases: 3, maxAmps: 16, energyWantedWh: 1000 })
    box.swipe('04A1B2C3')
    if (mapping.signals.has('tag')) expect((await read()).tag).toBe('04A1B2C3')
    if (!showsFaults(mapping)) return
    box.fail({ code: '0', kind: 'OtherError', text: null })
    expect((await read()).state).toBe('F')
    box.fail(null)
    expect((await read()).state).toBe('B')
  })

  if (mapping.write === null) return

  test('every set-point arrives, never higher than ordered, never between 0 and 6 A', async () => {
    const { device } = world()
    const { minAmps, maxAmps, stepAmps } = range()
    for (const amps of [minAmps, 6.01, 7.77, 11.123, 13.5, maxAmps - 0.05, maxAmps]) {
      await device.command(1, { kind: 'current', amps }, signal)
      expect(orders().limitAmps).toBeLessThanOrEqual(amps + 1e-6)
      expect(orders().limitAmps).toBeGreaterThan(amps - stepAmps - 1e-6)
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
    expect(orders().offeredAmps).toBeCloseTo(8)
  })

  test('every other command arrives', async () => {
    const { device, clock } = world()
    const { commands } = device.capabilities
    if (commands.includes('phases')) {
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
    if (commands.includes('unlock')) {
      await device.command(1, { kind: 'unlock' }, signal)
      expect(orders().unlocks).toBe(1)
    }
    if (commands.includes('failsafe')) {
      await device.command(1, { kind: 'failsafe', amps: 8, timeoutSeconds: 30 }, signal)
      expect(orders()).toMatchObject({ failSafeAmps: 8, failSafeTimeoutSeconds: 30 })
      expect(device.warnings).toEqual([])
    }
  })

  test('the fail-safe holds off while it is served, and trips when it is not', async () => {
    const { simulated, device, clock } = world()
    const [connector] = simulated.connectors
    if (connector === undefined || !device.capabilities.failSafe) return
    const box = new SimulatedCharger(connector, { clock })
    await device.command(1, { kind: 'resume', amps: 16 }, signal)
    await device.command(1, { kind: 'failsafe', amps: 6, timeoutSeconds: 20 }, signal)
    for (let time = 0; time < 60_000; time += 1000) {
      clock.advance(1000)
      const due = device.nextServeAt()
      if (due !== null && due <= clock.monotonic()) await device.serve(signal)
      expect(box.tripped).toBe(false)
    }
    clock.advance(21_000)
    expect(box.tripped).toBe(true)
    expect(box.offeredAmps).toBe(6)
  })
}

/** Not every box has a state for a fault. */
function showsFaults({ state }: Mapping): boolean {
  if (state === null) return false
  return state.kind === 'rules'
    ? state.rules.some((rule) => rule.state === 'F')
    : [...state.numbers.values(), ...state.texts.values()].includes('F')
}
