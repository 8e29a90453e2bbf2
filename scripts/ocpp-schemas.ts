/**
 * Takes the official OCPP 1.6 JSON schemas (with the security extension) out of the npm package `ocpp-rpc` (MIT), which
 * holds them as the Open Charge Alliance published them. Only the JSON is taken. Ajv refuses their `$id`s (`urn:Authorize.req`
 * is no URN), so each schema is stored under its message name without one.
 *
 *   node scripts/ocpp-schemas.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export const OCPP16_SCHEMAS_FILE = fileURLToPath(new URL('../src/ocpp/v16/schemas.json', import.meta.url))

/** The content of `src/ocpp/v16/schemas.json`: `{"Authorize.req": {...}, "Authorize.conf": {...}, ...}`. */
export function ocpp16Schemas(): string {
  const path = createRequire(import.meta.url).resolve('ocpp-rpc/lib/schemas/ocpp1_6.json')
  const schemas: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!Array.isArray(schemas)) throw new Error(`${path} is not a list of schemas`)
  const named = schemas.map((schema: unknown): string => {
    if (typeof schema !== 'object' || schema === null || !('$id' in schema) || typeof schema.$id !== 'string') {
      throw new Error(`${path} holds a schema without $id`)
    }
    const name = schema.$id.replace(/^urn:/, '')
    const body = { ...schema, $id: undefined, $schema: undefined }
    return `  ${JSON.stringify(name)}: ${JSON.stringify(body)}`
  })
  return `{\n${named.join(',\n')}\n}\n`
}

if (import.meta.main) {
  const content = ocpp16Schemas()
  if (process.argv.includes('--check')) {
    if (readFileSync(OCPP16_SCHEMAS_FILE, 'utf8') !== content) {
      console.error(`${OCPP16_SCHEMAS_FILE} is stale: run node scripts/ocpp-schemas.ts`)
      process.exitCode = 1
    }
  } else {
    writeFileSync(OCPP16_SCHEMAS_FILE, content)
  }
}
