import { expect, test } from 'vitest'
import { explainBinding } from '../../src/model/set-point.ts'
import {
  amps,
  boundOf,
  duration,
  headline,
  kilowattHours,
  latency,
  stateWord,
  trim,
  whyQuestion,
} from '../../src/web/words.ts'
import { sampleEvse, sampleSite, sampleStation } from '../api/sample-site.ts'

const charging = (why: string): ReturnType<typeof sampleStation> => sampleStation('A', { evses: [sampleEvse({ why })] })
const idle = sampleStation('B', { evses: [sampleEvse({ pilot: 'A', status: 'available', why: 'no vehicle' })] })
const silent = sampleStation('C', { online: false })

test('the headline says how many cars charge and what limits them', () => {
  expect(headline(sampleSite())).toBe('3 of 4 cars charge; house (63 A) is the limit on L2.')
})

test.each([
  [[idle], 'No car is plugged in.'],
  [[charging('the charger’s own maximum'), idle], '1 car charges; no fuse limits them.'],
  [
    [charging('circuit house, phase L1'), charging('circuit house, phase L3')],
    'Both cars charge; house (63 A) is the limit on L1 and L3.',
  ],
  [
    [sampleStation('A', { evses: [sampleEvse({ pilot: 'B', status: 'preparing', why: 'nobody is authorised' })] })],
    '1 car is plugged in and none charges.',
  ],
  [[charging('rests after a pause')], '1 car charges.'],
  [[charging('less than the minimum is left on circuit house')], '1 car charges; house (63 A) is the limit.'],
  // A charger that is silent is not counted among the cars: nobody knows.
  [[silent, idle], 'No car is plugged in; 1 charger does not answer.'],
])('headline %#', (stations, text) => {
  expect(headline(sampleSite({ stations }))).toBe(text)
})

test('a silent meter comes before any other limit', () => {
  const [house, garage] = sampleSite().circuits
  const site = sampleSite({ circuits: [{ ...house!, failSafe: true }, garage!] })
  expect(headline(site)).toBe(
    '3 of 4 cars charge; the meter of house is silent, so the cars are held to its fail-safe current.',
  )
})

test('circuit and phase are found in the sentence that the bridge makes', () => {
  expect(
    boundOf(
      explainBinding({
        kind: 'circuit',
        circuitId: 'level -2',
        phase: 'L3',
        origin: 'fuse',
        limitAmps: 63,
        buildingAmps: 41.5,
      }),
    ),
  ).toEqual([{ circuitId: 'level -2', phase: 'L3' }])
  expect(boundOf(explainBinding({ kind: 'minimum', circuitId: 'house' }))).toEqual([
    { circuitId: 'house', phase: null },
  ])
  expect(explainBinding({ kind: 'device' })).toContain('own maximum')
  expect(boundOf(explainBinding({ kind: 'device' }))).toEqual([])
  expect(boundOf(explainBinding({ kind: 'fail-safe', circuitId: 'house' }))).toEqual([])
})

test('a charger that does not answer has no other state', () => {
  expect(stateWord(silent, sampleEvse()).text).toBe('No answer')
  expect(stateWord(idle, sampleEvse({ status: 'suspended-ev' })).text).toBe('Car takes nothing')
})

test('the question names the current', () => {
  expect(whyQuestion(sampleEvse({ setAmps: 9 }))).toBe('Why 9 A?')
  expect(whyQuestion(sampleEvse({ setAmps: 13.5 }))).toBe('Why 13.5 A?')
  expect(whyQuestion(sampleEvse({ setAmps: 0 }))).toBe('Why no current?')
  expect(whyQuestion(sampleEvse({ setAmps: null }))).toBe('Set-point not known yet')
})

test('quantities; unknown is a dash and never zero', () => {
  expect([amps(8.94), amps(0), amps(null)]).toEqual(['8.9', '0.0', '–'])
  expect([trim(16), trim(12.54)]).toEqual(['16', '12.5'])
  expect([kilowattHours(5320), kilowattHours(12_345)]).toEqual(['5.32 kWh', '12.3 kWh'])
  expect([duration(-5), duration(42_900), duration(47 * 60_000), duration(65 * 60_000)]).toEqual([
    '0 s',
    '42 s',
    '47 min',
    '1 h 05 min',
  ])
  expect([latency(14.2), latency(2300)]).toEqual(['14 ms', '2.3 s'])
})
