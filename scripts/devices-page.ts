/** docs/devices.md and mappings/README.md, from the mapping library. */
import { capabilitiesOf, type Mapping } from '../src/mapping/index.ts'
import { code, pageHead, table } from './markdown.ts'
import { NOT_MAPPED } from './not-mapped.ts'

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
  const chargers = mappings.filter(({ kind }) => kind === 'charger')
  const meters = mappings.filter(({ kind }) => kind === 'meter')
  return [
    pageHead('Mappings', 'the files in this folder'),
    `One file per device model: how to connect, what to read, what to write, and examples that prove it. ${chargers.length} files for chargers, ${meters.length} for meters;`,
    `with the badges under which they are also sold ${badges(chargers)} chargers and ${badges(meters)} meters. More about each device: [docs/devices.md](../docs/devices.md).\n`,
    'Status: *manual*, most facts are from the maker’s document; *drivers*, from public software that reads the device; *tried*, how many people have used the file on the real thing.\n',
    '## Chargers\n',
    libraryTable(chargers),
    '',
    '## Meters\n',
    libraryTable(meters),
    '',
    '## Not possible\n',
    table(['Device', 'Why'], NOT_MAPPED),
    '',
  ].join('\n')
}

function badges(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { also }) => sum + 1 + also.length, 0)
}

function libraryTable(mappings: readonly Mapping[]): string {
  const rows = mappings.map((mapping) => {
    const { signals, commands } = capabilitiesOf(mapping)
    const can = mapping.kind === 'meter' ? [] : [commands.length === 0 ? 'only read' : commands.join(' ')]
    const status = mapping.status === 'from manual' ? 'manual' : 'drivers'
    const tried = mapping.triedBy === 0 ? '' : `, tried by ${mapping.triedBy}`
    const device = [mapping.device, ...mapping.also].join(', ')
    return [
      code(mapping.name),
      device,
      wires(mapping),
      signals.join(' '),
      ...can,
      `${status}${tried}`,
      mapping.sources[0] ?? '',
    ]
  })
  const own = mappings.some(({ kind }) => kind === 'charger') ? ['Commands'] : []
  return table(['Name', 'Device', 'Connection', 'Signals', ...own, 'Status', 'First source'], rows)
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
    `${code(mapping.name)}, ${wires(mapping)}${mapping.documents === null ? `, unit ${mapping.transport.unit}` : ''}, ${mapping.examples.length} examples${mapping.status === null ? '' : `, ${mapping.status}`}.\n`,
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

function wires({ documents, transport: { tcpPort, serial } }: Mapping): string {
  if (documents !== null) return documents.family === 'telegram' ? 'telegram' : documents.family.toUpperCase()
  return [
    ...(tcpPort === null ? [] : [`TCP ${tcpPort}`]),
    ...(serial === null ? [] : [`${serial.mode.toUpperCase()} ${serial.baud} ${serial.format}`]),
  ].join(', ')
}
