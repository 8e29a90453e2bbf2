/** JSON Schema of a mapping file, for completion and hover text in editors. The loader checks with `schema.ts` itself. */
import { z } from 'zod'
import { mappingSchema } from './schema.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonMap = Readonly<Record<string, Json>>

/** What a variant or a meter cannot say. */
const FIXED: readonly string[] = ['from', 'kind', 'options', 'variants', 'meters', 'examples']

/** A whole file, or with `from` one that says only what differs: there nothing is required, and `null` removes a key. */
export function mappingJsonSchema(): JsonMap {
  const made: unknown = z.toJSONSchema(mappingSchema, { io: 'input', unrepresentable: 'any', reused: 'ref' })
  const { $schema = '', $defs = {}, ...file } = asMap(made)
  const definitions = asMap($defs)
  const part = asMap(partOf(file))
  const properties = asMap(part['properties'])
  const merged = Object.fromEntries(Object.entries(properties).filter(([key]) => !FIXED.includes(key)))
  const meter = { ...part, properties: merged }
  const resolved = (schema: Json | undefined): JsonMap => {
    const map = asMap(schema)
    return '$ref' in map ? resolved(definitions[nameOf(map['$ref'])]) : map
  }
  const variants = resolved(asMap(file['properties'])['variants'])
  const ofVariant = resolved(variants['items'])
  const variant = { ...part, properties: { ...merged, ...asMap(ofVariant['properties']) }, required: ['when'] }
  const several = {
    variants: { ...variants, items: { $ref: '#/$defs/variant' } },
    meters: { type: 'object', additionalProperties: { $ref: '#/$defs/meter' } },
  }
  return {
    $schema,
    title: 'ampbridge mapping',
    description: 'One device model; see docs/mapping.md',
    if: { required: ['from'] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { $ref: '#/$defs/derived' },
    else: { $ref: '#/$defs/whole' },
    $defs: {
      ...definitions,
      ...Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [`${name}_part`, partOf(schema)])),
      whole: { ...file, properties: { ...asMap(file['properties']), ...several } },
      derived: { ...part, properties: { ...properties, ...several }, required: ['device', 'from'] },
      variant,
      meter,
    },
  }
}

/** The same with nothing required and every key removable. */
function partOf(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(partOf)
  if (!isMap(schema)) return schema
  const result: Record<string, Json> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'required') continue
    if (key === '$ref') result[key] = `${textOf(value)}_part`
    else if (key === 'additionalProperties' && isMap(value)) result[key] = orNull(value)
    else if (key === 'properties') result[key] = mapValues(asMap(value), orNull)
    // Lists are replaced whole: what stands in them is complete.
    else if (key === 'items' || key === 'prefixItems' || key === 'enum' || key === 'const') result[key] = value
    else result[key] = partOf(value)
  }
  return result
}

function orNull(schema: Json): Json {
  return { anyOf: [partOf(schema), { type: 'null' }] }
}

function mapValues(map: JsonMap, change: (value: Json) => Json): JsonMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}

function nameOf(reference: Json | undefined): string {
  return textOf(reference).split('/').at(-1) ?? ''
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asMap(value: unknown): JsonMap {
  return isMap(value) ? value : {}
}
