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
    ['an unknown strategy', siteText({ balancing: '{strategy: best}' })],
    ['a power without a unit', siteText({ circuits: '{house: {limit: 63 A, power: 22}}' })],
    ['a time of day that is none', siteText({ tariff: '{windows: [{from: "25:00", to: "26:00", price: 1}]}' })],
    ['an unknown source', siteText({ signals: '{s: {source: grid, circuit: house}}' })],
    ['a password in the file', siteText({ upstreams: '{u: {url: "ws://127.0.0.1", password: hunter2}}' })],
  ])('refuses %s, as the loader does', async (_, text) => {
    expect(validate(parse(text))).toBe(false)
    expect(await problemsOf(text)).not.toEqual([])
  })

  it.each([
    ['per-phase limits', siteText({ circuits: '{house: {limit: {L1: 63 A, L2: 50 A, L3: 50.5 A}}}' })],
    [
      'everything about sharing',
      siteText({
        circuits: '{house: {limit: 63 A, power: 22 kW, unbalance: 16 A, meter: m, fail-safe: 9 A}}',
        meters: '{m: {mapping: sdm630, connect: "tcp://10.0.0.9:502"}}',
        balancing: '{strategy: priority, quantum: 5.5 kWh, voltage: 230 V, usual-stay: 1 d, usual-energy: 9 kWh}',
        tariff: '{windows: [{from: 7:00, to: "20:00", days: [mon], price: 1}, {from: 00:00, to: 24:00, price: -0.5}]}',
        'demand-target': '{circuit: house, power: 20 kW}',
        plan: 'true',
        controller: '{identity: S, upstream: u, start-values: {HeartbeatInterval: 60}}',
        upstreams: '{u: {url: "ws://127.0.0.1"}}',
        signals:
          '{a: {source: dso, circuit: house, connect: "tcp://h:502", table: input, at: 1, bit: 2, power: 4200 W}, b: {source: ems, circuit: house, mqtt: "mqtt://h", topic: t, expires: 15 min}}',
      }),
    ],
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
