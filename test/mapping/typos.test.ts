/** Slips of the pen in a file of 40 lines: each is told with its line, its column and the word that was meant. */
import { describe, expect, test } from 'vitest'
import { formatProblem, loadMapping, missingFrom, runExamples } from '../../src/mapping/index.ts'

const FILE = `device: Acme Box 11
kind:   charger
source: Acme Modbus manual 1.2
note:   Switch on Modbus with DIP 3.
modbus: {tcp: 502, unit: 1, max_read: 40}
defaults: {table: holding, type: u16}
identity: {firmware: {at: 200, type: text, len: 4}}
detect: {at: 5, range: 1100..1199}

options:
  ratio: {text: Ratio of the transformers, default: 1, range: 1..400}

points:
  run:   {at: 0}
  cable: {at: 1, bit: 2}

state:
  - F: run == 9
  - A: not cable
  - C: run == 3
  - B: otherwise

read:
  current: {at: [10, 11, 12], unit: 0.1 A, times: ratio}
  power:   {at: 20, type: u32, order: CDAB, unit: W}
  energy:  {at: 22, type: u32, unit: 0.1 kWh, poll: slow}
  error:   {at: 30, none: 0, map: {7: {code: GroundFailure}}}

write:
  current:  {at: 100, unit: 0.1 A, range: 6..16 A}
  pause:    {at: 101, value: 0}
  resume:   [current, {at: 101, value: 1}]
  failsafe: {current: {at: 110, unit: A, range: 0 or 6..16 A}, timeout: {at: 111, unit: s, range: 10..600 s}}
  alive:    {every: timeout/2}

variants:
  - {name: old, when: firmware < 1.2, read: {energy: {unit: kWh}}}
  - {name: new, when: otherwise}

examples:
  - given:  {0: [3, 0x0004], 10: [158, 157, 0], 20: [3622, 0], 22: [0, 5]}
    expect: {state: C, current: [15.8, 15.7, 0], power: 3622, energy: 500}
  - {given: {30: [7]}, expect: {error: GroundFailure}}
  - {variant: old, given: {22: [0, 5]}, expect: {energy: 5000}}
  - {do: {current: 13.5 A}, writes: [{fc: 6, at: 100, words: [135]}]}
  - {do: {pause: true}, writes: [{at: 101, words: [0]}]}
  - {do: {resume: 8 A}, writes: [{at: 100, words: [80]}, {at: 101, words: [1]}]}
  - {do: {failsafe: {current: 8 A, timeout: 30 s}}, writes: [{at: 110, words: [8]}, {at: 111, words: [30]}]}
`

test('without a slip it loads, is complete and passes its examples', async () => {
  const result = loadMapping(FILE, 'acme-box.yaml')
  if (!('mapping' in result)) throw new Error(result.problems.map(formatProblem).join('\n'))
  expect(missingFrom(result.mapping)).toEqual([])
  expect((await runExamples(result.mapping)).flatMap(({ failures }) => failures)).toEqual([])
})

type Slip = readonly [wrong: string, right: string, hint: RegExp]

const SLIPS: Readonly<Record<string, readonly Slip[]>> = {
  'a key': [
    ['max_raed', 'max_read', /did you mean "max_read"/u],
    ['defalts:', 'defaults:', /did you mean "defaults"/u],
    ['pol: slow', 'poll: slow', /did you mean "poll"/u],
    ['evry: timeout', 'every: timeout', /did you mean "every"/u],
  ],
  'a table': [['table: holdng', 'table: holding', /did you mean "holding"/u]],
  'a type': [
    ['type: u23, order', 'type: u32, order', /did you mean "u32"/u],
    ['type: txt', 'type: text', /did you mean "text"/u],
  ],
  'a unit': [
    ['unit: 0.1 kHw', 'unit: 0.1 kWh', /"kHw" is not a unit of this language/u],
    ['unit: 0.1 V, times', 'unit: 0.1 A, times', /the unit is of V, this signal is in A/u],
    ['range: 6..16 mV', 'range: 6..16 A', /.*/u],
  ],
  'an order': [['order: CDBA', 'order: CDAB', /did you mean "(?:CDAB|DCBA)"/u]],
  'the name of a signal': [
    ['  enrgy:  {at', '  energy:  {at', /did you mean "energy"/u],
    ['expect: {stat: C', 'expect: {state: C', /did you mean "state"/u],
  ],
  'the name of a command': [
    ['  puase:    {at', '  pause:    {at', /did you mean "pause"/u],
    ['{do: {curent:', '{do: {current:', /did you mean "current"/u],
  ],
  'an address out of range': [
    ['at: 70000, type: u32, order', 'at: 20, type: u32, order', /register addresses end at 65535/u],
    ['at: 65535, type: u32, order', 'at: 20, type: u32, order', /past the last register/u],
    ['current:  {at: -1', 'current:  {at: 100', /counted from 0/u],
  ],
  'a register of an example': [
    ['{0x1000O: [7]}', '{30: [7]}', /"0x1000O" is not a/u],
    ['{30: [70000]}', '{30: [7]}', /.*/u],
    ['10: [158, 157, 0], 11: [3]', '10: [158, 157, 0], 20: [3622, 0]', /given twice/u],
  ],
  'the letter of a state': [['  - G: run == 9', '  - F: run == 9', /unknown key "G"/u]],
  'the name of a point in an expression': [
    ['C: runn == 3', 'C: run == 3', /did you mean "run"/u],
    ['A: not cabel', 'A: not cable', /did you mean "cable"/u],
  ],
  'the name of an option': [
    ['times: ratoi', 'times: ratio', /did you mean "ratio"/u],
    ['{variant: old, options: {ration: 2}, given', '{variant: old, given', /did you mean "ratio"/u],
  ],
  'the name of a variant': [['{variant: odl', '{variant: old', /did you mean "old"/u]],
  'a version': [
    ['when: firmwre < 1.2', 'when: firmware < 1.2', /did you mean "firmware"/u],
    ['when: firmware < 1.x', 'when: firmware < 1.2', /.*/u],
  ],
  'an error code': [['code: GroundFailur}', 'code: GroundFailure}', /did you mean "GroundFailure"/u]],
  'a sign': [
    ['run = 9', 'run == 9', /not an expression/u],
    ['range: 6-16 A', 'range: 6..16 A', /"6-16 A" is not a range/u],
    ['min: 1, when: otherwise', 'name: new, when: otherwise', /unknown key "min"/u],
    ['every: 2', 'every: timeout/2', /.*/u],
  ],
  'a word of another program': [
    ['address: 20', 'at: 20', /the language says at/u],
    ['scale: 0.1', 'unit: 0.1 kWh', /unit, as in `unit: 0.1 A`/u],
    ['watchdog:    {every', 'alive:    {every', /the language says alive or failsafe/u],
  ],
}

describe.each(Object.entries(SLIPS))('%s', (_, slips) => {
  test.each(slips.map((slip) => [...slip]))('%s for %s', (wrong, right, hint) => {
    const [before = '', ...after] = FILE.split(right)
    expect(after.length).toBeGreaterThan(0)
    const text = [before, ...after].join('\u0000').replace('\u0000', wrong).replaceAll('\u0000', right)
    const line = before.split('\n').length
    const result = loadMapping(text, 'acme-box.yaml')
    if (!('problems' in result)) throw new Error('it loads')
    const [first] = result.problems.map(formatProblem)
    expect(result.problems[0]?.line, first).toBe(line)
    expect(first).toMatch(hint)
  })
})

test('six slips at once are six problems, in the order of their lines', () => {
  const slips: readonly [string, string][] = [
    ['table: holding', 'table: holdng'],
    ['C: run == 3', 'C: runn == 3'],
    ['order: CDAB', 'order: CDBA'],
    ['unit: 0.1 kWh', 'unit: 0.1 kHw'],
    ['code: GroundFailure}', 'code: GroundFailur}'],
    ['alive:', 'alvie:'],
  ]
  const shape = slips.filter(([right]) => right === 'table: holding' || right === 'order: CDAB' || right === 'alive:')
  const meaning = slips.filter((slip) => !shape.includes(slip))
  for (const some of [shape, meaning]) {
    const text = some.reduce((file, [right, wrong]) => file.replace(right, wrong), FILE)
    const result = loadMapping(text, 'acme-box.yaml')
    const lines = 'problems' in result ? result.problems.map((problem) => problem.line) : []
    expect(lines).toEqual(some.map(([right]) => FILE.slice(0, FILE.indexOf(right)).split('\n').length))
  }
})
