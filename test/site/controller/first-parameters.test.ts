import { expect, test } from 'vitest'
import { FIELD_PARAMETERS, PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { firstParameters } from '../../../src/site/controller/first-parameters.ts'

const controller = (startValues: Readonly<Record<string, string>>) => ({
  identity: 'SITE',
  upstreamIds: ['operator'],
  startValues,
})

test('a site without a controller uses all of its supply', () => {
  expect(firstParameters(null)).toEqual(PLAIN_PARAMETERS)
})

test('a controller starts as those of the field do, changed by its start values', () => {
  expect(firstParameters(controller({}))).toEqual(FIELD_PARAMETERS)
  expect(firstParameters(controller({ PercentSupplyUseable: '90', numreserve: '0', HeartbeatInterval: '60' }))).toEqual(
    {
      ...FIELD_PARAMETERS,
      usableSharePercent: 90,
      reservedArrivals: 0,
    },
  )
})

test('a value that cannot be is a fault of the site file', () => {
  expect(() => firstParameters(controller({ percentsupplyuseable: '0' }))).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: 'controller: start-values: percentsupplyuseable is a number from 1 to 100',
    }),
  )
})
