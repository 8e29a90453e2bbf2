import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OCPP16_SCHEMAS_FILE, ocpp16Schemas } from '../../scripts/ocpp-schemas.ts'

test('the stored schemas are those of the package', () => {
  expect(readFileSync(OCPP16_SCHEMAS_FILE, 'utf8')).toBe(ocpp16Schemas())
})

test('they are the 78 of OCPP 1.6 with its security extension', () => {
  const schemas = JSON.parse(ocpp16Schemas()) as Record<string, object>
  expect(Object.keys(schemas)).toHaveLength(78)
  expect(schemas['Authorize.req']).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: { idTag: { type: 'string', maxLength: 20 } },
    required: ['idTag'],
  })
})
