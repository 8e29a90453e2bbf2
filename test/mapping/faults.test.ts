/** Hostile and careless mappings: rows H16 to H24 of the fault list that are about what a file may ever do to a device. */
import { describe, expect, test } from 'vitest'
import { createDevice, formatProblem, instantClock, loadMapping, memoryLink } from '../../src/mapping/index.ts'
import type { MappedDevice, Problem } from '../../src/mapping/index.ts'
import { RegisterImage } from '../../src/mapping/examples/memory-link.ts'
import type { DeviceCommand } from '../../src/model/device.ts'
import { charger, mapped } from './example-mappings.ts'

const signal = new AbortController().signal

function problems(...changes: readonly (readonly [string, string])[]): readonly Problem[] {
  const result = loadMapping(charger(...changes), 'acme-box.yaml')
  return 'problems' in result ? result.problems : []
}

function boxOf(...changes: readonly (readonly [string, string])[]) {
  const clock = instantClock()
  const image = new RegisterImage()
  image.set('holding', 100, [0])
  const device = createDevice(mapped(charger(...changes)), memoryLink(image), { clock })
  const order = (command: DeviceCommand) => device.command(1, command, signal)
  return { clock, image, device, order, amps: (amps: number) => order({ kind: 'current', amps }) }
}

function never(list: string): readonly [string, string] {
  return ['kind: charger', `kind: charger\nnever: ${list}`]
}

/** First words of all frames. */
function written(image: RegisterImage): readonly (number | undefined)[] {
  return image.writes.map(({ words }) => words[0])
}

function writesOf(device: MappedDevice): readonly number[] {
  return device.wear.map(({ writes }) => writes)
}

describe('H17: one register, two entries', () => {
  test('a read and a write of one register are two ways to the same value, which is fine', () => {
    expect(problems(['  energy:', '  limit: {at: 100, unit: 0.1 A}\n  energy:'])).toEqual([])
  })

  test('two writes that share only a part would tear each other', () => {
    const [problem] = problems(['  pause:', '  wake:    {at: 99, type: u32, value: 1}\n  pause:'])
    expect(problem?.message).toContain('overlap another write')
  })
})

describe('H18: numbers that run away', () => {
  test('divided by a register that is 0: no value, never infinite', async () => {
    const mapping = mapped(
      charger(
        ['power:   {at: 20, type: u32, unit: W}', 'power: {calc: 1000 / x}'],
        ['state:', 'points: {x: {at: 5}}\nstate:'],
      ),
    )
    const image = new RegisterImage()
    image.set('holding', 5, [0])
    const device = createDevice(mapping, memoryLink(image), { clock: instantClock() })
    expect((await device.poll('all', signal))[0]?.values.power).toBeNull()
  })
})

describe('H20: the order of words', () => {
  test('is that of Modbus, high word first, when the file does not say it: a rule of the language, not a guess', async () => {
    const image = new RegisterImage()
    image.set('holding', 20, [1, 2])
    const device = createDevice(mapped(charger()), memoryLink(image), { clock: instantClock() })
    expect((await device.poll('all', signal))[0]?.values.power).toBe(65_538)
  })
})

describe('H21, H22: expressions', () => {
  test.each([
    ['a property', 'power.constructor'],
    ['an index', 'power[0]'],
    ['a call', 'eval(1)'],
    ['a text', '"a" + 1'],
    ['a loop', 'while (1) {}'],
    ['an assignment', 'x = 1'],
    ['a name of the language below', '__proto__ + 1'],
  ])('know no %s', (_, text) => {
    const change = `C: 3, F: 9}\npoints: {x: {calc: ${JSON.stringify(text)}}}`
    expect(problems(['C: 3, F: 9}', change])[0]).toMatchObject({ path: 'points.x.calc', line: 8 })
  })

  test.each([
    ['many brackets', `${'('.repeat(250)}1${')'.repeat(250)}`],
    ['many signs', `${'-'.repeat(499)}1`],
    ['many words', `${'not '.repeat(120)}1`],
    ['a long chain', Array.from({ length: 240 }, () => '1').join('+')],
    ['a long row of a', `${'a'.repeat(499)}!`],
  ])('end soon with %s', (_, text) => {
    expect(problems(['C: 3, F: 9}', `C: 3, F: 9}\npoints: {x: {calc: "${text}"}}`])).not.toEqual([])
  })
})

describe('H23: registers that must not be written', () => {
  test.each([
    ['[100]', 'write.current', 'writes holding register 100, which `never` forbids'],
    ['[4, 90..110]', 'write.current', 'writes holding register 100'],
    ['{holding: [100]}', 'write.pause', 'writes holding register 100'],
  ])('a file that writes one does not load: %s', (list, path, message) => {
    expect(problems(never(list))).toContainEqual(
      expect.objectContaining({ path, message: expect.stringContaining(message) }),
    )
  })

  test.each([['[99, 101..200]'], ['{coil: [100]}']])('its neighbours are free: %s', (list) => {
    expect(problems(never(list))).toEqual([])
  })

  test('the registers of every connector count', () => {
    const two = `kind: charger\nconnectors: {count: 2, step: 50}\nnever: [150]`
    expect(problems(['kind: charger', two]).map(({ path }) => path)).toContain('write.current')
  })

  test('both words of a wide value count', () => {
    const wide: readonly [string, string] = ['{at: 100, unit: 0.1 A,', '{at: 100, type: u32, unit: 0.1 A,']
    expect(problems(wide, ['pause:   {at: 100,', 'pause:   {at: 100, type: u32,'], never('[101]'))).not.toEqual([])
  })

  test.each([
    ['a register after the last', '[70000]', 'never.0'],
    ['a range that runs backwards', '[120..100]', 'never.0'],
    ['a word', '[all]', 'never.0'],
    ['a table that cannot be written', '{input: [3]}', 'never.input'],
  ])('%s is no such register', (_, list, path) => {
    expect(problems(never(list)).map((problem) => problem.path)).toContain(path)
  })

  test('what only the device or an option decides is refused by the engine', async () => {
    const options = `kind: charger\noptions: {base: {text: First register, default: 0}}\nnever: [100]`
    const moved: readonly [string, string] = ['current: {at: 100,', 'current: {at: "base + 90",']
    const mapping = mapped(
      charger(
        ['kind: charger', options],
        moved,
        ['pause:   {at: 100', 'pause:   {at: 101'],
        ['  pause:', '  resume: current\n  pause:'],
      ),
    )
    const image = new RegisterImage()
    const device = createDevice(mapping, memoryLink(image), { clock: instantClock(), options: { base: 10 } })
    await expect(device.command(1, { kind: 'current', amps: 10 }, signal)).rejects.toMatchObject({
      code: 'DEVICE_VALUE_REFUSED',
      message: expect.stringContaining('holding register 100 must never be written'),
    })
    expect(image.writes).toEqual([])
  })
})

describe('H23: registers that wear', () => {
  const WEARS: readonly [string, string] = ['range: 6..16 A', 'range: 6..16 A, wears: {per_day: 4}']

  test('are counted', async () => {
    const { device, amps } = boxOf(WEARS)
    expect(device.wear).toEqual([])
    await amps(10)
    await amps(10)
    await amps(11)
    expect(device.wear).toEqual([{ unit: 1, table: 'holding', address: 100, writes: 2, perDay: 4 }])
  })

  test('48 times in 24 hours when the file names no number', async () => {
    const { image, amps, clock } = boxOf(['range: 6..16 A', 'range: 6..16 A, wears: true, on_change: true'])
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      await amps(6 + ((minute / 10) % 2))
      clock.advance(599_000)
    }
    // Down from 7 A to 6 A always goes out, up again does not: after the 48th write it stays down.
    expect(image.writes.length).toBeLessThanOrEqual(49)
  })

  test('are not written to raise or keep the current beyond the limit; a decrease and a pause always go out', async () => {
    const { image, device, order, amps } = boxOf(WEARS)
    for (const value of [10, 11, 12, 13]) await amps(value)
    expect(await amps(14)).toEqual([])
    expect(await order({ kind: 'resume', amps: 13 })).toEqual([])
    await amps(9)
    await amps(8)
    await order({ kind: 'pause' })
    expect(await order({ kind: 'resume', amps: 6 })).toEqual([])
    expect(written(image)).toEqual([100, 110, 120, 130, 90, 80, 0])
    expect(writesOf(device)).toEqual([7])
    expect(device.warnings[0]).toMatch(/connector 1: 6 A wait for \d+ min, because the register is flash/u)
  })

  test('a pause that was not obeyed is ordered again, however often', async () => {
    const { image, order } = boxOf(WEARS)
    for (let times = 0; times < 10; times++) await order({ kind: 'pause' })
    expect(written(image)).toEqual(Array.from({ length: 10 }, () => 0))
  })

  test('an increase that had to wait goes out when the oldest write is a day old', async () => {
    const { image, device, amps, clock } = boxOf(WEARS)
    for (const value of [10, 11, 12, 13, 14]) {
      await amps(value)
      clock.advance(3_600_000)
    }
    expect(written(image)).toEqual([100, 110, 120, 130])
    const due = device.nextServeAt() ?? 0
    expect(due - clock.monotonic()).toBe(19 * 3_600_000)
    clock.advance(due - clock.monotonic() - 1)
    expect(await device.serve(signal)).toEqual([])
    clock.advance(1)
    await device.serve(signal)
    expect(written(image)).toEqual([100, 110, 120, 130, 140])
    expect(device.warnings).toEqual([])
  })

  test('a lost connection is no way around the limit', async () => {
    const { image, device, amps } = boxOf(WEARS)
    for (const value of [10, 11, 12, 13]) await amps(value)
    for (let times = 0; times < 20; times++) {
      await device.connect(signal)
      await amps(13)
      await amps(14)
      await amps(16)
    }
    expect(written(image)).toEqual([100, 110, 120, 130])
    await device.connect(signal)
    await amps(7)
    expect(written(image).at(-1)).toBe(70)
  })

  test('a write that got no answer counts: it may have arrived', async () => {
    const clock = instantClock()
    const device = createDevice(mapped(charger(WEARS)), memoryLink(new Map()), { clock })
    for (const amps of [10, 11]) await expect(device.command(1, { kind: 'current', amps }, signal)).rejects.toThrow()
    expect(writesOf(device)).toEqual([2])
  })

  test('a fail-safe in flash is written again only when it changes', async () => {
    const failsafe = `  failsafe: {current: {at: 110, unit: A, wears: true}, timeout: {at: 111, unit: s, wears: true}}
  alive: {every: 5s}
  pause:`
    const { image, device, order } = boxOf(['  pause:', failsafe])
    for (let times = 0; times < 200; times++) await order({ kind: 'failsafe', amps: 6, timeoutSeconds: 30 })
    expect(image.writes).toHaveLength(2)
    await order({ kind: 'failsafe', amps: 8, timeoutSeconds: 30 })
    expect(image.writes).toHaveLength(3)
    // Found anew, it is written once more: it may be another box. But not for ever.
    for (let times = 0; times < 200; times++) {
      await device.connect(signal)
      await order({ kind: 'failsafe', amps: 8, timeoutSeconds: 30 })
    }
    expect(image.writes.length).toBeLessThanOrEqual(2 * 48)
  })

  test.each<[string, readonly [string, string], string]>([
    ['flash without a limit', ['range: 6..16 A', 'range: 6..16 A, wears: true'], 'a register that wears needs a limit'],
    [
      'flash that is rewritten',
      ['range: 6..16 A', 'range: 6..16 A, wears: {per_day: 9}, rewrite: 20s'],
      'a register that wears must not be rewritten',
    ],
    [
      'a keep-alive in flash',
      [
        '  pause:',
        '  failsafe: {timeout: {at: 111, unit: s, wears: true}}\n  alive: {every: timeout/2, write: failsafe.timeout}\n  pause:',
      ],
      'the keep-alive writes a register that wears',
    ],
    ['no time of the day', ['range: 6..16 A', 'range: 6..16 A, wears: {per_day: 0}'], 'write.current.wears.per_day'],
  ])('%s is refused', (_, change, text) => {
    expect(problems(change).map(formatProblem).join('\n')).toContain(text)
  })
})

describe('the range that a box tells', () => {
  const TOLD: readonly (readonly [string, string])[] = [
    ['range: 6..16 A', 'range: [lowest, highest]'],
    ['state:', 'points: {lowest: {at: 50, unit: A}, highest: {at: 51, unit: A, none: 0xFFFF}}\nstate:'],
  ]
  const told = (words: readonly number[] | null) => {
    const box = boxOf(...TOLD)
    if (words !== null) box.image.set('holding', 50, words)
    return box
  }

  test('is read at connect and narrows that of the language', async () => {
    const { device, amps } = told([8, 20])
    expect(device.capabilities.current).toEqual({ minAmps: 6, maxAmps: 32, stepAmps: 0.1 })
    await device.connect(signal)
    expect(device.capabilities.current).toEqual({ minAmps: 8, maxAmps: 20, stepAmps: 0.1 })
    await expect(amps(21)).rejects.toThrow('21 A is outside 8 to 20 A')
    await expect(amps(7)).rejects.toThrow('outside 8 to 20 A')
    expect(await amps(20)).toHaveLength(1)
  })

  test('never reaches below 6 A or above the 32 A of the language', async () => {
    const { device, amps } = told([0, 80])
    await device.connect(signal)
    expect(device.capabilities.current).toMatchObject({ minAmps: 6, maxAmps: 32 })
    await expect(amps(5)).rejects.toThrow('between 0 and 6 A')
    await expect(amps(33)).rejects.toThrow('outside 6 to 32 A')
  })

  test('is asked for once more when the box did not know it yet', async () => {
    const { device, image } = told([6, 0xffff])
    await device.connect(signal)
    expect(device.capabilities.current).toMatchObject({ maxAmps: 32 })
    image.set('holding', 50, [6, 13])
    await device.poll('fast', signal)
    expect(device.capabilities.current).toMatchObject({ maxAmps: 13 })
    image.set('holding', 50, [6, 16])
    await device.poll('fast', signal)
    expect(device.capabilities.current).toMatchObject({ maxAmps: 13 })
    await device.connect(signal)
    expect(device.capabilities.current).toMatchObject({ maxAmps: 16 })
  })

  test.each([[null], [[20, 10]], [[6, 3]]])('that is missing or cannot be (%o) leaves 6 to 32 A', async (words) => {
    const { device } = told(words)
    await device.connect(signal)
    expect(device.capabilities.current).toMatchObject({ minAmps: 6, maxAmps: 32 })
    expect(device.warnings).toHaveLength(words === null ? 0 : 1)
  })

  test.each<[string, readonly [string, string], string]>([
    ['an unknown name', ['[lowest, highest]', '[lowest, hihgest]'], 'did you mean "highest"'],
    [
      'a point that is no current',
      ['highest: {at: 51, unit: A,', 'highest: {at: 51, unit: W,'],
      '"highest" is not one current',
    ],
    ['one name only', ['[lowest, highest]', '[lowest]'], 'write.current.range'],
    [
      'a range like that elsewhere',
      ['  pause:', '  failsafe: {current: {at: 110, unit: A, range: [lowest, highest]}}\n  pause:'],
      'only the set-point',
    ],
  ])('%s is refused', (_, change, text) => {
    expect(
      problems(...TOLD, change)
        .map(formatProblem)
        .join('\n'),
    ).toContain(text)
  })
})
