/** docs/configuration.md, from the JSON Schema of the site file. */
import { readFileSync } from 'node:fs'
import { siteJsonSchema } from '../src/config/site-schema.ts'
import { code, pageHead, table } from './markdown.ts'

/** What of JSON Schema our schema uses. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
}

export function configurationPage(): string {
  const schema = siteJsonSchema() as Schema
  const sections = Object.entries(schema.properties ?? {}).map(([key, section]) => {
    const entry = typeof section.additionalProperties === 'object' ? section.additionalProperties : section
    const need = schema.required?.includes(key) === true ? ' Required.' : ''
    // a section of one value has no table
    const tables = (entry.anyOf ?? [entry])
      .map((branch) => rowsOf(branch, ''))
      .map((rows) => (rows.length === 0 ? `Value: ${valueOf(entry)}.` : table(HEAD, rows)))
    return [
      `## ${key}`,
      '',
      `${section.description ?? ''}${need}`,
      '',
      tables.join('\n\nWith `members`:\n\n'),
      '',
    ].join('\n')
  })
  const example = readFileSync(new URL('../config/example.yaml', import.meta.url), 'utf8')
  return [
    pageHead('The site file', 'src/config/site-schema.ts'),
    'One YAML file (YAML 1.2, at most 256 KiB) says what a site is. `ampbridge check --config FILE` tells every mistake with line, column and remedy.',
    'Editors that know YAML schemas complete and explain keys: the first line of the examples names `config/site.schema.json`.\n',
    '- Quantities carry their unit: `16 A`, `30 s`, `500 ms`, `2 min`, `8 h`, `45 kW`, `12 kWh`, `230 V`.',
    '- Unknown keys are errors, so that a slip is not a setting that silently does nothing.',
    '- Passwords and keys stand in files of their own, never here: `password: {secret: NAME}` is the systemd credential NAME or the file `secrets/NAME` beside the site file.',
    '  Files named here lie below the configuration, state or credentials folder; links, pipes and devices are refused.',
    '- Mappings of your own: a file, or the folder `mappings` beside the site file.\n',
    '```yaml',
    example.trimEnd(),
    '```\n',
    ...sections,
    '## What must fit together\n',
    '- Circuits are one tree: one circuit, the supply, has no `parent`.',
    '- A circuit with a `meter` needs `fail-safe`: without the meter nobody knows the load of the building.',
    '- The `fail-safe` currents of all chargers below a circuit fit under its limit: when the bridge is off they are drawn together.',
    '- A member of a station leaves `authorize`, `upstream` and everything else that a CSMS sees to its station, and belongs to one only.',
    '- A connection is one that the mapping speaks: docs/devices.md names `http`, `mqtt`, `udp`, telegrams or Modbus with each device.',
    '- On Modbus a unit id stands once on a connection; a serial port has one baud rate and one kind of frames. Elsewhere there is no `unit` and no `bus`.',
    '- Many devices may share one HTTP host, one MQTT broker, one local UDP port; the same mapping with the same `options` at the same place is one device twice.',
    '- One stream of telegrams feeds one meter, or several parts of it told apart by `meter`.',
    '- `login` goes with `http:`, `https:`, `mqtt:` and `mqtts:`; `key` with `dsmr:` and `dsmr+tcp:`. Devices that log in differently at one place have a connection each.',
    '- Without a port: 502 for Modbus, 1883 and 8883 for MQTT, 443 for `https:`; for `http:`, `udp:` and telegrams the one that the mapping names, else 80 for `http:`.',
    '- A demand target is of a circuit with a meter.',
    '- Every minute of the week has a tariff price; a window whose `to` is before its `from` ends on the next day.',
    '- A signal has one way: a contact (`connect` or `bus`, `at`, and one of `power`, `current`, `section-14a`), a topic (`mqtt`, `topic`), or the API. Several may be read of one device, a charger or meter of this file included.',
    '- `controller` has an id that no station has. A key of the API with `limit` or `parameters` names no stations: these are of the whole site.',
    '- A soft minimum lies within what the charger can be set to, and is at most `max`.',
    '- `ws:` (unencrypted) is allowed to this machine itself; to any other it needs `insecure: true`.',
    '',
  ].join('\n')
}

const HEAD = ['Key', 'Value', 'Default', 'Meaning']

function rowsOf(entry: Schema, prefix: string): readonly (readonly string[])[] {
  return Object.entries(entry.properties ?? {}).flatMap(([key, value]) => {
    const fallback = entry.required?.includes(key) === true ? 'required' : shown(value.default)
    const row = [code(`${prefix}${key}`), valueOf(value), fallback, value.description ?? '']
    const named = typeof value.additionalProperties === 'object' ? value.additionalProperties : null
    const below = named === null ? [] : rowsOf(named, `${prefix}${key}.NAME.`)
    const items = value.items === undefined ? [] : rowsOf(value.items, `${prefix}${key}[].`)
    return [row, ...rowsOf(value, `${prefix}${key}.`), ...below, ...items]
  })
}

function valueOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(valueOf))].join(' or ')
  if (schema.enum !== undefined) return schema.enum.map((word) => code(String(word))).join(' ')
  // quantities are the texts with a pattern; it ends with their units
  const units = /\((\w+(?:\|\w+)*)\)\$$/.exec(schema.pattern ?? '')?.[1]
  if (units !== undefined) return `a number and ${units.split('|').map(code).join(' ')}`
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  return types.map((type) => typeName(type, schema)).join(' or ')
}

function typeName(type: string, { minimum, maximum }: Schema): string {
  switch (type) {
    case 'boolean':
      return '`true` `false`'
    case 'integer':
      return `${minimum ?? ''} to ${maximum ?? ''}`
    case 'array':
      return 'a list'
    case 'object':
      return 'keys and values'
    case 'number':
      return `${minimum ?? ''} to ${maximum ?? ''}, with decimals`
    case 'string':
      return 'text'
    default:
      return `a ${type}`
  }
}

function shown(value: unknown): string {
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return ''
  return code(typeof value === 'string' ? value : JSON.stringify(value))
}
