/** The JSON Schema that editors use agrees with the loader. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { siteJsonSchema } from '../../src/config/site-schema.ts'
import { problemsOf, siteText, station } from './site-text.ts'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(siteJsonSchema())

describe('the JSON Schema', () => {
  it.each(['example.yaml', 'small.yaml', 'garage.yaml'])('accepts config/%s', async (name) => {
    const data: unknown = parse(await readFile(join(import.meta.dirname, '../../config', name), 'utf8'))
    validate(data)
    expect(validate.errors).toBeNull()
  })

  it.each([
    ['a missing unit', siteText({ circuits: '{house: {limit: 63}}' })],
    ['a wrong unit', siteText({ circuits: '{house: {limit: 63 V}}' })],
    ['an unknown key', siteText({ stations: `{A: ${station('slaveid: 1')}}` })],
    ['an unknown word', siteText({ stations: `{A: ${station('authorize: cards')}}` })],
    ['a unit out of range', siteText({ stations: `{A: ${station('unit: 256')}}` })],
    ['a number as text', siteText({ stations: `{A: ${station('serial: 7')}}` })],
    ['a missing section', siteText({ circuits: undefined })],
    ['a unit on a bus', siteText({ buses: '{b: {connect: "rtu:/dev/ttyX", unit: 1}}' })],
    [
      'a password in a login',
      siteText({
        stations: `{A: ${station('mapping: go-e, connect: "http://h", login: {user: a, password: hunter2}')}}`,
      }),
    ],
    [
      'a login without a password',
      siteText({ stations: `{A: ${station('mapping: go-e, connect: "http://h", login: {user: a}')}}` }),
    ],
    ['a password in the file', siteText({ upstreams: '{u: {url: "ws://127.0.0.1", password: hunter2}}' })],
  ])('refuses %s, as the loader does', async (_, text) => {
    expect(validate(parse(text))).toBe(false)
    expect(await problemsOf(text)).not.toEqual([])
  })

  it.each([
    ['per-phase limits', siteText({ circuits: '{house: {limit: {L1: 63 A, L2: 50 A, L3: 50.5 A}}}' })],
    ['times', siteText({ stations: `{A: ${station('fail-safe: {current: 0 A, after: 1500 ms}')}}` })],
    ['start values', siteText({ stations: `{A: ${station('start-values: {HeartbeatInterval: 60}')}}` })],
    [
      'a format that YAML reads as a number',
      siteText({ buses: '{b: {connect: "rtu:/dev/ttyX", baud: 9600, format: 8E1}}' }),
    ],
    ['an OCPP version without quotes', siteText({ upstreams: '{u: {url: "ws://127.0.0.1", ocpp: 1.6}}' })],
  ])('accepts %s, as the loader does', async (_, text) => {
    validate(parse(text))
    expect(validate.errors).toBeNull()
    expect(await problemsOf(text)).toEqual([])
  })
})
