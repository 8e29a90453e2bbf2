/** docs/devices.md and mappings/README.md, from the mapping library. */
import { capabilitiesOf, type Mapping } from '../src/mapping/index.ts'
import { code, pageHead, table } from './markdown.ts'

export function devicesPage(mappings: readonly Mapping[]): string {
  return [
    pageHead('Devices', 'the files in mappings/'),
    'The name in the first column is what a site file calls `mapping`. A device that is missing here needs one YAML file, not code.\n',
    '## Chargers\n',
    deviceTable(mappings.filter(({ kind }) => kind === 'charger')),
    '',
    '## Meters\n',
    deviceTable(mappings.filter(({ kind }) => kind === 'meter')),
    '',
    ...mappings.map(deviceSection),
  ].join('\n')
}

export function mappingsReadme(mappings: readonly Mapping[]): string {
  const rows = mappings.map((mapping) => {
    const { signals, commands } = capabilitiesOf(mapping)
    return [code(mapping.name), mapping.device, signals.join(' '), commands.join(' '), mapping.sources[0] ?? '']
  })
  return [
    pageHead('Mappings', 'the files in this folder'),
    'One file per device model: how to connect, what to read, what to write, and examples that prove it. Each names its sources.',
    'More about each device: [docs/devices.md](../docs/devices.md).\n',
    table(['Name', 'Device', 'Signals', 'Commands', 'First source'], rows),
    '',
  ].join('\n')
}

function deviceTable(mappings: readonly Mapping[]): string {
  const rows = mappings.map((mapping) => {
    const { signals, commands, current, failSafe } = capabilitiesOf(mapping)
    const range = current === null ? '' : `${current.minAmps} to ${current.maxAmps} A in ${current.stepAmps} A`
    const own = mapping.kind === 'charger' ? [range, commands.join(' '), failSafe ? 'yes' : 'no'] : []
    return [code(mapping.name), mapping.device, wires(mapping), signals.join(' '), ...own]
  })
  const own = mappings.some(({ kind }) => kind === 'charger') ? ['Set-point', 'Commands', 'Fail-safe'] : []
  return table(['Name', 'Device', 'Wire', 'Signals', ...own], rows)
}

function deviceSection(mapping: Mapping): string {
  const also = mapping.also.length === 0 ? [] : [`Also: ${mapping.also.join(', ')}.\n`]
  const notes = mapping.notes.length === 0 ? [] : ['Good to know:\n', ...mapping.notes.map((note) => `- ${note}`), '']
  return [
    `### ${mapping.device}\n`,
    ...also,
    `${code(mapping.name)}, ${wires(mapping)}, unit ${mapping.transport.unit}, ${mapping.examples.length} examples.\n`,
    ...settingsOf(mapping),
    ...notes,
    'Sources:\n',
    ...mapping.sources.map((source) => `- ${source}`),
    '',
  ].join('\n')
}

/** What the installer sets in the site file, and which variants the bridge tells apart by itself. */
function settingsOf({ options, meters, variants }: Mapping): readonly string[] {
  const rows = [...options].map(([name, option]) => {
    const allowed =
      option.choices.length > 0
        ? option.choices.join(', ')
        : option.range === null
          ? ''
          : `${option.range.min} to ${option.range.max}`
    return [code(name), option.text, allowed, option.default === null ? 'must be set' : String(option.default)]
  })
  const names = [...meters.keys()].map((name) => code(`meter: ${name}`)).join(', ')
  return [
    ...(rows.length === 0
      ? []
      : ['`options` in the site file:\n', table(['Name', 'Means', 'Values', 'When left out'], rows), '']),
    ...(names === '' ? [] : [`Several meters: ${names}.\n`]),
    ...(variants.length === 0 ? [] : [`Told apart at connect: ${variants.map(({ name }) => name).join('; ')}.\n`]),
  ]
}

function wires({ transport: { tcpPort, serial } }: Mapping): string {
  return [
    ...(tcpPort === null ? [] : [`TCP ${tcpPort}`]),
    ...(serial === null ? [] : [`${serial.mode.toUpperCase()} ${serial.baud} ${serial.format}`]),
  ].join(', ')
}
