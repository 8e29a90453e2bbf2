import { describe, expect, test } from 'vitest'
import {
  asInstalled,
  createDevice,
  formatProblem,
  instantClock,
  loadMapping,
  memoryLink,
  optionProblems,
  optionsFromTexts,
  runExamples,
} from '../../../src/mapping/index.ts'
import type { OptionValue } from '../../../src/mapping/index.ts'
import { RegisterImage } from '../../../src/mapping/examples/memory-link.ts'
import { charger, mapped } from '../example-mappings.ts'

const METER = `
device: Acme Meter
kind: meter
modbus: {tcp: 502}
defaults: {table: input}
options:
  ct_ratio: {text: "Ratio of the current transformers: 40 for 200/5 A", default: 1, range: 1..2000}
  phase:    {text: Phase that the meter is wired to, choices: [1, 2, 3], default: 1}
  start:    {text: First register of the circuit}
  token:    {text: Token as in the app, type: text, default: none}
points:
  raw: {at: 30, if: phase == 2}
read:
  current: {at: [10, 11, 12], unit: 0.1 A, times: ct_ratio}
  power:   {calc: raw * ct_ratio}
  energy:  {at: "start + 10 * phase", unit: Wh}
examples:
  - given:   {10: [100, 0, 0], 30: [7], 120: [1234]}
    options: {ct_ratio: 40, phase: 2, start: 100}
    expect:  {current: [400, 0, 0], power: 280, energy: 1234}
`
const signal = new AbortController().signal

async function read(options: Readonly<Record<string, OptionValue>>) {
  const image = new RegisterImage()
  image.set('input', 10, [100, 0, 0])
  image.set('input', 30, [7])
  image.set('input', 110, [1111])
  image.set('input', 120, [2222])
  const device = createDevice(mapped(METER), memoryLink(image), { clock: instantClock(), options })
  const [reading] = await device.poll('all', signal)
  return reading?.values
}

test('numbers are names in `times`, `calc`, `if` and in addresses', async () => {
  expect(await read({ start: 100 })).toMatchObject({ current: [10, 0, 0], power: null, energy: 1111 })
  expect(await read({ start: 100, ct_ratio: 3, phase: 2 })).toMatchObject({
    current: [30, 0, 0],
    power: 21,
    energy: 2222,
  })
})

test('examples set them', async () => {
  expect((await runExamples(mapped(METER))).flatMap(({ failures }) => failures)).toEqual([])
})

test('an address that an option moves past the last register is not available, and never written', async () => {
  const image = new RegisterImage()
  image.set('input', 10, [100, 0, 0])
  const device = createDevice(mapped(METER), memoryLink(image), { clock: instantClock(), options: { start: 70_000 } })
  const [reading] = await device.poll('all', signal)
  expect(reading?.values).toMatchObject({ current: [10, 0, 0], energy: null })
  const box = mapped(
    charger(
      ['kind: charger', 'kind: charger\noptions: {base: {text: First register, default: 100}}'],
      ['current: {at: 100,', 'current: {at: "base",'],
      ['  pause:', '  resume: current\n  pause:'],
    ),
  )
  const steered = createDevice(box, memoryLink(image), { clock: instantClock(), options: { base: -5 } })
  await expect(steered.command(1, { kind: 'current', amps: 10 }, signal)).rejects.toThrow('there is no register -5')
})

test('texts and numbers of the installer stand in the mapping', () => {
  const { optionValues } = asInstalled(mapped(METER), { options: { start: 5, token: 'abc' } })
  expect(Object.fromEntries(optionValues)).toEqual({ ct_ratio: 1, phase: 1, start: 5, token: 'abc' })
})

describe('what an installer can get wrong', () => {
  test.each<[string, Readonly<Record<string, OptionValue>>, string]>([
    [
      'a misspelt name',
      { start: 1, ct_rato: 40 },
      '"ct_rato" is not an option of this mapping (did you mean "ct_ratio"?)',
    ],
    ['a missing one', {}, 'the option `start` must be set (First register of the circuit)'],
    ['one out of range', { start: 1, ct_ratio: 0 }, '0 is outside 1 to 2000'],
    ['one that is no choice', { start: 1, phase: 4 }, '4 is not a choice (one of: 1, 2, 3)'],
    ['a text for a number', { start: 'ten' }, '"ten" is not a number'],
    ['a number for a text', { start: 1, token: 12 }, '12 is not a text (put it in quotes)'],
    ['a text with a line break', { start: 1, token: 'a\nb' }, 'is not a usable text'],
    ['not a number', { start: Number.NaN }, 'is not a number'],
  ])('%s', (_, options, text) => {
    const mapping = mapped(METER)
    const open = () => createDevice(mapping, memoryLink(new RegisterImage()), { clock: instantClock(), options })
    expect(open).toThrow(text)
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(optionProblems(mapping, options)).toHaveLength(1)
  })

  test('the command line gives texts: a number option takes one that is a number', () => {
    const mapping = mapped(METER)
    const texts = { ct_ratio: '40', phase: '2x', token: '0040', odd: '1' }
    expect(optionsFromTexts(mapping, texts)).toEqual({ ct_ratio: 40, phase: '2x', token: '0040', odd: '1' })
  })
})

describe('what a file can get wrong', () => {
  test.each<[string, readonly [string, string], RegExp]>([
    [
      'a default out of range',
      ['default: 1, range', 'default: 0, range'],
      /^x:7:.*options\.ct_ratio\.default: 0 is outside/u,
    ],
    ['a range of text', ['default: none', 'range: 1..2'], /a text has no range/u],
    ['the name of a signal', ['ct_ratio: {text', 'power: {text'], /^x:7:.*already means something/u],
    ['the name of a point', ['  raw: {at: 30', '  phase: {at: 30'], /^x:12:.*already means something/u],
    ['an unknown name in an address', ['start + 10', 'begin + 10'], /^x:16:.*an address knows only/u],
    ['an unknown name in `times`', ['times: ct_ratio', 'times: ct_rato'], /^x:14:.*did you mean "ct_ratio"/u],
    ['a text in an expression', ['raw * ct_ratio', 'raw * token'], /^x:15:.*"token" is not a point/u],
    ['an option that an example misspells', ['phase: 2, start', 'phas: 2, start'], /^x:19:.*did you mean "phase"/u],
    ['an example without a needed one', [', start: 100}', '}'], /^x:18:.*`start` must be set/u],
    ['choices of two kinds', ['[1, 2, 3]', '[1, two]'], /is no text/u],
    ['no text', ['start:    {text: First register of the circuit}', 'start: {}'], /options\.start\.text: is missing/u],
  ])('%s', (_, [from, to], text) => {
    expect(METER).toContain(from)
    const result = loadMapping(METER.replace(from, to), 'x')
    expect('problems' in result ? result.problems.map(formatProblem).join('\n') : 'loaded').toMatch(text)
  })
})
