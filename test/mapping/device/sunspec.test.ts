import { describe, expect, test } from 'vitest'
import {
  createDevice,
  explainPlan,
  formatProblem,
  instantClock,
  loadMapping,
  memoryLink,
  missingFrom,
  runExamples,
  simulateDevice,
  SimulatedMeter,
} from '../../../src/mapping/index.ts'
import { encodeText } from '../../../src/mapping/values/number-codec.ts'
import { fittingMappings, readOnceOf } from '../../../src/mapping/workbench/fingerprint.ts'
import { RegisterImage } from '../../../src/mapping/examples/memory-link.ts'
import { chainIn } from '../../../src/mapping/device/sunspec.ts'
import { SUNSPEC_MODELS } from '../../../src/mapping/values/sunspec-models.ts'
import { mapped } from '../example-mappings.ts'

const signal = new AbortController().signal

/** A meter as a KOSTAL Smart Energy Meter shows itself: model 1, then 203. */
const METER = `
device: Acme SunSpec Meter
kind: meter
source: SunSpec model definitions
modbus: {tcp: 502, unit: 1, sunspec: [40000, 50000, 0]}
identity: {serial: {at: 1.SN}, firmware: {at: 1.Vr}}
detect: {at: 1.Mn, is: Acme}
read:
  current: {at: [201|203|213.AphA, 203|213.AphB, 203|213.AphC], unit: A}
  voltage: {at: [203|213.PhVphA, 203|213.PhVphB, 203|213.PhVphC], unit: V}
  powers:  {at: [203|213.WphA, 203|213.WphB, 203|213.WphC], unit: W}
  power:   {at: 201|203|213.W, unit: W}
  frequency: {at: 203|213.Hz, unit: Hz}
  energy:  {at: 203|213.TotWhImp, unit: Wh, poll: slow}
  export:  {at: 203|213.TotWhExp, unit: Wh, poll: slow}
`

/** Registers of a whole device. Points that are not named are not implemented. */
function chainImage(
  models: readonly (readonly [id: number, points: Readonly<Record<string, readonly number[]>>, length?: number])[],
  base = 40_000,
): RegisterImage {
  const image = new RegisterImage()
  image.set('holding', base, [0x5375, 0x6e53])
  let address = base + 2
  for (const [id, points, declared] of models) {
    const facts = SUNSPEC_MODELS.get(id)
    const length = declared ?? Math.max(...[...(facts?.values() ?? [])].map(({ offset, words }) => offset + words)) - 2
    image.set('holding', address, [id, length])
    for (const point of facts?.values() ?? []) {
      if (point.offset + point.words > length + 2) continue
      const none =
        point.type === 'f32' ? [0x7fc0, 0] : point.type === 'text' ? Array.from({ length: point.words }, () => 0) : null
      const [number = 0] = point.none
      image.set(
        'holding',
        address + point.offset,
        none ?? (point.words === 2 ? [number >>> 16, number & 0xffff] : [number]),
      )
    }
    for (const [name, words] of Object.entries(points))
      image.set('holding', address + (facts?.get(name)?.offset ?? 0), words)
    address += 2 + length
  }
  image.set('holding', address, [0xffff, 0])
  return image
}

const COMMON = {
  Mn: encodeText('Acme', 'text', 'ABCD', 16),
  SN: encodeText('SN-0815', 'text', 'ABCD', 16),
  Vr: encodeText('1.2', 'text', 'ABCD', 8),
}
const WHOLE = {
  AphA: [1580],
  AphB: [0xff9c],
  AphC: [0],
  A_SF: [0xfffe],
  PhVphA: [2301],
  PhVphB: [2302],
  PhVphC: [2303],
  V_SF: [0xffff],
  W: [3636],
  WphA: [3636],
  WphB: [0xff1a],
  WphC: [0],
  W_SF: [0],
  Hz: [4998],
  Hz_SF: [0xfffe],
  TotWhImp: [0x0001, 0xe240],
  TotWhExp: [0, 5],
  TotWh_SF: [1],
}

function deviceOf(image: RegisterImage, text = METER) {
  return createDevice(mapped(text), memoryLink(image), { clock: instantClock() })
}

async function read(image: RegisterImage, text = METER) {
  const [reading] = await deviceOf(image, text).poll('all', signal)
  return reading?.values
}

describe('a device that lists its models', () => {
  test('is read where the list says, with its scale factors', async () => {
    const device = deviceOf(
      chainImage([
        [1, COMMON],
        [203, WHOLE],
      ]),
    )
    await device.connect(signal)
    expect(device.identity).toMatchObject({ serial: 'SN-0815', firmware: '1.2' })
    const [reading] = await device.poll('all', signal)
    expect(reading?.values).toMatchObject({
      current: [15.8, -1, 0],
      voltage: [230.1, 230.2, 230.3],
      powers: [3636, -230, 0],
      power: 3636,
      frequency: 49.98,
      energy: 1_234_560,
      export: 50,
    })
  })

  test.each([[50_000], [0]])('is found at %s too', async (base) => {
    expect(
      await read(
        chainImage(
          [
            [1, COMMON],
            [203, WHOLE],
          ],
          base,
        ),
      ),
    ).toMatchObject({ power: 3636 })
  })

  test('may have other models before, which are passed over', async () => {
    expect(
      await read(
        chainImage([
          [1, COMMON],
          [64_110, {}, 300],
          [11, {}, 13],
          [203, WHOLE],
        ]),
      ),
    ).toMatchObject({ power: 3636 })
  })

  test('may have the meter with floats instead', async () => {
    const floats = {
      W: [0x4563, 0x4000],
      AphA: [0x417c, 0xcccd],
      AphB: [0x7fc0, 0],
      AphC: [0, 0],
      TotWhImp: [0x4996, 0xb400],
    }
    const values = await read(
      chainImage([
        [1, COMMON],
        [213, floats],
      ]),
    )
    expect(values).toMatchObject({ power: 3636, energy: 1_234_560, export: null, voltage: null })
    expect(values?.current).toEqual([expect.closeTo(15.8), null, 0])
  })

  test('may have one phase only: the model that all phases of a line have in common counts, the first one that is there', async () => {
    const values = await read(
      chainImage([
        [1, COMMON],
        [201, { ...WHOLE }],
      ]),
    )
    expect(values).toMatchObject({ power: 3636, current: null, energy: null })
  })

  test('may move its registers with new firmware: they are looked for at each connect', async () => {
    const image = chainImage([
      [1, COMMON],
      [203, WHOLE],
    ])
    const device = deviceOf(image)
    await device.connect(signal)
    image.set('holding', 40_000, [0])
    const moved = chainImage(
      [
        [1, COMMON],
        [11, {}, 13],
        [203, { ...WHOLE, W: [77] }],
      ],
      50_000,
    )
    for (let address = 50_000; address < 50_400; address++) {
      const word = moved.get('holding', address)
      if (word !== null) image.set('holding', address, [word])
    }
    await device.connect(signal)
    expect((await device.poll('all', signal))[0]?.values.power).toBe(77)
  })
})

function with203(points: Readonly<Record<string, readonly number[]>>, length?: number) {
  return read(
    chainImage([
      [1, COMMON],
      length === undefined ? [203, { ...WHOLE, ...points }] : [203, { ...WHOLE, ...points }, length],
    ]),
  )
}

describe('not available, and never 0', () => {
  test.each<[string, Readonly<Record<string, readonly number[]>>, object]>([
    ['a number that is not implemented', { W: [0x8000] }, { power: null }],
    ['a phase that is not implemented', { AphB: [0x8000] }, { current: [15.8, null, 0] }],
    ['a counter that is not implemented', { TotWhExp: [0, 0] }, { export: null }],
    ['a scale factor that is not implemented', { W_SF: [0x8000] }, { power: null, powers: null }],
    ['a scale factor above 10', { A_SF: [11] }, { current: null, power: 3636 }],
    ['a scale factor below -10', { Hz_SF: [0xfff5] }, { frequency: null }],
  ])('%s', async (_, points, expected) => {
    expect(await with203(points)).toMatchObject(expected)
  })

  test('a scale factor of -10 is a power of ten like any other; one of 10 makes a frequency that cannot be', async () => {
    expect(await with203({ Hz: [1], Hz_SF: [-10 & 0xffff] })).toMatchObject({ frequency: 1e-10 })
    expect(await with203({ Hz: [1], Hz_SF: [10] })).toMatchObject({ frequency: null })
  })

  test('a model that is shorter than its definition has no values at its end', async () => {
    expect(await with203({}, 40)).toMatchObject({ power: 3636, energy: null })
  })

  test('a device without the model', async () => {
    expect(await read(chainImage([[1, COMMON]]))).toMatchObject({ power: null, current: null, energy: null })
  })
})

function reader(list: readonly number[]) {
  return (address: number, count: number) =>
    address + count <= list.length ? list.slice(address, address + count) : null
}

describe('lists that are broken', () => {
  test('a list that does not end is left after 64 models', () => {
    const chain = chainIn([0], reader([0x5375, 0x6e53, ...Array.from({ length: 1000 }, () => [11, 1, 0]).flat()]))
    expect(chain?.models).toHaveLength(64)
    expect(chain?.broken).toContain('more than 64 models')
  })

  test.each([
    ['a model without length', [0x5375, 0x6e53, 203, 0], 'has the length 0'],
    ['a length that runs past the last register', [0x5375, 0x6e53, 203, 65_535], 'has the length 65535'],
    ['no id', [0x5375, 0x6e53, 0, 5], 'the model 0'],
    ['a list that is cut off', [0x5375, 0x6e53, 11, 1, 0], 'register 5 cannot be read'],
  ])('%s', (_, list, text) => {
    expect(chainIn([0], reader(list))?.broken).toContain(text)
  })

  test('what stands before the break is read, and people are told', async () => {
    const image = chainImage([
      [1, COMMON],
      [203, WHOLE],
      [11, {}, 0],
    ])
    const device = deviceOf(image)
    await device.connect(signal)
    expect((await device.poll('all', signal))[0]?.values.power).toBe(3636)
    expect(device.warnings).toEqual([expect.stringContaining('the list of SunSpec models is cut short')])
  })

  test('without a marker it is another device', async () => {
    const image = new RegisterImage()
    image.set('holding', 40_000, [0, 0])
    await expect(deviceOf(image).connect(signal)).rejects.toMatchObject({ code: 'DEVICE_NOT_RECOGNISED' })
  })

  test('another maker, or no common model, is another device', async () => {
    const other = chainImage([
      [1, { ...COMMON, Mn: encodeText('Other', 'text', 'ABCD', 16) }],
      [203, WHOLE],
    ])
    await expect(deviceOf(other).connect(signal)).rejects.toMatchObject({ code: 'DEVICE_NOT_RECOGNISED' })
    await expect(deviceOf(chainImage([[203, WHOLE]])).connect(signal)).rejects.toThrow('no SunSpec point 1.Mn')
  })

  test('a meter may be known by a value: the scale factor is read for it too', async () => {
    const byFrequency = METER.replace('{at: 1.Mn, is: Acme}', '{signal: frequency, range: 45..65}')
    await deviceOf(
      chainImage([
        [1, COMMON],
        [203, WHOLE],
      ]),
      byFrequency,
    ).connect(signal)
    const other = deviceOf(
      chainImage([
        [1, COMMON],
        [203, { ...WHOLE, Hz: [6600] }],
      ]),
      byFrequency,
    )
    await expect(other.connect(signal)).rejects.toThrow('frequency is 66, expected 45 to 65')
  })

  test('a scan knows it', async () => {
    const readOnce = readOnceOf(
      memoryLink(
        chainImage(
          [
            [1, COMMON],
            [203, WHOLE],
          ],
          50_000,
        ),
      ),
      {
        timing: { timeoutMs: 1000, pauseMs: 0, retries: 0, connectDelayMs: 0 },
        urgency: 'slow',
        signal,
      },
    )
    const other = METER.replace('is: Acme', 'is: Other')
    const byFrequency = METER.replace('{at: 1.Mn, is: Acme}', '{signal: frequency, range: 45..65}')
    const fits = await fittingMappings(
      [mapped(other, 'other'), mapped(METER, 'acme'), mapped(byFrequency, 'any')],
      1,
      readOnce,
    )
    expect(fits.map(({ mapping, isSure }) => [mapping, isSure])).toEqual([
      ['acme', true],
      ['any', false],
    ])
  })

  test('a silent device is silent, not another one', async () => {
    const device = createDevice(mapped(METER), memoryLink(new Map()), { clock: instantClock() })
    await expect(device.connect(signal)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
  })
})

describe('in a file', () => {
  const header = '40000: [0x5375, 0x6E53, 1, 66], 40004: [0x4163, 0x6D65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]'
  const EXAMPLES = `${METER.replace(/ {2}(?:current|voltage|powers|frequency|export):.*\n/gu, '')}examples:
  - given:  {${header}, 40070: [203, 105], 40088: [3636], 40092: [0xFFFF], 40116: [1, 0xE240], 40124: [0], 40177: [0xFFFF, 0]}
    expect: {power: 363.6, energy: 123456}
`
  test('examples list the registers of the whole chain', async () => {
    const mapping = mapped(EXAMPLES)
    expect((await runExamples(mapping)).flatMap(({ failures }) => failures)).toEqual([])
    expect(missingFrom(mapping)).toEqual([])
  })

  test.each([
    ['its examples', EXAMPLES],
    ['nothing but its lines', METER],
  ])('a device is simulated from %s', async (_, text) => {
    const clock = instantClock()
    const mapping = mapped(text)
    const simulated = simulateDevice(mapping, { clock })
    const meter = new SimulatedMeter(simulated, { clock, voltage: 231, importWh: 1_234_500 })
    meter.setAmps([10.5, 0, 3.2])
    const device = createDevice(mapping, memoryLink(simulated.units), { clock })
    await device.connect(signal)
    const [reading] = await device.poll('all', signal)
    expect(reading?.values.power).toBeCloseTo(13.7 * 231, -1)
    expect(reading?.values.energy).toBeCloseTo(1_234_500, -2)
    if (mapping.signals.has('current')) expect(reading?.values.current?.[0]).toBeCloseTo(10.5, 1)
  })

  test('what is asked can be shown without a device', () => {
    expect(explainPlan(mapped(METER)).join('\n')).toMatch(/holding 40\d{3}\.\./u)
  })

  test.each<[string, readonly [string, string], RegExp]>([
    [
      'an unknown model',
      ['at: 201|203|213.W,', 'at: 201|205|213.W,'],
      /^x:12:\d+: read\.power\.at: the SunSpec model 205 is not known/u,
    ],
    [
      'an unknown point',
      ['203|213.TotWhImp', '203|213.TotWhIpm'],
      /^x:14:\d+: read\.energy\.at: .*did you mean "TotWhImp"/u,
    ],
    ['a point of the other family', ['201|203|213.W,', '103.WphA,'], /^x:12:\d+: .*model 103 has no point "WphA"/u],
    [
      'a type',
      ['unit: Hz', 'unit: Hz, type: u16'],
      /^x:13:\d+: read\.frequency\.type: `type` is known from the SunSpec model/u,
    ],
    [
      'a unit with a factor',
      ['unit: Hz', 'unit: 0.01 Hz'],
      /^x:13:\d+: read\.frequency\.unit: the scale factor is read/u,
    ],
    ['a unit of another quantity', ['unit: Hz', 'unit: A'], /^x:13:\d+: read\.frequency\.unit: the unit is of A/u],
    [
      'a plain register among points',
      ['203|213.AphB', '40100'],
      /^x:9:\d+: read\.current\.at\.1: 40100 is not a SunSpec point/u,
    ],
    ['no marker', [', sunspec: [40000, 50000, 0]', ''], /the file does not say that the device has SunSpec/u],
    ['connectors', ['kind: meter', 'kind: meter\nconnectors: {count: 2, step: 10}'], /one connector here/u],
  ])('%s is refused', (_, [from, to], text) => {
    expect(METER).toContain(from)
    const result = loadMapping(METER.replace(from, to), 'x')
    expect('problems' in result ? result.problems.map(formatProblem).join('\n') : 'loaded').toMatch(text)
  })

  test('the sign of a unit may be turned', async () => {
    const turned = METER.replace('213.W, unit: W', '213.W, unit: -W')
    expect(
      await read(
        chainImage([
          [1, COMMON],
          [203, WHOLE],
        ]),
        turned,
      ),
    ).toMatchObject({ power: -3636 })
  })
})
