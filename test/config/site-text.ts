/** Site files for the tests: one that is right, and short ways to make it wrong. */
import { loadSiteText, type SiteFileResult } from '../../src/config/load-site-file.ts'
import type { LoadOptions, MappingFacts } from '../../src/config/load-options.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { createRegistry } from '../../src/site/registry.ts'

const FACTS: Readonly<Record<string, MappingFacts>> = {
  'keba-p30': { kind: 'charger', speaks: 'modbus', unit: 255, serial: null },
  heidelberg: { kind: 'charger', speaks: 'modbus', unit: 1, serial: { baud: 19_200, format: '8E1' } },
  sdm630: { kind: 'meter', speaks: 'modbus', unit: 1, serial: { baud: 9600, format: '8N1' } },
  'go-e': { kind: 'charger', speaks: 'http', port: 80, unit: 1, serial: null },
  warp: { kind: 'charger', speaks: 'mqtt', port: 1883, unit: 1, serial: null },
  'keba-udp': { kind: 'charger', speaks: 'udp', port: 7090, unit: 1, serial: null },
  shelly: { kind: 'meter', speaks: 'http', port: 80, unit: 1, serial: null },
  p1: { kind: 'meter', speaks: 'dsmr', port: null, unit: 1, serial: null },
  'sml-meter': { kind: 'meter', speaks: 'sml', port: null, unit: 1, serial: null },
  'iec62056-meter': { kind: 'meter', speaks: 'iec62056', port: null, unit: 1, serial: null },
  'speedwire-meter': { kind: 'meter', speaks: 'speedwire', port: null, unit: 1, serial: null },
}

export const KNOWN: LoadOptions = {
  addresses: createRegistry().addresses,
  mapping: (name) => FACTS[name] ?? { problem: `there is no mapping \`${name}\`` },
  mappingNames: Object.keys(FACTS),
  ocppKeys: new Map([['1.6', ['MeterValueSampleInterval', 'ConnectionTimeOut', 'HeartbeatInterval']]]),
}

/** A right site file; each argument replaces one section. */
export function siteText(sections: { readonly [section: string]: string | undefined } = {}): string {
  const all: Record<string, string | undefined> = {
    circuits: '{house: {limit: 63 A}}',
    stations: '{A: {mapping: keba-p30, connect: "tcp://10.0.0.1:502", circuit: house, authorize: free}}',
    ...sections,
  }
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')
}

/** A station in one line; `more` goes in front, so that it may replace what follows it no longer names. */
export function station(more: string, circuit = 'house'): string {
  const authorize = more.includes('authorize') ? '' : ', authorize: free'
  const connect = /\b(connect|bus):/.test(more) ? '' : ', connect: "tcp://10.0.0.1:502"'
  const mapping = more.includes('mapping') ? '' : ', mapping: keba-p30'
  return `{${more === '' ? '' : `${more}, `}circuit: ${circuit}${authorize}${connect}${mapping}}`
}

export function load(text: string, options: LoadOptions = KNOWN, path = '/nowhere/site.yaml'): Promise<SiteFileResult> {
  return loadSiteText(text, path, options)
}

/** The problems as printed, without the file's name. */
export async function problemsOf(text: string, options: LoadOptions = KNOWN): Promise<readonly string[]> {
  const { problems } = await load(text, options, 'site.yaml')
  return problems.map((problem) => formatProblem(problem).replace('site.yaml:', ''))
}
