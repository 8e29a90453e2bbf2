import { beforeEach, describe, expect, test } from 'vitest'
import { createDevice, instantClock, memoryLink } from '../../src/mapping/index.ts'
import { RegisterImage } from '../../src/mapping/examples/memory-link.ts'
import { BridgeError } from '../../src/model/errors.ts'
import type { RegisterBank, RegisterRead } from '../../src/model/driver.ts'
import { charger, CHARGER, mapped } from './example-mappings.ts'

const signal = new AbortController().signal
const clock = instantClock()

/** A box whose registers can be made to refuse. */
class Box implements RegisterBank {
  readonly image = new RegisterImage()
  readonly reads: string[] = []
  fault: (request: RegisterRead) => BridgeError | null = () => null

  read(request: RegisterRead): readonly number[] {
    this.reads.push(`${request.address}+${request.count}`)
    const fault = this.fault(request)
    if (fault !== null) throw fault
    return this.image.read(request)
  }

  write(): void {}
}

const exception = (exceptionCode: number): BridgeError =>
  new BridgeError('DEVICE_EXCEPTION', 'refused', { details: { exceptionCode } })
const covers = (request: RegisterRead, address: number): boolean =>
  address >= request.address && address < request.address + request.count

let box = new Box()
beforeEach(() => {
  box = new Box()
  box.image.set(
    'holding',
    0,
    Array.from({ length: 24 }, () => 0),
  )
  box.image.set('holding', 0, [3])
  box.image.set('holding', 10, [160, 155, 0])
  box.image.set('holding', 20, [0, 3600])
  box.image.set('holding', 22, [0x0001, 0x86a0])
})

const open = (text = CHARGER) => createDevice(mapped(text), memoryLink(box), { clock })
const values = async (device: ReturnType<typeof open>, rate: 'fast' | 'all' = 'all') => {
  const [reading] = await device.poll(rate, signal)
  if (reading === undefined) throw new Error('no reading')
  return reading
}

test('words become values in base units, what is not mapped stays null', async () => {
  const { values: read } = await values(open())
  expect(read).toMatchObject({
    state: 'C',
    current: [16, 15.5, 0],
    power: 3600,
    energy: 100_000,
    voltage: null,
    tag: null,
    error: null,
  })
})

test('a reading that was handed out stays as it is', async () => {
  const device = open()
  const first = await values(device)
  const before = structuredClone(first)
  box.image.set('holding', 10, [80, 80, 80])
  clock.advance(1000)
  expect((await values(device)).values.current).toEqual([8, 8, 8])
  expect(first).toEqual(before)
})

test('slow values are kept between slow polls, with their own age', async () => {
  const device = open()
  const first = await values(device)
  clock.advance(5000)
  const second = await values(device, 'fast')
  expect(second.values.energy).toBe(100_000)
  expect(second.takenAt.energy).toBe(first.takenAt.energy)
  expect(second.takenAt.power).toBe((first.takenAt.power ?? 0) + 5000)
})

describe('refused registers (F28)', () => {
  test('an illegal address costs only itself, and the cut is remembered', async () => {
    box.fault = (request) => (covers(request, 20) ? exception(2) : null)
    const device = open()
    expect((await values(device)).values).toMatchObject({
      state: 'C',
      current: [16, 15.5, 0],
      power: null,
      energy: 100_000,
    })
    box.reads.length = 0
    expect((await values(device)).values.power).toBeNull()
    expect(box.reads).toEqual(['0+1', '10+3', '22+2'])
  })

  test('a block without holes is halved until the bad one is alone', async () => {
    box.fault = (request) => (covers(request, 11) ? exception(2) : null)
    const device = open()
    expect((await values(device)).values).toMatchObject({ state: 'C', current: [16, null, 0], power: 3600 })
  })

  test('a refused register is tried again after a while', async () => {
    box.fault = (request) => (covers(request, 20) ? exception(2) : null)
    const device = open()
    await values(device)
    box.fault = () => null
    expect((await values(device)).values.power).toBeNull()
    clock.advance(6 * 60_000)
    expect((await values(device)).values.power).toBe(3600)
  })

  test.each([1, 3, 4, 6])('exception %d loses its own request and nothing else', async (code) => {
    box.fault = (request) => (covers(request, 22) ? exception(code) : null)
    const { values: read } = await values(open())
    expect(read).toMatchObject({ state: 'C', power: 3600, energy: null })
  })

  test.each([1, 3, 4])('exception %d for one register of a block loses only that register', async (code) => {
    box.fault = (request) => (covers(request, 11) ? exception(code) : null)
    const device = open()
    expect((await values(device)).values).toMatchObject({ state: 'C', current: [16, null, 0], power: 3600 })
    box.reads.length = 0
    await values(device)
    expect(box.reads).toContain('11+1')
  })

  test('a device in trouble is not asked piece by piece', async () => {
    box.fault = () => exception(4)
    const device = open()
    await expect(values(device)).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION' })
    box.fault = () => null
    box.reads.length = 0
    await values(device)
    expect(box.reads).toEqual(['0+24'])
  })

  test('a device that refuses everything, or sits behind a silent gateway, fails the poll', async () => {
    box.fault = () => exception(4)
    await expect(open().poll('all', signal)).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION' })
    box.fault = (request) => (covers(request, 0) ? exception(11) : null)
    await expect(open().poll('all', signal)).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION' })
  })

  test('a time-out fails the poll with its own code', async () => {
    box.fault = () => new BridgeError('DEVICE_TIMEOUT', 'silence')
    await expect(open().poll('fast', signal)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
  })

  test('a further unit id that is silent loses its own values, and is not asked every time', async () => {
    const device = open(
      charger(
        ['power:   {at: 20, type: u32, unit: W}', 'power:   {at: 20, type: u32, unit: W, unit_id: 9}'],
        ['kind: charger', 'kind: charger\nconnectors: {count: {at: 40, unit_id: 9, range: 1..2}, unit_step: 1}'],
      ),
    )
    box.fault = (request) => (request.unit === 9 ? new BridgeError('DEVICE_TIMEOUT', 'silence') : null)
    expect((await values(device)).values).toMatchObject({ state: 'C', power: null, energy: 100_000 })
    box.reads.length = 0
    await values(device)
    expect(box.reads).toEqual(['0+24'])
    clock.advance(61_000)
    box.fault = () => null
    expect((await values(device)).values.power).toBe(3600)
  })

  test('a value that was lost is null again, not the old one', async () => {
    const device = open()
    expect((await values(device)).values.energy).toBe(100_000)
    box.fault = (request) => (covers(request, 22) ? exception(4) : null)
    const lost = await values(device)
    expect(lost.values.energy).toBeNull()
    expect(lost.takenAt.energy).toBeUndefined()
  })
})

describe('values that are none (F35, H57)', () => {
  test('sentinels, ranges and NaN', async () => {
    const device = open(
      charger(
        ['unit: 0.1 A}', 'unit: 0.1 A, none: 0xFFFF, range: 0..80 A}'],
        ['power:   {at: 20, type: u32, unit: W}', 'power:   {at: 20, type: f32, unit: W}'],
        ['unit: Wh, poll: slow}', 'unit: Wh, none: 0xFFFFFFFF}'],
      ),
    )
    box.image.set('holding', 0, [99])
    box.image.set('holding', 10, [0xffff, 40_000, 160])
    box.image.set('holding', 20, [0x7fc0, 0, 0xffff, 0xffff])
    expect((await values(device)).values).toMatchObject({
      state: null,
      current: [null, null, 16],
      power: null,
      energy: null,
    })
  })

  test('a sentinel of a signed type is written as it looks on the wire', async () => {
    const device = open(charger(['type: u32, unit: W}', 'type: i16, unit: W, none: 0x8000}']))
    box.image.set('holding', 20, [0x8000])
    expect((await values(device)).values.power).toBeNull()
    box.image.set('holding', 20, [0xffff])
    expect((await values(device)).values.power).toBe(-1)
  })

  test('`hold` bridges a gap, no longer than it says, and the age stays honest (F33)', async () => {
    const device = open(charger(['type: u32, unit: W}', 'type: u32, unit: W, none: 0xFFFFFFFF, hold: 10s}']))
    const before = await values(device)
    box.image.set('holding', 20, [0xffff, 0xffff])
    clock.advance(9000)
    const held = await values(device)
    expect(held.values.power).toBe(3600)
    expect(held.takenAt.power).toBe(before.takenAt.power)
    clock.advance(2000)
    expect((await values(device)).values.power).toBeNull()
  })

  test('`hold` does not outlive a connect: the device may be another one', async () => {
    const device = open(charger(['type: u32, unit: W}', 'type: u32, unit: W, none: 0xFFFFFFFF, hold: 10s}']))
    expect((await values(device)).values.power).toBe(3600)
    box.image.set('holding', 20, [0xffff, 0xffff])
    await device.connect(signal)
    expect((await values(device)).values.power).toBeNull()
  })

  test('a restarted device that shows zeros is shown as it is: zero is what it says', async () => {
    const device = open()
    box.image.set(
      'holding',
      0,
      Array.from({ length: 24 }, () => 0),
    )
    expect((await values(device)).values).toMatchObject({ state: 'A', energy: 0, power: 0 })
  })
})

const readAs = async (line: string, words: readonly number[]): Promise<unknown> => {
  const [value = '', points = 'x: {at: 0}'] = line.split('; points: ')
  const device = open(
    charger(['power:   {at: 20, type: u32, unit: W}', value], ['kind: charger', `kind: charger\npoints: {${points}}`]),
  )
  box.image.set('holding', 20, words)
  const { power, tag, temperature, phases, error, enabled } = (await values(device)).values
  return line.startsWith('tag')
    ? tag
    : line.startsWith('temp')
      ? temperature
      : line.startsWith('phases')
        ? phases
        : line.startsWith('error')
          ? error
          : line.startsWith('enabled')
            ? enabled
            : power
}
describe('spellings of a value', () => {
  test.each<[string, readonly number[], unknown]>([
    ['power: {at: 20, unit: -W}', [5], -5],
    ['power: {at: 20, type: f32, unit: W}', [0x4120, 0x8000], 10.03125],
    ['power: {at: 20, type: f32, unit: W}', [0x4b76, 0xc9df], 16_173_535],
    ['power: {at: 20, type: i16, unit: W, abs: true}', [0xfffb], 5],
    ['power: {at: 20, type: u32, order: CDAB, unit: 0.01 kW}', [0x044b, 0], 10_990],
    ['power: {calc: sum(current) * 230}', [0], 7245],
    ['power: {at: 20, unit: W, if: running}; points: running: {at: 0, bit: 1}', [7], 7],
    ['power: {at: 20, unit: W, if: not running}; points: running: {at: 0, bit: 1}', [7], null],
    ['power: {at: 20, unit: W, times: ratio}; points: ratio: {at: 21}', [7, 40], 280],
    ['temperature: {at: 20, unit: °C, offset: -50}', [75], 25],
    ['tag: {at: 20, type: text, len: 3, as: hex}', [0x04a1, 0xb2c3, 0xd400], '04A1B2C3D4'],
    ['tag: {at: 20, type: text, len: 3, as: hex}', [0, 0, 0], null],
    ['tag: {at: 20, type: text, len: 3, as: hex}', [0xffff, 0xffff, 0xffff], null],
    ['tag: {at: 20, type: u32, as: hex}', [0x0004, 0xa1b2], '0004A1B2'],
    ['tag: {at: 20, type: text, len: 4, strip: "RFID:"}', [0x5246, 0x4944, 0x3a34, 0x3200], '42'],
    ['tag: {at: 20, type: u32, as: hex, none: 0}', [0, 0], null],
    ['phases: {at: 20, map: {0: 1, 1: 3}}', [1], 3],
    ['phases: {at: 20, map: {0: 1, 1: 3}}', [2], null],
    ['enabled: {at: 20, bits: 7..4}', [0x00f0], true],
    [
      'error: {at: 20, none: 0, map: {9: {code: GroundFailure, text: leak, name: F9}}}',
      [9],
      { code: 'F9', kind: 'GroundFailure', text: 'leak' },
    ],
    [
      'error: {at: 20, as: hex, map: {9: {code: GroundFailure}}}',
      [0x1a],
      { code: '0x1A', kind: 'OtherError', text: 'The charger reports fault 0x1A' },
    ],
    [
      'error: {at: 20, bits: {0: none, 4: {code: HighTemperature}}}',
      [0x0011],
      { code: '16', kind: 'HighTemperature', text: 'The charger is too hot' },
    ],
    // several at once: the first of the file names them, the maker's code shows all
    [
      'error: {at: 20, as: hex, bits: {5: {code: GroundFailure, text: Leak}, 4: {code: HighTemperature}}}',
      [0x0030],
      { code: '0x30', kind: 'GroundFailure', text: 'Leak' },
    ],
    ['error: {at: 20, bits: {0: none}}', [1], null],
  ])('%s', async (line, words, expected) => {
    expect(await readAs(line, words)).toEqual(expected)
  })
})

const stateOf = async (state: string, words: readonly number[]): Promise<unknown> => {
  box.image.set('holding', 0, words)
  return (await values(open(charger(['state: {at: 0, A: [0, 1], B: 2, C: 3, F: 9}', state])))).values.state
}
describe('pilot states', () => {
  const TEXT = 'state: {at: 0, type: text, len: 2, A: [A, E], B: [B1, B2, C1], C: [C2, D2], F: F}'
  test.each<[string, readonly number[], string | null]>([
    [TEXT, [0x4332, 0], 'C'],
    [TEXT, [0x4331, 0], 'B'],
    [TEXT, [0x4500, 0], 'A'],
    [TEXT, [0x4131, 0], 'A'],
    [TEXT, [0x4631, 0], 'F'],
    [TEXT, [0x5a00, 0], null],
    ['state: {at: 0, bits: 7..4, A: 0xA, B: 0xB, C: 0xC}', [0x12c4], 'C'],
    [
      'points: {run: {at: 0}, cable: {at: 1, bit: 2}}\nstate:\n  - F: run == 4\n  - A: not cable\n  - C: run == 3\n  - B: otherwise',
      [3, 4],
      'C',
    ],
    [
      'points: {run: {at: 0}, cable: {at: 1, bit: 2}}\nstate:\n  - F: run == 4\n  - A: not cable\n  - C: run == 3\n  - B: otherwise',
      [3, 3],
      'A',
    ],
    [
      'points: {run: {at: 0}, cable: {at: 99, bit: 2}}\nstate:\n  - F: run == 4\n  - A: not cable\n  - B: otherwise',
      [4],
      'F',
    ],
    [
      'points: {run: {at: 0}, cable: {at: 99, bit: 2}}\nstate:\n  - F: run == 4\n  - A: not cable\n  - B: otherwise',
      [3],
      null,
    ],
  ])('%s %j is %s', async (state, words, expected) => {
    expect(await stateOf(state, words)).toBe(expected)
  })
})

describe('connect', () => {
  test('another model is not recognised, and nothing is written', async () => {
    const device = open(
      charger(
        ['kind: charger', 'kind: charger\ndetect: {at: 5, range: 40..50}\nidentity: {serial: {at: 6}}'],
        ['  pause:', '  start: {at: 101, value: 1}\n  pause:'],
      ),
    )
    await expect(device.connect(signal)).rejects.toMatchObject({
      code: 'DEVICE_NOT_RECOGNISED',
      message: expect.stringContaining('holding register 5 is 0, expected 40 to 50'),
    })
    box.image.set('holding', 5, [45, 4711])
    expect(await device.connect(signal)).toMatchObject([{ address: 101, words: [1], reason: 'start-up' }])
    expect(device.identity).toEqual({ vendor: 'Acme', model: 'Box 11', serial: '4711', firmware: null })
  })

  test('a setting that should be different is a warning', async () => {
    const device = open(charger(['kind: charger', 'kind: charger\nrequire: {at: 5, is: 7, text: Set application H.}']))
    await device.connect(signal)
    expect(device.warnings).toEqual(['Set application H. (holding register 5 is 0, expected 7)'])
  })

  test('connectors are counted by the device', async () => {
    box.image.set('holding', 5, [2])
    const device = open(charger(['kind: charger', 'kind: charger\nconnectors: {count: {at: 5, range: 1..4}, step: 1}']))
    await device.connect(signal)
    expect(await device.poll('all', signal)).toHaveLength(2)
  })
})
