import { describe, expect, test } from 'vitest'
import { loadMapping, runExamples } from '../../src/mapping/index.ts'
import { charger, mapped } from './example-mappings.ts'

/** The shortest complete files an installer can write. */
const BOX = `
device: KEBA KeContact P30
also:   [BMW Wallbox Connect]
kind:   charger
modbus: {tcp: 502, unit: 255, max_read: 2}
defaults: {table: holding, type: u32}
detect: {at: 1016, range: 300000..399999}
points:
  run:   {at: 1000}
  cable: {at: 1004, bit: 2}
state:
  - F: run == 4
  - A: not cable
  - C: run == 3
  - B: otherwise
read:
  current: {at: [1008, 1010, 1012], unit: mA}
  power:   {at: 1020, unit: mW}
  tag:     {at: 1500, as: hex, none: 0, poll: slow}
  error:   {at: 1006, none: 0}
write:
  defaults: {type: u16, fc: 6}
  current:  {at: 5004, unit: mA, range: 6..32 A, on_change: true}
  pause:    {at: 5014, value: 0}
  resume:   {at: 5014, value: 1}
  unlock:   {at: 5012, value: 0}
  failsafe: {current: {at: 5016, unit: mA}, timeout: {at: 5018, unit: s}}
  alive:    {every: timeout/2, write: failsafe.timeout}
examples:
  - given:  {1000: [0, 3], 1004: [0, 7], 1020: [0x0054, 0x3E30]}
    expect: {state: C, power: 5520.944}
  - do:     {current: 13.5 A}
    writes: [{fc: 6, at: 5004, words: [13500]}]
  - do:     {resume: 8 A}
    writes: [{fc: 6, at: 5004, words: [8000]}, {fc: 6, at: 5014, words: [1]}]
`
const METER = `
device: Eastron SDM630-Modbus V2
kind:   meter
modbus: {rtu: 9600 8N1, unit: 1, max_read: 80}
defaults: {table: input, type: f32}
detect: {signal: frequency, range: 45..65}
read:
  power:     {at: 0x34, unit: W}
  frequency: {at: 0x46, unit: Hz}
examples:
  - {given: {0x34: [0x4640, 0xE400]}, expect: {power: 12345}}
`

test.each([
  ['a charger', BOX],
  ['a meter', METER],
])('%s as short as it can be', async (_, text) => {
  const results = await runExamples(mapped(text))
  expect(results.flatMap(({ failures }) => failures)).toEqual([])
})

const STATE = 'state: {at: 0, A: [0, 1], B: 2, C: 3, F: 9}'
const LIMIT = 'current: {at: 100, unit: 0.1 A, range: 6..16 A}'
const PAUSE = 'pause:   {at: 100, value: 0}'
const POWER = 'power:   {at: 20, type: u32, unit: W}'

describe('lines of real devices', () => {
  test.each<[string, readonly [string, string]]>([
    ['a list in another table', [STATE, 'state: {at: 5, table: input, A: [2, 3], B: [4, 5], C: [6, 7], E: 9, F: 10}']],
    ['text', [STATE, 'state: {at: 1201, type: text, len: 5, A: [A, E], B: [B1, B2, C1], C: [C2, D2], F: F}']],
    ['a nibble', [STATE, 'state: {at: 0x31, bits: 7..4, A: 0xA, B: 0xB, C: 0xC}']],
    ['a set-point that expires', [LIMIT, 'current: {at: 100, unit: A, rewrite: 20s}']],
    ['a duty cycle', [LIMIT, 'current: {at: 100, calc: A / 0.06}']],
    ['one value in both bytes', [LIMIT, 'current: {at: 100, calc: A * 257, step: 1}']],
    ['off is not 0, and sent twice', [PAUSE, 'pause: {at: 100, value: 0x03E8, repeat: 2}']],
    ['a switch', [PAUSE, 'enable: {at: 400, table: coil}']],
    [
      'a resume in steps',
      [
        PAUSE,
        'pause: {at: 101, value: 0}\n  resume: [{at: 21210, value: 1}, {wait: 1s}, {at: 21211, value: 0}, current]',
      ],
    ],
    ['a wake-up', [PAUSE, `${PAUSE}\n  wake: [{at: 5, value: 0xE0E0}, {wait: 3s}, {at: 5, value: 0xA1A1}]`]],
    ['once per connect', [PAUSE, `${PAUSE}\n  start: [{at: 258, value: 4}]`]],
    ['a beat', [PAUSE, `${PAUSE}\n  alive: {every: 5s, at: 0xD00, value: 0x55AA}`]],
    ['any read', [PAUSE, `${PAUSE}\n  alive: {every: 15s}`]],
    ['an odd unit', [POWER, 'session: {at: 34, unit: 1/800 kWh}']],
    ['a difference', ['kind: charger', 'kind: charger\npoints: {plus: {at: 50}, minus: {at: 51}}\n']],
    ['hold', [POWER, 'power: {at: 220, type: u32, unit: W, none: 0xFFFFFFFF, hold: 10s}']],
    ['two outlets', ['kind: charger', 'kind: charger\nconnectors: {count: 2, step: 0x100}']],
  ])('%s', (_, change) => {
    const result = loadMapping(charger(change), 'x.yaml')
    expect('problems' in result ? result.problems : []).toEqual([])
  })

  test('watts by phases need a `phases` that is read', () => {
    const result = loadMapping(
      charger(
        [LIMIT, 'current: {at: 504, type: u32, calc: A * 230 * phases}'],
        [PAUSE, 'pause: {at: 504, type: u32, value: 0}'],
      ),
      'x.yaml',
    )
    expect('problems' in result && result.problems[0]?.message).toContain('"phases" is not a point or signal')
  })
})
