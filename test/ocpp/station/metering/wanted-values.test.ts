import { describe, expect, test } from 'vitest'
import { takeSample } from '../../../../src/ocpp/station/metering/meter-values.ts'
import { wantedValue, wantedValues } from '../../../../src/ocpp/station/metering/wanted-values.ts'
import { evseDescription, evseState } from '../rig.ts'

describe('a measurand may name a phase (OCPP 1.6 §9.1.17)', () => {
  test.each([
    ['Voltage', { measurand: 'Voltage', phase: null }],
    ['Voltage.L1', { measurand: 'Voltage', phase: 'L1' }],
    ['Voltage.L2-N', { measurand: 'Voltage', phase: 'L2' }],
    ['Current.Import.L3', { measurand: 'Current.Import', phase: 'L3' }],
    ['Current.Import.L3-N', null],
    ['Current.Import.L4', null],
    ['SoC.L1', null],
    ['Energy.Reactive.Import.Register', null],
    ['L1', null],
    ['', null],
  ])('%s', (entry, wanted) => {
    expect(wantedValue(entry)).toEqual(wanted)
  })

  test('the sample holds that phase alone, in the order of the list', () => {
    const state = evseState({ measuredAmps: [10, 11, 12], voltage: [230, 231, 232] })
    const input = { evse: evseDescription(), state, meterWh: 5, offeredAmps: null, at: 0 }
    const sample = takeSample(input, wantedValues('Voltage.L3,Current.Import.L2'), 'Sample.Periodic')
    expect(sample?.readings.map(({ measurand, phase, value }) => [measurand, phase, value])).toEqual([
      ['Voltage', 'L3-N', 232],
      ['Current.Import', 'L2', 11],
    ])
  })

  test('nothing goes twice', () => {
    expect(wantedValues('Voltage.L1,Voltage')).toEqual([{ measurand: 'Voltage', phase: null }])
  })
})
