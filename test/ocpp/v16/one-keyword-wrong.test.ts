/**
 * Every request that a CSMS may make, as its official schema says, with exactly one keyword of the schema broken: the answer
 * is a refusal with the code that OCPP-J 1.6 §4.2.3 has for that kind of fault. Unbroken it is a request, or out of range.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRequest } from '../../../src/ocpp/v16/from-ocpp.ts'
import schemas from '../../../src/ocpp/v16/schemas.json' with { type: 'json' }
import { EVERY_REQUEST } from './samples.ts'

fc.configureGlobal({ seed: 1 })

interface Schema {
  readonly type?: string
  readonly $ref?: string
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly string[]
  readonly format?: string
  readonly maxLength?: number
  readonly multipleOf?: number
}
type Definitions = NonNullable<Schema['definitions']>

const SCHEMAS: ReadonlyMap<string, Schema> = new Map(Object.entries(schemas))
const ACTIONS = [...new Set(EVERY_REQUEST.map(([action]) => action))]

function resolved(schema: Schema, definitions: Definitions): Schema {
  return schema.$ref === undefined ? schema : (definitions[schema.$ref.replace('#/definitions/', '')] ?? {})
}

function valid(outer: Schema, definitions: Definitions): fc.Arbitrary<unknown> {
  const schema = resolved(outer, definitions)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {})
      const model = Object.fromEntries(properties.map(([name, inner]) => [name, valid(inner, definitions)]))
      return fc.record(model, { requiredKeys: [...(schema.required ?? [])], noNullPrototype: true })
    }
    case 'array':
      return fc.array(valid(schema.items ?? {}, definitions), { maxLength: 3 })
    case 'integer':
      return fc.oneof(fc.nat(20), fc.integer(), fc.maxSafeInteger())
    case 'number':
      return fc.nat(1000).map((tenths) => tenths / 10)
    default:
      if (schema.format === 'date-time') {
        return fc
          .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
          .map((date) => date.toISOString())
      }
      if (schema.format === 'uri') return fc.constantFrom('ftp://user:pass@host/up', 'https://[2001:db8::1]:8443/a?b=c')
      return fc.string({ maxLength: Math.min(schema.maxLength ?? 60, 60), unit: 'grapheme-ascii' })
  }
}

interface Broken {
  readonly keyword: string
  readonly code: string
  readonly payload: unknown
}

function wrongValue(keyword: string, payload: unknown): Broken {
  return { keyword, code: 'PropertyConstraintViolation', payload }
}

/** Each way to break one keyword somewhere in `value`, which fits the schema. */
function* brokenOnce(outer: Schema, definitions: Definitions, value: unknown, isRoot = true): Generator<Broken> {
  const schema = resolved(outer, definitions)
  for (const payload of wrongTypes(schema.type)) {
    yield { keyword: 'type', code: isRoot ? 'FormationViolation' : 'TypeConstraintViolation', payload }
  }
  if (schema.enum !== undefined) yield wrongValue('enum', `${schema.enum[0]}!`)
  if (schema.maxLength !== undefined) yield wrongValue('maxLength', 'x'.repeat(schema.maxLength + 1))
  if (schema.multipleOf !== undefined) yield wrongValue('multipleOf', 6.15)
  if (schema.format === 'date-time') for (const text of NO_TIMES) yield wrongValue('format', text)
  if (schema.format === 'uri') for (const text of NO_LOCATIONS) yield wrongValue('format', text)
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries()) {
      for (const broken of brokenOnce(schema.items, definitions, item, false)) {
        yield { ...broken, payload: value.with(index, broken.payload) }
      }
    }
  }
  if (schema.type !== 'object' || typeof value !== 'object' || value === null) return
  yield { keyword: 'additionalProperties', code: 'FormationViolation', payload: { ...value, customData: 1 } }
  for (const name of schema.required ?? []) {
    const payload = Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
    yield { keyword: 'required', code: 'OccurenceConstraintViolation', payload }
  }
  for (const [name, inner] of Object.entries(value)) {
    for (const broken of brokenOnce(schema.properties?.[name] ?? {}, definitions, inner, false)) {
      yield { ...broken, payload: { ...value, [name]: broken.payload } }
    }
  }
}

const NO_TIMES = ['', '2025-02-30T00:00:00Z', '2025-02-20T00:00:00', '2025-02-20T00:00:00+99:99', 'tomorrow']
const NO_LOCATIONS = [
  '',
  '/etc/passwd',
  'host/path',
  'ftp://host/a b',
  'ftp://host\n/',
  `ftp://host/${'x'.repeat(2048)}`,
]

function wrongTypes(type: string | undefined): readonly unknown[] {
  switch (type) {
    case 'object':
      return [null, [], 'x', 1]
    case 'array':
      return [null, {}, 'x', 1]
    case 'integer':
      return [null, 1.5, '1', true, Infinity, [1]]
    case 'number':
      return [null, '1', true, Infinity, [1]]
    default:
      return [null, 1, true, {}, ['x']]
  }
}

function verdict(action: string, payload: unknown): string {
  const request = decodeRequest(action, payload)
  return 'refused' in request ? request.code : 'a request'
}

test.each(ACTIONS)('%s', (action) => {
  const schema = SCHEMAS.get(`${action}.req`) ?? {}
  const definitions = schema.definitions ?? {}
  fc.assert(
    fc.property(valid(schema, definitions), (payload) => {
      expect(['a request', 'PropertyConstraintViolation']).toContain(verdict(action, payload))
      for (const broken of brokenOnce(schema, definitions, payload)) {
        const { keyword } = broken
        // The one wrong word that has an answer of its own: NotImplemented (§5.17).
        const code = keyword === 'enum' && action.endsWith('TriggerMessage') ? verdict(action, payload) : broken.code
        expect({ keyword, code: verdict(action, broken.payload) }).toEqual({ keyword, code })
      }
    }),
    { numRuns: 25 },
  )
})

test('each keyword that the schemas have is broken by this test', () => {
  const keywords = new Set<string>()
  const breaks = new Set<string>()
  for (const [action, payload] of EVERY_REQUEST) {
    const text = JSON.stringify(SCHEMAS.get(`${action}.req`))
    for (const [, keyword] of text.matchAll(
      /"(type|enum|maxLength|minLength|multipleOf|format|minItems|maxItems|required|minimum|maximum|pattern)":[^{]/g,
    )) {
      if (keyword !== undefined) keywords.add(keyword)
    }
    const schema = SCHEMAS.get(`${action}.req`) ?? {}
    for (const { keyword } of brokenOnce(schema, schema.definitions ?? {}, payload)) breaks.add(keyword)
  }
  expect([...keywords].filter((keyword) => !breaks.has(keyword))).toEqual([])
})
