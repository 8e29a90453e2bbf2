import { expect, test } from 'vitest'
import { FIELD_PARAMETERS, PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { checkNumber } from '../../src/model/number-rule.ts'
import { PARAMETER_NAMES, PARAMETER_TABLE, parameterOfKey } from '../../src/model/parameter-table.ts'

/** The keys of the field's station controllers, with what they start with. */
const FIELD = {
  percentsupplyuseable: 80,
  tolerancechargecurrent: 0.5,
  tolerancestationcurrent: 5,
  currentreserve: 6,
  numreserve: 3,
}

test.each(Object.entries(FIELD))('%s is a parameter, in any case, and starts with %d', (key, first) => {
  const name = parameterOfKey(key.toUpperCase())
  expect(name).not.toBeNull()
  expect(name === null ? null : FIELD_PARAMETERS[name]).toBe(first)
})

test.each(PARAMETER_NAMES)('%s may be what it starts with, and has a key of its own', (name) => {
  const { key, rule } = PARAMETER_TABLE[name]
  expect(parameterOfKey(key)).toBe(name)
  for (const { [name]: value } of [FIELD_PARAMETERS, PLAIN_PARAMETERS])
    expect(checkNumber(rule, String(value))).toBe(String(value))
})

test.each(['', 'HeartbeatInterval', '__proto__', 'percentsupplyuseable '])('%j is none', (key) => {
  expect(parameterOfKey(key)).toBeNull()
})
