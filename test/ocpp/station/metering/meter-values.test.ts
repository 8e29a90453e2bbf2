import { describe, expect, test } from 'vitest'
import { isFresh, nextAligned, takeSample } from '../../../../src/ocpp/station/metering/meter-values.ts'
import { wantedValues } from '../../../../src/ocpp/station/metering/wanted-values.ts'
import { SAMPLED_MEASURANDS } from '../../../../src/ocpp/station/settings-table.ts'
import { evseDescription, evseState } from '../rig.ts'

const EVERYTHING = wantedValues(SAMPLED_MEASURANDS.join(','))
const evse = evseDescription()
const at = Date.parse('2026-03-02T08:00:00Z')

describe('a sample', () => {
  test('carries every measurand with unit, phase and place', () => {
    const state = evseState({
      measuredAmps: [15.9, 16, 15.8],
      voltage: [230, 231, 229],
      powerW: 10_950,
      powersW: [3650, 3650, 3650],
      frequencyHz: 50.01,
      temperatureC: 41,
      socPercent: 55,
    })
    const sample = takeSample({ evse, state, meterWh: 1234, offeredAmps: 16, at }, EVERYTHING, 'Sample.Periodic')
    const line = sample?.readings.map(
      ({ measurand, phase, value, unit }) => `${measurand} ${phase ?? '-'} ${value} ${unit}`,
    )
    expect(line).toEqual([
      'Current.Import L1 15.9 A',
      'Current.Import L2 16 A',
      'Current.Import L3 15.8 A',
      'Current.Offered - 16 A',
      'Energy.Active.Import.Register - 1234 Wh',
      'Frequency - 50.01 Hz',
      'Power.Active.Import - 10950 W',
      'Power.Active.Import L1 3650 W',
      'Power.Active.Import L2 3650 W',
      'Power.Active.Import L3 3650 W',
      'Power.Offered - 11040 W',
      'SoC - 55 Percent',
      'Temperature - 41 Celsius',
      'Voltage L1-N 230 V',
      'Voltage L2-N 231 V',
      'Voltage L3-N 229 V',
    ])
  })

  test('leaves out what the device does not give: missing is not 0', () => {
    const state = evseState({ measuredAmps: [16, null, 0] })
    const sample = takeSample({ evse, state, meterWh: null, offeredAmps: null, at }, EVERYTHING, 'Trigger')
    expect(sample?.readings.map(({ phase, value }) => [phase, value])).toEqual([
      ['L1', 16],
      ['L3', 0],
    ])
  })

  test('is no sample when nothing is there', () => {
    const input = { evse, state: evseState(), meterWh: null, offeredAmps: null, at }
    expect(takeSample(input, EVERYTHING, 'Sample.Clock')).toBeNull()
  })
})

test('a charger that is away or whose values are old is not sampled', () => {
  expect(isFresh(evseState())).toBe(true)
  expect(isFresh(evseState({ online: false }))).toBe(false)
  expect(isFresh(evseState({ quality: 'stale' }))).toBe(false)
  expect(isFresh(null)).toBe(false)
})

const time = (text: string): number => Date.parse(`2026-03-02T${text}Z`)

test('the clock grid starts at midnight UTC', () => {
  expect(nextAligned(time('08:07:31'), 900)).toBe(time('08:15:00'))
  expect(nextAligned(time('08:15:00'), 900)).toBe(time('08:30:00'))
  expect(nextAligned(time('23:59:00'), 50_000)).toBe(Date.parse('2026-03-03T00:00:00Z'))
  expect(nextAligned(time('08:00:00'), 0)).toBeNull()
})
