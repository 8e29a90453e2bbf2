/** Which configuration keys a CSMS has for the parameters of a site. */
import { describe, expect, test } from 'vitest'
import { FIELD_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { PARAMETER_NAMES } from '../../../src/model/parameter-table.ts'
import { controllerKeys } from '../../../src/site/controller/controller-keys.ts'
import { LiveParameters } from '../../../src/site/controller/live-parameters.ts'
import type { ParameterPlace } from '../../../src/site/controller/parameter-place.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'

const outlet = (stationId: string, evse = 1): ParameterPlace => ({
  kind: 'outlet',
  outletId: `${stationId}/${evse}`,
  stationId,
  evse,
})
const circuit = (circuitId: string): ParameterPlace => ({ kind: 'circuit', circuitId })

function keys(...places: readonly ParameterPlace[]) {
  const live = new LiveParameters({
    ledger: new MemoryLedger().process().ledger,
    first: FIELD_PARAMETERS,
    places: [...PARAMETER_NAMES.map((name) => ({ kind: 'parameter', name }) as const), ...places],
    onChange: () => {},
  })
  return { live, keys: controllerKeys(live) }
}
const listed = (...places: readonly ParameterPlace[]): readonly string[] =>
  keys(...places)
    .keys.list()
    .map(({ key }) => key)
    .slice(PARAMETER_NAMES.length)

test('the parameters have the names and first values of the field', () => {
  expect(keys().keys.list()).toEqual([
    { key: 'percentsupplyuseable', value: '80' },
    { key: 'tolerancechargecurrent', value: '0.5' },
    { key: 'tolerancestationcurrent', value: '5' },
    { key: 'currentreserve', value: '6' },
    { key: 'numreserve', value: '3' },
  ])
})

describe('maxima', () => {
  test('are named by station, connector where there are several, and circuit; empty where none is set', () => {
    const { keys: found } = keys(circuit('house'), outlet('CP-001'), outlet('garage', 1), outlet('garage', 2))
    expect(found.list().slice(PARAMETER_NAMES.length)).toEqual([
      { key: 'maxcircuitcurrent.house', value: '' },
      { key: 'maxcurrent.CP-001', value: '' },
      { key: 'maxcurrent.garage.1', value: '' },
      { key: 'maxcurrent.garage.2', value: '' },
    ])
  })

  test('of which a name would be too long for OCPP have no key', () => {
    const longest = 'S'.repeat(50 - 'maxcurrent.'.length)
    expect(listed(outlet(longest), outlet(`${longest}S`))).toEqual([`maxcurrent.${longest}`])
  })

  test('that a name would not tell apart have no key', () => {
    expect(listed(outlet('garage', 1), outlet('garage', 2), outlet('garage.2'), outlet('A'))).toEqual([
      'maxcurrent.garage.1',
      'maxcurrent.A',
    ])
    expect(listed(circuit('House'), circuit('house'), circuit('garage'))).toEqual(['maxcircuitcurrent.garage'])
  })

  test('of a large site are listed where they are set, and found by name all the same', async () => {
    const { keys: found } = keys(...Array.from({ length: 1000 }, (_, index) => outlet(`CP-${index}`)))
    expect(found.list()).toHaveLength(PARAMETER_NAMES.length)
    expect(await found.change('MAXCURRENT.CP-700', '16', 'operator')).toBe('accepted')
    expect(found.list()).toHaveLength(PARAMETER_NAMES.length + 1)
    expect(found.find('maxcurrent.cp-700')).toEqual({ key: 'maxcurrent.CP-700', value: '16' })
    expect(found.find('maxcurrent.cp-701')).toEqual({ key: 'maxcurrent.CP-701', value: '' })
  })
})

test.each([
  ['percentsupplyuseable', '60', 'accepted'],
  ['PercentSupplyUseable', '62.5', 'accepted'],
  ['percentsupplyuseable', '101', 'rejected'],
  ['percentsupplyuseable', '', 'rejected'],
  ['numreserve', '2.5', 'rejected'],
  ['maxcurrent.CP-001', '16', 'accepted'],
  ['maxcurrent.CP-001', '0', 'accepted'],
  ['maxcurrent.CP-001', '', 'accepted'],
  ['maxcurrent.CP-001', '3', 'rejected'],
  ['maxcurrent.CP-001.1', '16', 'not-supported'],
  ['maxcurrent.CP-002', '16', 'not-supported'],
  ['maxcircuitcurrent.house', '12.5', 'accepted'],
  ['maxcircuitcurrent.house', '-1', 'rejected'],
  ['__proto__', '1', 'not-supported'],
])('%s = "%s" is %s', async (key, value, outcome) => {
  const { keys: found, live } = keys(outlet('CP-001'), circuit('house'))
  const before = live.now
  expect(await found.change(key, value, 'operator')).toBe(outcome)
  expect(found.find(key)?.value === value).toBe(outcome === 'accepted')
  if (outcome !== 'accepted') expect(live.now).toEqual(before)
})
