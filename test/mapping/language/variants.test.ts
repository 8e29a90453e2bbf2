import { describe, expect, test } from 'vitest'
import {
  capabilitiesOf,
  createDevice,
  formatProblem,
  instantClock,
  loadMapping,
  memoryLink,
  missingFrom,
  runExamples,
  simulateDevice,
  simulatedLink,
} from '../../../src/mapping/index.ts'
import { encodeText } from '../../../src/mapping/values/number-codec.ts'
import { RegisterImage } from '../../../src/mapping/examples/memory-link.ts'
import { pickVariant, compileVariantRule } from '../../../src/mapping/language/variants.ts'
import type { Variant } from '../../../src/mapping/language/variants.ts'
import { charger, mapped } from '../example-mappings.ts'

const signal = new AbortController().signal

const BOX = charger(
  ['kind: charger', 'kind: charger\nsource: a manual\nidentity: {firmware: {at: 200, type: text, len: 8}}'],
  [
    '  pause:   {at: 100, value: 0}\n',
    `  pause:   {at: 100, value: 0}
  start:   {at: 150, value: 1}
variants:
  - {name: old, when: firmware < 1.2.1, read: {energy: {unit: kWh}}, write: {current: {unit: A}}}
  - {name: new, when: firmware >= 1.2.1 and firmware < 3}
examples:
  - given:   {0: [2], 10: [60, 60, 60], 20: [0, 100], 22: [0, 5]}
    expect:  {state: B, current: [6, 6, 6], power: 100, energy: 5}
  - variant: old
    given:   {22: [0, 5]}
    expect:  {energy: 5000}
  - {variant: old, do: {current: 8.9 A}, writes: [{at: 100, words: [8]}]}
  - {do: {current: 8.9 A}, writes: [{at: 100, words: [89]}]}
  - {do: {pause: true}, writes: [{at: 100, words: [0]}]}
  - {do: {resume: 8 A}, writes: [{at: 100, words: [80]}]}
  - {do: {start: true}, writes: [{at: 150, words: [1]}]}
  - {variant: old, do: {resume: 8 A}, writes: [{at: 100, words: [8]}]}
`,
  ],
)

function connected(firmware: string | null) {
  const image = new RegisterImage()
  image.set('holding', 0, [2])
  image.set('holding', 22, [0, 7])
  image.set('holding', 100, [0])
  if (firmware !== null) image.set('holding', 200, encodeText(firmware, 'text', 'ABCD', 8))
  return { image, device: createDevice(mapped(BOX), memoryLink(image), { clock: instantClock() }) }
}

describe('a device with variants', () => {
  test.each<[string, string, number, number]>([
    ['1.2.0', 'old', 7000, 16],
    ['1.2.1', 'new', 7, 160],
    ['1.10', 'new', 7, 160],
    ['V0.9 beta', 'old', 7000, 16],
    ['P11 v 1.2.1 (2024)', 'new', 7, 160],
  ])('with firmware %s is %s', async (firmware, variant, energy, word) => {
    const { device, image } = connected(firmware)
    await device.connect(signal)
    expect(device.mapping.variant).toBe(variant)
    const [reading] = await device.poll('all', signal)
    expect(reading?.values.energy).toBe(energy)
    await device.command(1, { kind: 'current', amps: 16 }, signal)
    expect(image.writes.map(({ address, words }) => [address, ...words])).toEqual([
      [150, 1],
      [100, word],
    ])
    expect(device.warnings).toEqual([])
  })

  test.each([['3.0'], ['no version'], [null]])(
    'that fits none (%s) is read, and nothing is written',
    async (firmware) => {
      const { device, image } = connected(firmware)
      await device.connect(signal)
      const [reading] = await device.poll('all', signal)
      expect(reading?.values).toMatchObject({ state: 'B', energy: 7 })
      await expect(device.command(1, { kind: 'current', amps: 16 }, signal)).rejects.toMatchObject({
        code: 'DEVICE_VALUE_REFUSED',
        message: expect.stringContaining('fits no variant of the mapping'),
      })
      await expect(device.command(1, { kind: 'pause' }, signal)).rejects.toThrow('fits no variant')
      expect(await device.serve(signal)).toEqual([])
      expect(await device.release(signal)).toEqual([])
      expect(image.writes).toEqual([])
      expect(device.warnings[0]).toContain(`firmware ${firmware ?? 'unreadable'} fits no variant`)
      // It can still draw what it always could: the site goes on counting with it.
      expect(device.capabilities).toMatchObject({ current: { maxAmps: 16 }, commands: [], failSafe: false })
    },
  )

  test('that gets new firmware is another one at the next connect', async () => {
    const { device, image } = connected('1.0')
    await device.connect(signal)
    expect(device.mapping.variant).toBe('old')
    image.set('holding', 200, encodeText('2.0', 'text', 'ABCD', 8))
    await device.connect(signal)
    expect(device.mapping.variant).toBe('new')
  })

  test('that is only looked at is read as its variant, and nothing is written', async () => {
    const { device, image } = connected('1.0')
    const [reading] = await device.poll('all', signal)
    expect(reading?.values.energy).toBe(7000)
    expect(image.writes).toEqual([])
  })

  test('offers what the file says before it is connected', () => {
    expect(connected('1.0').device.capabilities).toEqual(capabilitiesOf(mapped(BOX)))
  })

  test('is simulated as any of them', async () => {
    const clock = instantClock()
    for (const [wanted, variant] of [
      [undefined, 'old'],
      ['old', 'old'],
      ['new', 'new'],
    ] as const) {
      const simulated = simulateDevice(mapped(BOX), wanted === undefined ? { clock } : { clock, variant: wanted })
      const device = createDevice(mapped(BOX), memoryLink(simulated.units), { clock })
      await device.connect(signal)
      expect(device.mapping.variant).toBe(variant)
    }
    expect(() => simulateDevice(mapped(BOX), { clock, variant: 'oldest' })).toThrow('the variant "oldest"')
  })

  test('runs its examples, each as the variant that it names', async () => {
    expect((await runExamples(mapped(BOX))).flatMap(({ failures }) => failures)).toEqual([])
  })

  test('needs examples only for what a variant changes', () => {
    expect(missingFrom(mapped(BOX))).toEqual([])
    const without = BOX.replace(/ {2}- variant: old\n.*\n.*\n/u, '').replace(/.*8\.9 A.*\[8\].*\n/u, '')
    expect(missingFrom(mapped(without))).toEqual([
      'no example shows `energy` with a value (variant old)',
      'no example shows the frames of `current` (variant old)',
    ])
  })
})

function picks(
  rules: readonly string[],
  firmware: string | number | null,
  points: Readonly<Record<string, number | null>> = {},
) {
  const variants = rules.map((when, index): Variant => {
    const rule = compileVariantRule(when, [], (_, message) => {
      throw new Error(message)
    })
    return { ...rule, name: String(index), mapping: mapped(charger()) }
  })
  return pickVariant(variants, { firmware, valueOf: (name) => points[name] ?? null })?.name ?? null
}

describe('rules', () => {
  test('the first that is true wins', () => {
    expect(picks(['firmware < 2', 'firmware < 3', 'otherwise'], '1.9')).toBe('0')
    expect(picks(['firmware < 2', 'firmware < 3', 'otherwise'], '2.0.0')).toBe('1')
    expect(picks(['firmware < 2', 'firmware < 3', 'otherwise'], '3')).toBe('2')
  })

  test('a firmware register that is a number is compared as a number', () => {
    expect(picks(['firmware < 0x0110', 'otherwise'], 0x010f)).toBe('0')
    expect(picks(['firmware < 1.5', 'otherwise'], 1.25)).toBe('0')
    expect(picks(['firmware == 17'], 17)).toBe('0')
  })

  test('1.10 is newer than 1.9, and 1.3 is 1.3.0', () => {
    expect(picks(['firmware > 1.9'], '1.10')).toBe('0')
    expect(picks(['firmware == 1.3'], '1.3.0')).toBe('0')
    expect(picks(['firmware != 1.3'], '1.3.0')).toBe(null)
  })

  test('points and the firmware go together', () => {
    expect(picks(['type == 3 and firmware >= 2', 'otherwise'], '2.1', { type: 3 })).toBe('0')
    expect(picks(['type == 3 and firmware >= 2', 'otherwise'], '2.1', { type: 4 })).toBe('1')
  })

  test('a register that is missing ends the search: what stands below would be a guess', () => {
    expect(picks(['type == 3', 'otherwise'], '2.1', {})).toBe(null)
    expect(picks(['firmware < 2', 'otherwise'], null)).toBe(null)
  })
})

describe('what a file can get wrong', () => {
  test.each<[string, readonly [string, string], RegExp]>([
    [
      'an unknown point',
      ['when: firmware < 1.2.1', 'when: hardware < 2'],
      /^x:19:\d+: variants\.0\.when: "hardware" is not a point/u,
    ],
    [
      'a wrong key inside',
      ['{energy: {unit: kWh}}', '{energy: {unti: kWh}}'],
      /^x:19:\d+: variants\.0\.read\.energy\.unti: .*did you mean "unit"/u,
    ],
    [
      'a wrong unit inside',
      ['{energy: {unit: kWh}}', '{energy: {unit: kA}}'],
      /^x:19:\d+: variants\.0\.read\.energy\.unit/u,
    ],
    [
      'a limit below 6 A inside',
      ['{unit: A}}}', '{range: 5..16 A}}}'],
      /^x:19:\d+: variants\.0\.write\.current\.range: .*IEC 61851-1/u,
    ],
    ['no pause inside', ['{current: {unit: A}}', '{pause: null}'], /^x:19:\d+: .*`pause` is missing/u],
    ['`otherwise` first', ['when: firmware < 1.2.1', 'when: otherwise'], /must be the last variant/u],
    ['one name twice', ['name: new', 'name: old'], /is the name of another variant/u],
    [
      'another kind of device',
      ['when: firmware < 1.2.1,', 'when: firmware < 1.2.1, kind: meter,'],
      /`kind` cannot change here/u,
    ],
    [
      'a version where the firmware is a number',
      ['type: text, len: 8', 'type: u16'],
      /^x:19:\d+: variants\.0\.when: the firmware register is a number, 1\.2\.1 is none/u,
    ],
    ['no rule', ['when: firmware < 1.2.1, ', ''], /variants\.0\.when: is missing/u],
    ['no firmware', ['identity: {firmware: {at: 200, type: text, len: 8}}', ''], /`identity\.firmware` is missing/u],
    [
      'an example of an unknown variant',
      ['- variant: old', '- variant: odl'],
      /^x:24:\d+: examples\.1\.variant: .*did you mean "old"/u,
    ],
  ])('%s', (_, [from, to], text) => {
    expect(BOX).toContain(from)
    const result = loadMapping(BOX.replace(from, to), 'x')
    expect('problems' in result ? result.problems.map(formatProblem).join('\n') : 'loaded').toMatch(text)
  })

  test('a wrong line that all variants share is told once', () => {
    const result = loadMapping(BOX.replace('at: 20, type: u32, unit: W', 'at: 20, type: u32, unit: Ah'), 'x')
    expect('problems' in result && result.problems).toHaveLength(1)
  })
})

describe('several meters in one device', () => {
  const TWO = `
device: Acme Submeters
kind: meter
source: a manual
modbus: {tcp: 502, unit: 4}
read:
  power: {at: 10, unit: W}
meters:
  ct1: {read: {power: {at: 20}}}
  ct2: {read: {power: {at: 30, unit: -W}}, modbus: {unit: 5}}
examples:
  - {given: {10: [7]}, expect: {power: 7}}
  - {meter: ct1, given: {20: [8]}, expect: {power: 8}}
  - {meter: ct2, given: {30: [9]}, expect: {power: -9}}
`
  test('each is merged over the file', async () => {
    const mapping = mapped(TWO)
    expect((await runExamples(mapping)).flatMap(({ failures }) => failures)).toEqual([])
    expect(missingFrom(mapping)).toEqual([])
    const image = new RegisterImage()
    image.set('holding', 30, [50])
    const device = createDevice(mapping, memoryLink(new Map([[5, image]])), { clock: instantClock(), meter: 'ct2' })
    const [reading] = await device.poll('all', signal)
    expect(reading?.values.power).toBe(-50)
    expect(device.mapping.meter).toBe('ct2')
  })

  test('an unknown one is refused with the nearest name', () => {
    const mapping = mapped(TWO)
    const open = () => createDevice(mapping, memoryLink(new RegisterImage()), { clock: instantClock(), meter: 'ct3' })
    expect(open).toThrow('there is no meter "ct3" (did you mean "ct1"?)')
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('each needs examples for what it changes', () => {
    expect(missingFrom(mapped(TWO.replace(/.*meter: ct2.*\n/u, '')))).toEqual([
      'no example shows `power` with a value (meter ct2)',
    ])
  })

  test('a charger has none', () => {
    const result = loadMapping(
      charger(['kind: charger', 'kind: charger\nmeters: {ct1: {read: {power: {at: 9}}}}']),
      'x',
    )
    expect('problems' in result && result.problems.map(formatProblem).join()).toContain('a charger has one meter')
  })

  test('problems inside are told with their line', () => {
    const result = loadMapping(TWO.replace('{at: 20}', '{at: 20, uint: W}'), 'x')
    expect('problems' in result && result.problems.map(formatProblem).join()).toMatch(
      /^x:9:\d+: meters\.ct1\.read\.power\.uint/u,
    )
  })
})

describe('a device that speaks in texts', () => {
  const DOCUMENTS = `
device: Acme Cloud Meter
kind: meter
http: {documents: {info: {get: /info}, live: {get: /live}}}
identity: {firmware: {path: info.fw, type: text}}
read: {power: {path: live.p, unit: W}}
variants:
  - {name: old, when: firmware < 2.1}
  - {name: new, when: firmware >= 2.1, read: {power: {unit: kW}}}
examples:
  - {given: {live: {p: 5}}, expect: {power: 5}}
  - {variant: new, given: {live: {p: 5}}, expect: {power: 5000}}
`
  test('has variants too, and is simulated as any of them', async () => {
    const mapping = mapped(DOCUMENTS)
    expect((await runExamples(mapping)).flatMap(({ failures }) => failures)).toEqual([])
    for (const variant of ['old', 'new']) {
      const clock = instantClock()
      const simulated = simulateDevice(mapping, { clock, variant })
      simulated.set({ power: 7000 })
      const device = createDevice(mapping, simulatedLink(simulated, clock), { clock })
      await device.connect(signal)
      expect(device.mapping.variant).toBe(variant)
      expect((await device.poll('all', signal))[0]?.values.power).toBe(7000)
    }
  })
})
