import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  createDevice,
  instantClock,
  mappingLibrary,
  memoryLink,
  simulateDevice,
  simulatedLink,
  SimulatedCharger,
  SimulatedMeter,
} from '../../../src/mapping/index.ts'
import type { MappedDevice, SimulatedConnector, SimulatedDevice } from '../../../src/mapping/index.ts'
import type { RegisterTable } from '../../../src/model/driver.ts'
import { charger, mapped } from '../example-mappings.ts'

const signal = new AbortController().signal
const library = mappingLibrary()
let clock = instantClock()
beforeEach(() => {
  clock = instantClock()
})

function pair(name: string): { simulated: SimulatedDevice; connector: SimulatedConnector; device: MappedDevice } {
  const mapping = library.load(name)
  const simulated = simulateDevice(mapping, { clock })
  const [connector] = simulated.connectors
  if (connector === undefined) throw new Error('no connector')
  return { simulated, connector, device: createDevice(mapping, simulatedLink(simulated, clock), { clock }) }
}

const bankOf = (simulated: SimulatedDevice) => {
  const [bank] = simulated.units.values()
  if (bank === undefined) throw new Error('no unit')
  return bank
}
const read = (simulated: SimulatedDevice, address: number, count = 1, table: RegisterTable = 'holding') =>
  bankOf(simulated).read({ kind: 'registers', unit: 1, table, address, count })
const write = (
  simulated: SimulatedDevice,
  address: number,
  words: readonly number[],
  table: 'holding' | 'coil' = 'holding',
) => bankOf(simulated).write({ kind: 'registers', unit: 1, table, address, words, functionCode: null })

describe('registers as on the real box', () => {
  test('a KEBA that charges shows its own codes', () => {
    const { simulated, connector } = pair('keba-p30')
    connector.set({
      state: 'C',
      enabled: true,
      current: [16, 16, 16],
      power: 11_040,
      energy: 128_485.4,
      tag: 'D4CD7650',
    })
    expect(read(simulated, 1000, 2)).toEqual([0, 3])
    expect(read(simulated, 1008, 2)).toEqual([0, 16_000])
    expect(read(simulated, 1500, 2)).toEqual([0xd4cd, 0x7650])
    connector.set({ state: 'B', enabled: false })
    expect(read(simulated, 1000, 2)).toEqual([0, 5])
    connector.set({ state: 'A' })
    expect(((read(simulated, 1004, 2)[1] ?? 0) >> 2) % 2).toBe(0)
  })

  test('a Heidelberg tells asking from charging', () => {
    const { simulated, connector } = pair('heidelberg-energy-control')
    connector.set({ state: 'C', enabled: true })
    expect(read(simulated, 5, 1, 'input')).toEqual([7])
  })

  test('what is nowhere in the file is an illegal address, as is a request that is too long', () => {
    const { simulated } = pair('keba-p30')
    expect(() => read(simulated, 1002)).toThrow(expect.objectContaining({ details: { exceptionCode: 2 } }))
    expect(() => read(simulated, 1008, 4)).toThrow(expect.objectContaining({ details: { exceptionCode: 3 } }))
    expect(() => write(simulated, 1000, [1])).toThrow(expect.objectContaining({ details: { exceptionCode: 2 } }))
  })

  test('a set-point outside the range is refused and changes nothing', () => {
    const { simulated, connector } = pair('keba-p30')
    write(simulated, 5004, [10_000])
    for (const words of [[3000], [63_000]])
      expect(() => write(simulated, 5004, words)).toThrow(expect.objectContaining({ details: { exceptionCode: 3 } }))
    expect(connector.orders.limitAmps).toBe(10)
    expect(read(simulated, 5004)).toEqual([10_000])
  })

  test('numbers come back within the step of their register, missing stays missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('keba-p30', 'abb-terra-ac', 'alfen-eve', 'phoenix-em-cp-pp-eth', 'heidelberg-energy-control'),
        fc.double({ min: 0, max: 63, noNaN: true }),
        fc.double({ min: 1, max: 400, noNaN: true }),
        async (name, amps, volts) => {
          const { connector, device } = pair(name)
          connector.set({ voltage: [volts, volts, volts], current: [amps, 0, amps / 2] })
          const [reading] = await device.poll('all', signal)
          expect(reading?.values.current?.[0]).toBeCloseTo(amps, 0)
          expect(reading?.values.current?.[1]).toBe(0)
          expect(Math.abs((reading?.values.voltage?.[2] ?? 0) - volts)).toBeLessThanOrEqual(0.5)
        },
      ),
      { numRuns: 60 },
    )
    const { connector, device } = pair('alfen-eve')
    connector.set({ current: [6, null, null], power: null })
    const [reading] = await device.poll('all', signal)
    expect(reading?.values).toMatchObject({ current: [6, null, null], power: null })
  })

  test('a calculated power is shown by the registers that it is made of', async () => {
    const mapping = mapped(
      charger(
        ['kind: charger', 'kind: charger\npoints: {plus: {at: 30, type: u32}, minus: {at: 32, type: u32}}'],
        ['power:   {at: 20, type: u32, unit: W}', 'power: {calc: plus - minus}'],
      ),
    )
    const simulated = simulateDevice(mapping, { clock })
    const device = createDevice(mapping, memoryLink(simulated.units), { clock })
    for (const power of [1500, -700, 0]) {
      simulated.set({ power })
      expect((await device.poll('all', signal))[0]?.values.power).toBe(power)
    }
  })
})

describe('limits of the real box', () => {
  test('a function that the file does not use is unknown to it', () => {
    const { simulated, connector } = pair('heidelberg-energy-control')
    const order = { kind: 'registers', unit: 1, table: 'holding', address: 261, words: [100] } as const
    expect(() => bankOf(simulated).write({ ...order, functionCode: 16 })).toThrow(
      expect.objectContaining({ details: { exceptionCode: 1 } }),
    )
    bankOf(simulated).write({ ...order, functionCode: 6 })
    expect(connector.orders.limitAmps).toBe(10)
  })

  const silence = expect.objectContaining({ code: 'DEVICE_TIMEOUT' })

  test('behind a wire it does not hear what comes before its pause is over', () => {
    const simulated = simulateDevice(library.load('heidelberg-energy-control'), { clock, wired: true })
    const state = () => read(simulated, 5, 1, 'input')
    expect(state()).toHaveLength(1)
    clock.advance(50)
    expect(state).toThrow(silence)
    clock.advance(100)
    expect(state()).toHaveLength(1)
  })

  test('behind a wire it drops orders that follow each other too fast', () => {
    const simulated = simulateDevice(library.load('daheimladen-smart'), { clock, wired: true })
    const limit = () => simulated.connectors[0]?.orders.limitAmps
    write(simulated, 91, [100])
    clock.advance(500)
    write(simulated, 91, [120])
    expect(limit()).toBe(10)
    clock.advance(500)
    write(simulated, 91, [140])
    expect(limit()).toBe(14)
  })

  test('behind a wire a box that sleeps misses the first request', () => {
    const simulated = simulateDevice(library.load('abl-emh'), { clock, wired: true })
    const state = () => read(simulated, 0x2e)
    expect(state).toThrow(silence)
    expect(state()).toHaveLength(1)
    clock.advance(20_000)
    expect(state()).toHaveLength(1)
    clock.advance(60_000)
    expect(state).toThrow(silence)
    expect(state()).toHaveLength(1)
  })
})

describe('faults on order', () => {
  test('exceptions, a missing register, zeros after a reboot', async () => {
    const { simulated, connector, device } = pair('abb-terra-ac')
    connector.set({ state: 'C', power: 3600, session: 1000 })
    simulated.setFault({ kind: 'refused-register', table: 'holding', address: 0x401c })
    expect((await device.poll('all', signal))[0]?.values).toMatchObject({ state: 'C', power: null, session: 1000 })
    simulated.setFault({ kind: 'exception', code: 4 })
    await expect(device.poll('all', signal)).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION' })
    simulated.setFault({ kind: 'zeros' })
    expect((await device.poll('all', signal))[0]?.values).toMatchObject({ state: 'A', session: 0 })
    simulated.setFault(null)
    expect((await device.poll('all', signal))[0]?.values).toMatchObject({ state: 'C', session: 1000 })
  })
})

describe('a simulated box', () => {
  test('a car follows after its delay, stops when it is full, and the meter counts', async () => {
    const { connector, device } = pair('keba-p30')
    const box = new SimulatedCharger(connector, { clock, followDelayMs: 3000, energyWh: 1000 })
    await device.command(1, { kind: 'resume', amps: 16 }, signal)
    box.plug({ phases: 1, maxAmps: 20, energyWantedWh: 1840 })
    clock.advance(2000)
    box.tick()
    expect(box.drawnAmps).toBe(0)
    clock.advance(1000)
    box.tick()
    expect(box.drawnAmps).toBe(16)
    clock.advance(1_800_000)
    box.tick()
    expect(box.energyWh).toBeCloseTo(2840)
    clock.advance(60_000)
    box.tick()
    expect(box.drawnAmps).toBe(0)
    expect(box.energyWh).toBeCloseTo(2840)
    expect((await device.poll('all', signal))[0]?.values).toMatchObject({ state: 'B', session: 1840, energy: 2840 })
  })

  test('it never draws more than ordered, and never goes backwards', async () => {
    const step = fc.record({
      ms: fc.integer({ min: 0, max: 30_000 }),
      order: fc.option(fc.oneof(fc.constant(0), fc.double({ min: 6, max: 32, noNaN: true }))),
      plug: fc.option(fc.boolean()),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('keba-p30', 'abb-terra-ac', 'phoenix-em-cp-pp-eth', 'alfen-eve'),
        fc.array(step, { maxLength: 25 }),
        async (name, steps) => {
          const { connector, device } = pair(name)
          const box = new SimulatedCharger(connector, { clock, followDelayMs: 0 })
          let ordered = 32
          let energy = box.energyWh
          for (const { ms, order, plug } of steps) {
            if (plug === true) box.plug({ phases: 3, maxAmps: 32, energyWantedWh: 5000 })
            if (plug === false) box.unplug()
            if (order !== null) {
              await device.command(1, order === 0 ? { kind: 'pause' } : { kind: 'resume', amps: order }, signal)
              ordered = order
            }
            clock.advance(ms)
            box.tick()
            expect(box.drawnAmps).toBeLessThanOrEqual(ordered + 1e-6)
            expect(box.drawnAmps === 0 || box.drawnAmps >= 6).toBe(true)
            expect(box.energyWh).toBeGreaterThanOrEqual(energy)
            energy = box.energyWh
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

test('a simulated meter imports, exports and may lose a phase', async () => {
  const mapping = library.load('eastron-sdm630')
  const simulated = simulateDevice(mapping, { clock })
  const device = createDevice(mapping, memoryLink(simulated.units), { clock })
  const meter = new SimulatedMeter(simulated, { clock, importWh: 0 })
  meter.setAmps([-10, -10, -10])
  clock.advance(3_600_000)
  meter.tick()
  expect((await device.poll('all', signal))[0]?.values).toMatchObject({
    power: -6900,
    energy: 0,
    current: [-10, -10, -10],
  })
  expect((await device.poll('all', signal))[0]?.values.export).toBeCloseTo(6900, -1)
  meter.setAmps([5, null, 5])
  expect((await device.poll('all', signal))[0]?.values.current).toEqual([5, null, 5])
})

test('a double station has two outlets at two unit ids', async () => {
  const mapping = library.load('alfen-eve')
  const simulated = simulateDevice(mapping, { clock, connectors: 2 })
  const device = createDevice(mapping, memoryLink(simulated.units), { clock })
  await device.connect(signal)
  expect([...simulated.units.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 200])
  expect(device.connectors).toBe(2)
  await device.command(2, { kind: 'current', amps: 12 }, signal)
  expect(simulated.connectors.map(({ orders }) => orders.limitAmps)).toEqual([32, 12])
})
