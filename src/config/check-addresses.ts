/** Who is on which wire: what the mapping speaks, one port with one setting, one unit or one device once (H10). */
import type { AddressScheme } from '../model/driver.ts'
import { parseConnection, type Connection, type ConnectionProblem, type SerialSettings } from './connection.ts'
import type { MappingFacts } from './load-options.ts'
import { nearestHint } from './nearest-name.ts'
import { error, type ConfigPath, type Finding } from './problem.ts'
import { shorten } from './quantity.ts'
import type { SiteEntries } from './site-entries.ts'
import type { BusEntry, MeterEntry, SignalEntry, StationEntry } from './site-schema.ts'
import type { DeviceAddress } from './site-config.ts'

export interface AddressChecks {
  /** What the drivers know, or null to accept any scheme. */
  readonly schemes: readonly AddressScheme[] | null
  /** The real path of a serial port (`/dev/serial/by-id/...` and `/dev/ttyUSB0` may be one port), or null when there is none now. */
  readonly realPort: (path: string) => string | null
  /** Facts by the mapping's name; a mapping that is not known has none. */
  readonly mappings: ReadonlyMap<string, MappingFacts>
}

/** An address before its secrets are read. */
export type OpenAddress = Omit<DeviceAddress, 'login' | 'key'>

export interface AddressReading {
  /** By `meters/ID`, `stations/ID` and `signals/ID`. */
  readonly addresses: ReadonlyMap<string, OpenAddress>
  /** The same, taken apart. */
  readonly connections: ReadonlyMap<string, Connection>
  readonly findings: readonly Finding[]
}

/** What is opened as a port must not be a disk, memory or a file of ours (H13). */
const SERIAL_PORT = /^\/dev\/(?:tty|pts\/|rfcomm)/

interface Wired {
  readonly connection: Connection
  readonly serial: SerialSettings | null
  readonly echo: boolean
}

interface Placed extends Wired {
  readonly path: ConfigPath
  /** As written, or what the mapping says, or null when neither is known. */
  readonly unit: number | null
  readonly effectiveSerial: SerialSettings | null
  readonly mapping: string
  /** `meter` and `options` of the entry: a mapping with other ones is another device, or another part of one. */
  readonly settings: string
  readonly isMeter: boolean
  /** Contacts and topics: many are read of one device, which may be a charger's or a meter's too. */
  readonly isSignal: boolean
}

/** What is wired: a device, or where a signal is read. */
interface WiredEntry {
  readonly section: 'meters' | 'stations' | 'signals'
  readonly id: string
  readonly entry: Pick<MeterEntry, 'connect' | 'bus' | 'unit' | 'mapping' | 'options' | 'meter'>
  readonly facts: Pick<MappingFacts, 'speaks' | 'port' | 'unit' | 'serial' | 'unitOfMeter'> | undefined
  /** The key that `connect` was written as. */
  readonly connectKey: 'connect' | 'mqtt'
}

export function checkAddresses(entries: SiteEntries, checks: AddressChecks): AddressReading {
  const findings: Finding[] = []
  const addresses = new Map<string, OpenAddress>()
  const connections = new Map<string, Connection>()
  const places = new Map<string, Placed[]>()
  const buses = new Map<string, Wired>()
  for (const [id, bus] of entries.buses.valid) {
    const wired = readBus(bus, ['buses', id], checks.schemes, findings)
    if (wired !== null) buses.set(id, wired)
  }

  const devices: readonly WiredEntry[] = [
    ...[...entries.meters.valid].map(([id, entry]) => deviceAt('meters', id, entry)),
    ...[...entries.stations.valid].map(([id, entry]) => deviceAt('stations', id, entry)),
    ...[...entries.signals.valid].flatMap(([id, entry]) => signalAt(id, entry)),
  ]
  for (const { section, id, entry, facts, connectKey } of devices) {
    const path = [section, id]
    const wired = readWire(entry, path, facts?.port ?? null, connectKey)
    if (wired !== null) connections.set(`${section}/${id}`, wired.connection)
    // where a repaired entry stands is not known for sure: it must not crowd out others
    if (wired === null || entries[section].repaired.has(id)) continue
    const { connection } = wired
    const misfit = fitProblem(entry, connection.scheme, facts, checks.schemes)
    if (misfit !== null) {
      findings.push(error([...path, entry.connect === undefined ? 'bus' : connectKey], misfit.problem, misfit.hint))
      continue
    }
    if (entry.unit !== undefined && connection.scheme.sharing !== 'units') {
      const what = `a device at \`${connection.scheme.name}:\` has no unit id`
      findings.push(error([...path, 'unit'], what, 'only Modbus has unit ids: delete it', 'key'))
    }
    const meter = entry.meter ?? null
    const unit = entry.unit ?? (meter === null ? null : facts?.unitOfMeter?.(meter)) ?? facts?.unit ?? null
    const settings = JSON.stringify([meter, inOrder(entry.options)])
    if (connection.overSerialPort && entry.unit !== undefined && (entry.unit < 1 || entry.unit > 247)) {
      findings.push(error([...path, 'unit'], 'is no unit id on a serial bus', 'they go from 1 to 247'))
    }
    addresses.set(`${section}/${id}`, {
      connect: connection.connect,
      serial: wired.serial,
      echo: wired.echo,
      unit: entry.unit ?? null,
    })
    const real = connection.overSerialPort ? checks.realPort(connection.place) : null
    if (real !== null && !SERIAL_PORT.test(real)) {
      const key = entry.connect === undefined ? 'bus' : connectKey
      findings.push(
        error(
          [...path, key],
          `\`${shorten(connection.place)}\` is not a serial port`,
          'serial ports are /dev/tty... or links to them',
        ),
      )
    }
    const place = real ?? connection.place
    // behind a gateway the line's settings are the gateway's business
    const effectiveSerial = wired.serial ?? (connection.overSerialPort ? facts?.serial : null) ?? null
    const neighbours = places.get(place) ?? []
    const { mapping } = entry
    const isMeter = section === 'meters'
    const isSignal = section === 'signals'
    const placed: Placed = { ...wired, path, unit, effectiveSerial, mapping, settings, isMeter, isSignal }
    const conflict = neighbours.map((other) => explainConflict(placed, other)).find((found) => found !== null)
    if (conflict !== undefined) findings.push(conflict)
    neighbours.push(placed)
    places.set(place, neighbours)
  }
  return { addresses, connections, findings }

  function deviceAt(section: 'meters' | 'stations', id: string, entry: MeterEntry | StationEntry): WiredEntry {
    return { section, id, entry, facts: checks.mappings.get(entry.mapping), connectKey: 'connect' }
  }

  function readWire(
    entry: { readonly connect?: string | undefined; readonly bus?: string | undefined },
    path: ConfigPath,
    usualPort: number | null,
    connectKey: 'connect' | 'mqtt',
  ): Wired | null {
    if (entry.connect !== undefined && entry.bus !== undefined) {
      findings.push(error([...path, 'bus'], '`connect` and `bus` are both given', 'delete one of them', 'key'))
      return null
    }
    if (entry.connect !== undefined) {
      const connection = parseConnection(entry.connect, checks.schemes, usualPort)
      if ('problem' in connection) {
        findings.push(error([...path, connectKey], connection.problem, connection.hint))
        return null
      }
      return { connection, serial: connection.serial, echo: false }
    }
    if (entry.bus !== undefined) {
      if (!entries.buses.ids.has(entry.bus)) {
        const hint = nearestHint(entry.bus, entries.buses.ids)
        findings.push(error([...path, 'bus'], `there is no bus \`${entry.bus.slice(0, 60)}\``, hint))
      }
      return buses.get(entry.bus) ?? null
    }
    findings.push(
      error(
        path,
        '`connect` is missing',
        'write where the device is: `connect: "tcp://HOST:502"`, or `bus` and `unit`',
        'key',
      ),
    )
    return null
  }
}

function readBus(
  bus: BusEntry,
  path: ConfigPath,
  schemes: readonly AddressScheme[] | null,
  findings: Finding[],
): Wired | null {
  const connection = parseConnection(bus.connect, schemes)
  if ('problem' in connection) {
    findings.push(error([...path, 'connect'], connection.problem, connection.hint))
    return null
  }
  if (connection.scheme.sharing !== 'units') {
    const what = `\`${connection.scheme.name}:\` is no bus: only Modbus has units that share a wire`
    findings.push(error([...path, 'connect'], what, 'write it as `connect` of each device'))
    return null
  }
  if (bus.baud === undefined && bus.format === undefined)
    return { connection, serial: connection.serial, echo: bus.echo }
  if (connection.scheme.format === null) {
    const key = bus.baud === undefined ? 'format' : 'baud'
    findings.push(
      error(
        [...path, key],
        'Modbus TCP has no serial settings',
        'delete it, or write `rtu+tcp://` for a gateway that passes frames on',
        'key',
      ),
    )
    return null
  }
  if (bus.baud === undefined || bus.format === undefined) {
    const [has, lacks, example] =
      bus.baud === undefined ? ['format', 'baud', 'baud: 9600'] : ['baud', 'format', 'format: 8N1']
    findings.push(
      error([...path, has], `\`${lacks}\` is missing`, `the two go together: add for example \`${example}\``, 'key'),
    )
    return null
  }
  const serial = { baud: bus.baud, format: bus.format.toUpperCase() }
  if (connection.serial !== null && !sameSettings(connection.serial, serial)) {
    findings.push(error([...path, 'baud'], 'the connection names other settings', 'write them in one place', 'key'))
    return null
  }
  return { connection, serial, echo: bus.echo }
}

/** A mapping that speaks something else than what is found at such an address. */
function fitProblem(
  entry: { readonly mapping: string; readonly connect?: string | undefined },
  scheme: AddressScheme,
  facts: WiredEntry['facts'],
  schemes: readonly AddressScheme[] | null,
): ConnectionProblem | null {
  if (facts?.speaks === undefined || schemes === null || scheme.speaks === facts.speaks) return null
  const fitting = schemes.filter(({ speaks }) => speaks === facts.speaks)
  const where = entry.connect === undefined ? 'in place of `bus` write `connect` with ' : 'write '
  return {
    problem:
      entry.mapping === ''
        ? `is ${wayWord(scheme.speaks)}, not ${wayWord(facts.speaks)}`
        : `is ${wayWord(scheme.speaks)}, but \`${shorten(entry.mapping)}\` speaks ${wayWord(facts.speaks)}`,
    hint: where + fitting.map(({ example }) => `\`${example}\``).join(' or '),
  }
}

/** A contact is read over Modbus, a topic over MQTT; what the API says is wired nowhere. */
function signalAt(id: string, entry: SignalEntry): readonly WiredEntry[] {
  const none = { section: 'signals', id, mapping: '', options: {} } as const
  const { connect, bus, unit, mqtt } = entry
  if (mqtt !== undefined) {
    const facts = { speaks: 'mqtt', port: null, unit: null, serial: null }
    return [{ ...none, entry: { ...none, connect: mqtt }, facts, connectKey: 'mqtt' }]
  }
  if (connect === undefined && bus === undefined) return []
  const facts = { speaks: 'modbus', port: null, unit: 1, serial: null }
  return [{ ...none, entry: { ...none, connect, bus, unit }, facts, connectKey: 'connect' }]
}

const WAY_WORDS: Readonly<Record<string, string>> = {
  modbus: 'Modbus',
  http: 'HTTP',
  mqtt: 'MQTT',
  udp: 'UDP',
  dsmr: 'DSMR telegrams',
  sml: 'SML telegrams',
  iec62056: 'IEC 62056-21 telegrams',
  speedwire: 'Speedwire telegrams',
}

function wayWord(speaks: string): string {
  return WAY_WORDS[speaks] ?? speaks
}

function inOrder(options: Readonly<Record<string, number | string>>): readonly (readonly [string, number | string])[] {
  return Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function explainConflict(device: Placed, other: Placed): Finding | null {
  const name = other.path.join('.')
  const { scheme } = device.connection
  if (scheme.name !== other.connection.scheme.name) {
    return error(
      device.path,
      `talks \`${scheme.name}\` where ${name} talks \`${other.connection.scheme.name}\``,
      scheme.speaks === 'modbus' ? 'one line carries one kind of frames' : 'one place has one way to talk',
      'key',
    )
  }
  const mine = device.effectiveSerial
  const theirs = other.effectiveSerial
  if ((mine !== null && theirs !== null && !sameSettings(mine, theirs)) || device.echo !== other.echo) {
    return error(
      device.path,
      `needs other serial settings${mine === null ? '' : ` (${mine.baud} ${mine.format})`} than ${name}${theirs === null ? '' : ` (${theirs.baud} ${theirs.format})`} on the same port`,
      'set all devices of a bus alike, and name `baud` and `format` in `buses`',
      'key',
    )
  }
  switch (scheme.sharing) {
    case 'units':
      return unitConflict(device, other, name)
    case 'many':
      if (device.isSignal || other.isSignal) return null
      if (device.mapping !== other.mapping || device.settings !== other.settings) return null
      return error(
        device.path,
        `is the same device as ${name}: place, mapping and options are equal`,
        'delete one of them, or write where the other device is',
        'key',
      )
    case 'one':
      return streamConflict(device, other, name)
  }
}

function unitConflict(device: Placed, other: Placed, name: string): Finding | null {
  if (device.isSignal || other.isSignal) return null
  const isOtherPart = arePartsOfOne(device, other)
  if (device.unit !== null && device.unit === other.unit && !isOtherPart) {
    return error(
      device.path,
      `has the unit id ${device.unit} of ${name} on the same connection`,
      'every device on a bus has its own `unit`',
      'key',
    )
  }
  if (device.unit === null && other.unit === null && !isOtherPart) {
    return error(
      device.path,
      `shares its connection with ${name}, and neither has a \`unit\``,
      'give each its `unit`',
      'key',
    )
  }
  return null
}

/** One stream of telegrams has one listener; what it says may be several meters of one mapping. */
function streamConflict(device: Placed, other: Placed, name: string): Finding | null {
  if (!arePartsOfOne(device, other)) {
    const hint = 'several meters in one telegram are told apart by `meter` or `options`, with the same mapping'
    return error(device.path, `hears the telegrams of ${name}: one meter feeds one entry`, hint, 'key')
  }
  if (device.connection.connect === other.connection.connect) return null
  return error(device.path, `hears the telegrams of ${name} with other settings`, 'write the same `connect`', 'key')
}

function arePartsOfOne(device: Placed, other: Placed): boolean {
  return device.isMeter && other.isMeter && device.mapping === other.mapping && device.settings !== other.settings
}

function sameSettings(a: SerialSettings, b: SerialSettings): boolean {
  return a.baud === b.baud && a.format === b.format
}
