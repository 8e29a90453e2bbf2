import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { createDevice, instantClock, memoryLink } from '../../src/mapping/index.ts'
import type { MappedDevice } from '../../src/mapping/index.ts'
import { RegisterImage } from '../../src/mapping/examples/memory-link.ts'
import { BridgeError } from '../../src/model/errors.ts'
import type { DeviceCommand, DeviceWrite } from '../../src/model/device.ts'
import type { RegisterWrite } from '../../src/model/driver.ts'
import { charger, mapped } from './example-mappings.ts'

const signal = new AbortController().signal
const LIMIT = 'current: {at: 100, unit: 0.1 A, range: 6..16 A}'
const PAUSE = 'pause:   {at: 100, value: 0}'

let image = new RegisterImage()
let clock = instantClock()
beforeEach(() => {
  image = new RegisterImage()
  clock = instantClock()
})

const open = (...changes: readonly (readonly [string, string])[]): MappedDevice =>
  createDevice(mapped(charger(...changes)), memoryLink(image), { clock })
const frame = ({ functionCode, address, words }: DeviceWrite): string => `${functionCode}:${address}=${words.join(' ')}`
const run = async (device: MappedDevice, command: DeviceCommand): Promise<readonly string[]> =>
  (await device.command(1, command, signal)).map(frame)
const REFUSED = { code: 'DEVICE_VALUE_REFUSED' }

/** A box with one more command. */
const steps = (text: string): MappedDevice => open(['  pause:', `  ${text}\n  pause:`])
const arm = (amps: number, timeoutSeconds: number): DeviceCommand => ({ kind: 'failsafe', amps, timeoutSeconds })

describe('the set-point', () => {
  test('in the unit of the data sheet, rounded down to what the register can say', async () => {
    const device = open()
    expect(await run(device, { kind: 'current', amps: 13.5 })).toEqual(['6:100=135'])
    expect(await run(device, { kind: 'current', amps: 9.99 })).toEqual(['6:100=99'])
    expect(await run(device, { kind: 'current', amps: 6 })).toEqual(['6:100=60'])
    expect(device.capabilities.current).toEqual({ minAmps: 6, maxAmps: 16, stepAmps: 0.1 })
  })

  test.each<[string, number, string]>([
    ['{at: 100, unit: A, step: 1, range: 6..32 A}', 13.9, '6:100=13'],
    ['{at: 100, unit: mA, type: u32, fc: 16, range: 6..32 A}', 13.5, '16:100=0 13500'],
    ['{at: 100, unit: mA, type: u32, order: CDAB, range: 6..32 A}', 13.5, '16:100=13500 0'],
    ['{at: 100, unit: A, type: f32, range: 6..32 A}', 13.5, '16:100=16728 0'],
    ['{at: 100, calc: A / 0.06, range: 6..16 A}', 6, '6:100=100'],
    ['{at: 100, calc: A * 257, step: 1, range: 6..16 A}', 10.7, '6:100=2570'],
    ['{at: 100, unit: A, type: bcd, len: 1, range: 6..32 A, step: 1}', 16, '6:100=22'],
  ])('%s at %d A', async (line, amps, expected) => {
    expect(
      await run(
        open(
          [LIMIT, `current: ${line}`],
          [PAUSE, 'pause: {at: 150, value: 0}\n  resume: [current, {at: 150, value: 1}]'],
        ),
        { kind: 'current', amps },
      ),
    ).toEqual([expected])
  })

  test('watts by the phases that the box shows now', async () => {
    const device = open(
      [LIMIT, 'current: {at: 100, type: u32, calc: A * 230 * phases, range: 6..16 A}'],
      ['power:   {at: 20, type: u32, unit: W}', 'phases: {at: 30}'],
      [PAUSE, 'pause: {at: 100, type: u32, value: 0}'],
    )
    await expect(device.command(1, { kind: 'current', amps: 10 }, signal)).rejects.toMatchObject(REFUSED)
    image.set('holding', 30, [3])
    expect(await run(device, { kind: 'current', amps: 10 })).toEqual(['16:100=0 6900'])
    image.set('holding', 30, [1])
    expect(await run(device, { kind: 'current', amps: 10 })).toEqual(['16:100=0 2300'])
  })

  test('the same value into several registers', async () => {
    expect(
      await run(open([LIMIT, 'current: [{at: 100, unit: A, range: 6..16 A}, {at: 102, unit: A, range: 6..16 A}]']), {
        kind: 'current',
        amps: 8,
      }),
    ).toEqual(['6:100=8', '6:102=8'])
  })

  test('nothing between 0 and 6 A is ever written, whatever is ordered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          LIMIT,
          'current: {at: 100, unit: A, range: 6..16 A}',
          'current: {at: 100, unit: mA, range: 6..16 A}',
          'current: {at: 100, unit: 0.01 A, step: 2, range: 6..16 A}',
        ),
        fc.oneof(fc.double({ noNaN: false }), fc.double({ min: -1, max: 20, noNaN: true })),
        fc.constantFrom('current', 'resume'),
        async (line, amps, kind) => {
          const box = new RegisterImage()
          const mapping = mapped(charger([LIMIT, line]))
          const [step] = mapping.write?.current ?? []
          const unit = step?.kind === 'write' ? step.point.unit : null
          const device = createDevice(mapping, memoryLink(box), { clock })
          await device
            .command(1, kind === 'current' ? { kind, amps } : { kind: 'resume', amps }, signal)
            .catch((error: unknown) => expect(error).toMatchObject(REFUSED))
          for (const write of box.writes) {
            const written = ((write.words[0] ?? 0) * (unit?.numerator ?? 1)) / (unit?.denominator ?? 1)
            expect(written === 0 || (written >= 6 && written <= 16)).toBe(true)
            expect(written).toBeLessThanOrEqual(Math.max(amps, 0) + 1e-5)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('0 A is a pause', async () => {
    expect(await run(open(), { kind: 'current', amps: 0 })).toEqual(['6:100=0'])
  })

  test('on change only', async () => {
    const device = open(['range: 6..16 A', 'range: 6..16 A, on_change: true'])
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual(['6:100=80'])
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual([])
    expect(await run(device, { kind: 'pause' })).toEqual(['6:100=0'])
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual(['6:100=80'])
    await device.connect(signal)
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual(['6:100=80'])
  })

  test('a box that restarted is told again although nothing changed', async () => {
    image.set(
      'holding',
      0,
      Array.from({ length: 24 }, () => 0),
    )
    image.set('holding', 40, [80])
    const device = open(
      ['range: 6..16 A', 'range: 6..16 A, on_change: true'],
      ['power:   {at: 20', 'limit: {at: 40, unit: 0.1 A}\n  power:   {at: 20'],
    )
    await run(device, { kind: 'current', amps: 8 })
    clock.advance(6000)
    await device.poll('fast', signal)
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual([])
    image.set('holding', 40, [160])
    await device.poll('fast', signal)
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual(['6:100=80'])
  })

  test('a short gap is waited for', async () => {
    const device = open(['range: 6..16 A', 'range: 6..16 A, min_gap: 5s'])
    await run(device, { kind: 'current', amps: 8 })
    const before = clock.monotonic()
    await run(device, { kind: 'current', amps: 9 })
    expect(clock.monotonic() - before).toBe(5000)
  })

  test('a register that wears: less at once, more only after the gap', async () => {
    const device = open(['range: 6..16 A', 'range: 6..16 A, wears: true, min_gap: 5 min'])
    expect(await run(device, { kind: 'current', amps: 8 })).toEqual(['6:100=80'])
    expect(await run(device, { kind: 'current', amps: 12 })).toEqual([])
    expect(await run(device, { kind: 'current', amps: 7 })).toEqual(['6:100=70'])
    expect(await run(device, { kind: 'current', amps: 12 })).toEqual([])
    expect(device.nextServeAt()).toBe(clock.monotonic() + 300_000)
    clock.advance(300_000)
    expect((await device.serve(signal)).map(frame)).toEqual(['6:100=120'])
    expect(device.nextServeAt()).toBeNull()
  })

  test('a set-point that expires is written again, a pause too', async () => {
    const device = open(['range: 6..16 A', 'range: 6..16 A, rewrite: 20s'], ['value: 0}', 'value: 0, rewrite: 20s}'])
    await run(device, { kind: 'current', amps: 8 })
    expect(device.nextServeAt()).toBe(clock.monotonic() + 20_000)
    expect(await device.serve(signal)).toEqual([])
    clock.advance(20_000)
    expect(await device.serve(signal)).toMatchObject([{ words: [80], reason: 'current 8 A, again' }])
    await run(device, { kind: 'pause' })
    clock.advance(20_000)
    expect((await device.serve(signal)).map(frame)).toEqual(['6:100=0'])
  })

  test('a failed write leaves nothing that is written again by itself', async () => {
    const device = open(['range: 6..16 A', 'range: 6..16 A, rewrite: 20s'])
    await run(device, { kind: 'current', amps: 16 })
    image.write = () => {
      throw new BridgeError('DEVICE_TIMEOUT', 'silence')
    }
    await expect(device.command(1, { kind: 'current', amps: 6 }, signal)).rejects.toMatchObject({
      code: 'DEVICE_TIMEOUT',
    })
    expect(device.nextServeAt()).toBeNull()
  })
})

describe('pause and resume', () => {
  test('a switch of its own: the current is set before it is let go', async () => {
    const device = open([PAUSE, 'enable: {at: 400, table: coil}'])
    expect(await run(device, { kind: 'pause' })).toEqual(['5:400=0'])
    expect(await run(device, { kind: 'resume', amps: 10 })).toEqual(['6:100=100', '5:400=1'])
  })

  test('a resume that forgets the current gets it first', async () => {
    const device = open([PAUSE, 'pause: {at: 101, value: 1}\n  resume: {at: 101, value: 0}'])
    expect(await run(device, { kind: 'resume', amps: 10 })).toEqual(['6:100=100', '6:101=0'])
  })

  test('a sequence with waits, the current where the file puts it', async () => {
    const device = open([
      PAUSE,
      'pause: {at: 101, value: 0}\n  resume: [{at: 101, value: 1}, {wait: 1s}, {at: 102, value: 0}, current]',
    ])
    const before = clock.monotonic()
    expect(await run(device, { kind: 'resume', amps: 10 })).toEqual(['6:101=1', '6:102=0', '6:100=100'])
    expect(clock.monotonic() - before).toBe(1000)
  })

  test('a frame sent twice', async () => {
    const device = open(['value: 0}', 'value: 0, repeat: 2}'])
    await run(device, { kind: 'pause' })
    expect(image.writes).toHaveLength(2)
  })

  test('bits are changed without their neighbours', async () => {
    const device = open([PAUSE, 'pause: {at: 101, bit: 3, value: 1}\n  resume: [current, {at: 101, bit: 3, value: 0}]'])
    await expect(device.command(1, { kind: 'pause' }, signal)).rejects.toMatchObject(REFUSED)
    image.set('holding', 101, [0x00f0])
    expect(await run(device, { kind: 'pause' })).toEqual(['6:101=248'])
    expect(await run(device, { kind: 'resume', amps: 8 })).toEqual(['6:100=80', '6:101=240'])
    const masked = open([
      PAUSE,
      'pause: {at: 101, bits: 5..4, fc: 22, value: 2}\n  resume: [current, {at: 101, value: 0}]',
    ])
    expect(await run(masked, { kind: 'pause' })).toEqual(['22:101=2'])
    expect(image.get('holding', 101)).toBe(0x00e0)
  })
})

describe('other commands', () => {
  test('what the mapping does not have is unknown', async () => {
    await expect(open().command(1, { kind: 'wake' }, signal)).rejects.toMatchObject({ code: 'DEVICE_COMMAND_UNKNOWN' })
    await expect(open().command(2, { kind: 'pause' }, signal)).rejects.toMatchObject(REFUSED)
  })

  test('a step can wait for a register', async () => {
    image.set('holding', 120, [0])
    const device = steps('wake: [{at: 119, value: 1}, {verify: {at: 120, is: 5, within: 2s}}, {at: 121, value: 1}]')
    await expect(device.command(1, { kind: 'wake' }, signal)).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('register 120 is 0, not 5'),
    })
    image.set('holding', 120, [5])
    expect(await run(device, { kind: 'wake' })).toEqual(['6:119=1', '6:121=1'])
  })

  test('phases by code, only while allowed, not too often', async () => {
    const device = open(
      ['kind: charger', 'kind: charger\npoints: {switcher: {at: 130}}'],
      ['  pause:', '  phases: {at: 131, map: {1: 0, 3: 1}, if: switcher == 3, min_gap: 300s}\n  pause:'],
    )
    await expect(device.command(1, { kind: 'phases', count: 1 }, signal)).rejects.toMatchObject(REFUSED)
    image.set('holding', 130, [3])
    expect(await run(device, { kind: 'phases', count: 1 })).toEqual(['6:131=0'])
    await expect(device.command(1, { kind: 'phases', count: 3 }, signal)).rejects.toMatchObject({
      message: expect.stringContaining('300 s'),
    })
    clock.advance(300_000)
    expect(await run(device, { kind: 'phases', count: 3 })).toEqual(['6:131=1'])
  })

  test('phases by steps', async () => {
    const device = steps(
      'phases: {1: [pause, {wait: 10s}, {at: 131, value: 1}], 3: [pause, {wait: 10s}, {at: 131, value: 3}]}',
    )
    expect(await run(device, { kind: 'phases', count: 3 })).toEqual(['6:100=0', '6:131=3'])
  })

  test('a second connector is moved by the step', async () => {
    const device = open(['kind: charger', 'kind: charger\nconnectors: {count: 2, step: 0x100}'])
    expect((await device.command(2, { kind: 'current', amps: 8 }, signal)).map(frame)).toEqual(['6:356=80'])
  })

  test('control is taken at the start and given back', async () => {
    const device = open([
      '  pause:',
      '  start: [{at: 140, value: 1}, {wait: 1s}, {at: 141, value: 4}]\n  stop: {at: 140, value: 0}\n  pause:',
    ])
    expect((await device.connect(signal)).map(frame)).toEqual(['6:140=1', '6:141=4'])
    expect((await device.release(signal)).map(frame)).toEqual(['6:140=0'])
  })
})

describe('fail-safe and keep-alive', () => {
  const SAFE =
    '  failsafe: {current: {at: 110, unit: 0.1 A, range: 0 or 6..16 A, readback: {at: 110}}, timeout: {at: 111, unit: s, range: 10..600 s, readback: {at: 111}}, persist: {at: 112, value: 1, wears: true}}\n'
  const safe = (alive: string): MappedDevice => open(['  pause:', `${SAFE}  alive: ${alive}\n  pause:`])

  test('armed, read back, and stored in flash only once', async () => {
    image.set('holding', 110, [0, 0])
    const device = safe('{every: timeout/2}')
    expect(await run(device, arm(8, 60))).toEqual(['6:110=80', '6:111=60', '6:112=1'])
    expect(await run(device, arm(8, 60))).toEqual(['6:110=80', '6:111=60'])
    expect(device.warnings).toEqual([])
  })

  test('nothing is written when one half is out of range', async () => {
    const device = safe('{every: timeout/2}')
    for (const command of [arm(8, 5), arm(3, 60), arm(40, 60)])
      await expect(device.command(1, command, signal)).rejects.toMatchObject(REFUSED)
    expect(image.writes).toEqual([])
    expect(await run(device, arm(0, 60))).toHaveLength(3)
  })

  test('a device that shows something else is told; one that cannot show it is a warning', async () => {
    const device = safe('{every: timeout/2}')
    await device.command(1, arm(8, 60), signal)
    expect(device.warnings).toHaveLength(2)
    image.set('holding', 110, [320, 60])
    const write = image.write.bind(image)
    image.write = (request: RegisterWrite) => (request.address === 110 ? undefined : write(request))
    await expect(device.command(1, arm(8, 60), signal)).rejects.toMatchObject({
      message: expect.stringContaining('reads 32 after 8'),
    })
  })

  test('any read feeds: one is made only when none was in time', async () => {
    image.set(
      'holding',
      0,
      Array.from({ length: 24 }, () => 0),
    )
    image.set('holding', 110, [0, 0])
    const device = safe('{every: timeout/2}')
    await device.connect(signal)
    expect(device.nextServeAt()).toBeNull()
    await device.command(1, arm(8, 60), signal)
    expect(device.nextServeAt()).toBe(clock.monotonic() + 30_000)
    clock.advance(20_000)
    await device.poll('fast', signal)
    expect(device.nextServeAt()).toBe(clock.monotonic() + 30_000)
    clock.advance(30_000)
    expect(await device.serve(signal)).toEqual([])
    expect(device.nextServeAt()).toBe(clock.monotonic() + 30_000)
  })

  test('the time-out is written again at half of itself; one that is in force already counts', async () => {
    image.set('holding', 110, [80, 20])
    const device = safe('{every: timeout/2, write: failsafe.timeout}')
    await device.connect(signal)
    expect(device.nextServeAt()).toBe(clock.monotonic() + 10_000)
    clock.advance(10_000)
    expect((await device.serve(signal)).map(frame)).toEqual(['6:111=20'])
  })

  test('a fixed beat, and one that toggles', async () => {
    const device = open(['  pause:', '  alive: {every: 5s, at: 160, value: [0, 1]}\n  pause:'])
    await device.connect(signal)
    const beats: string[] = []
    for (let second = 0; second < 15; second++) {
      const due = device.nextServeAt()
      if (due !== null && due <= clock.monotonic())
        beats.push(...(await device.serve(signal)).map((write) => `${second}s ${frame(write)}`))
      clock.advance(1000)
    }
    expect(beats).toEqual(['0s 6:160=0', '5s 6:160=1', '10s 6:160=0'])
  })
})

test('a meter offers no command', async () => {
  const device = createDevice(
    mapped('device: M\nkind: meter\nmodbus: {tcp: 502}\nread: {power: {at: 0, unit: W}}'),
    memoryLink(image),
    { clock },
  )
  expect(device.capabilities).toMatchObject({ kind: 'meter', commands: [], current: null, failSafe: false })
  await expect(device.command(1, { kind: 'pause' }, signal)).rejects.toMatchObject({ code: 'DEVICE_COMMAND_UNKNOWN' })
})

describe('several steps', () => {
  const WATTS = 'current: [{at: 100, unit: A}, {at: 102, calc: A * 230 * phases}]'
  const TWO: readonly (readonly [string, string])[] = [
    [LIMIT, WATTS],
    ['power:   {at: 20, type: u32, unit: W}', 'phases: {at: 30}'],
    [PAUSE, 'pause: {at: 150, value: 0}\n  resume: [current, {at: 150, value: 1}]'],
  ]

  test('go out all or none: what the last one needs is looked at before the first', async () => {
    const device = open(...TWO)
    await expect(device.command(1, { kind: 'current', amps: 10 }, signal)).rejects.toMatchObject(REFUSED)
    await expect(device.command(1, { kind: 'resume', amps: 10 }, signal)).rejects.toMatchObject(REFUSED)
    expect(image.writes).toEqual([])
    image.set('holding', 30, [1])
    expect(await run(device, { kind: 'resume', amps: 10 })).toEqual(['6:100=10', '6:102=2300', '6:150=1'])
  })
})

describe('a set-point that expires', () => {
  test('in watts is worked out anew for the phases that are in use by then', async () => {
    const device = open(
      [LIMIT, 'current: {at: 100, calc: A * 230 * phases, range: 6..16 A, rewrite: 20s}'],
      ['power:   {at: 20, type: u32, unit: W}', 'phases: {at: 30}'],
      [PAUSE, 'pause: {at: 150, value: 0}\n  resume: [current, {at: 150, value: 1}]'],
    )
    image.set('holding', 30, [3])
    expect(await run(device, { kind: 'current', amps: 10 })).toEqual(['6:100=6900'])
    image.set('holding', 30, [1])
    clock.advance(20_000)
    expect((await device.serve(signal)).map(frame)).toEqual(['6:100=2300'])
    clock.advance(20_000)
    image.set('holding', 30, [7])
    expect((await device.serve(signal)).map(frame)).toEqual(['6:100=2300'])
  })
})

function switched(line: string): MappedDevice {
  return open([PAUSE, `pause: {at: 150, value: 0}\n  resume: [current, {at: 150, value: 1}]\n  phases: ${line}`])
}

describe('phases', () => {
  test('of a box that must not be switched under load: pause, wait, switch, wait, go on with what stood', async () => {
    const device = switched('{at: 160, map: {1: 0, 3: 1}, paused: 10s}')
    await run(device, { kind: 'resume', amps: 13 })
    const from = clock.monotonic()
    expect(await run(device, { kind: 'phases', count: 1 })).toEqual(['6:150=0', '6:160=0', '6:100=130', '6:150=1'])
    expect(clock.monotonic() - from).toBe(20_000)
  })

  test('of a box that is paused, or that nobody has ordered anything: it stays so', async () => {
    const device = switched('{at: 160, map: {1: 0, 3: 1}, paused: 10s}')
    expect(await run(device, { kind: 'phases', count: 3 })).toEqual(['6:150=0', '6:160=1'])
    await run(device, { kind: 'pause' })
    expect(await run(device, { kind: 'phases', count: 1 })).toEqual(['6:150=0', '6:160=0'])
  })

  test('of a box that has no relay for it: nobody is paused for a switch that cannot be', async () => {
    const device = switched('{at: 160, map: {1: 0, 3: 1}, if: relay == 1, paused: 10s}\npoints: {relay: {at: 31}}')
    await run(device, { kind: 'resume', amps: 13 })
    const before = image.writes.length
    await expect(device.command(1, { kind: 'phases', count: 1 }, signal)).rejects.toMatchObject(REFUSED)
    expect(image.writes).toHaveLength(before)
  })

  test('of a box that refuses while it is paused: it goes on as before', async () => {
    const device = switched(
      '{1: [{at: 160, value: 0}, {verify: {at: 31, is: 1, within: 1s}}], 3: {at: 160, value: 1}, paused: 10s}',
    )
    await run(device, { kind: 'resume', amps: 13 })
    await expect(device.command(1, { kind: 'phases', count: 1 }, signal)).rejects.toMatchObject(REFUSED)
    expect(image.writes.map(({ address, words }) => `${address}=${words.join(' ')}`).slice(-4)).toEqual([
      '150=0',
      '160=0',
      '100=130',
      '150=1',
    ])
  })

  test('keep the keep-alive going while they wait', async () => {
    const device = open([
      PAUSE,
      'pause: {at: 150, value: 0}\n  resume: [current, {at: 150, value: 1}]\n  phases: {at: 160, map: {1: 0, 3: 1}, paused: 10s}\n  alive: {every: 5s, at: 170, value: 7}',
    ])
    await device.connect(signal)
    await device.serve(signal)
    await run(device, { kind: 'resume', amps: 13 })
    await run(device, { kind: 'phases', count: 1 })
    const beats = image.writes.filter(({ address }) => address === 170)
    expect(beats.length).toBeGreaterThanOrEqual(4)
  })

  test('of a box that does all that itself are one frame', async () => {
    const device = switched('{at: 160, map: {1: 0, 3: 1}}')
    await run(device, { kind: 'resume', amps: 13 })
    expect(await run(device, { kind: 'phases', count: 1 })).toEqual(['6:160=0'])
  })
})
