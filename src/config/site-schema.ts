/**
 * The site file as people write it. One source: the loader checks with it, editors complete with its JSON Schema, and
 * docs/configuration.md is printed from the descriptions.
 */
import { z } from 'zod'
import { ROTATIONS } from '../model/phase.ts'
import { FORMAT, MAX_BAUD, MIN_BAUD } from './connection.ts'
import { balancingSection } from './entries/balancing-entry.ts'
import { controllerSection } from './entries/controller-entry.ts'
import { demandTargetSection } from './entries/demand-target-entry.ts'
import { address, password, type SecretSource } from './entries/device-address.ts'
import { signalSection } from './entries/signal-entry.ts'
import { startValues } from './entries/start-values.ts'
import { tariffSection } from './entries/tariff-entry.ts'
import {
  amps,
  flag,
  integer,
  kilowatts,
  list,
  missing,
  oneOf,
  reference,
  say,
  seconds,
  section,
  text,
} from './fields.ts'
import { API_ACTIONS } from './site-config.ts'

/** Largest circuit breaker there is, generously; 1e9 A is a slip. */
const MAX_CIRCUIT_AMPS = 10_000
/** IEC 61851-1: no charging current below 6 A; the largest connectors carry 500 A. */
const MIN_AMPS = 6
const MAX_STATION_AMPS = 500

const circuitAmps = () => amps(MIN_AMPS, MAX_CIRCUIT_AMPS)

const mapping = text(255, 'the name of a mapping or the path of a file').describe(
  'What the registers mean: a name from docs/devices.md, or the path of a mapping file, from the folder of the site file.',
)
const phases = oneOf(ROTATIONS)
const optionValue = z.union([z.number(), z.string().max(200)], {
  error: (issue) => missing(issue.input, 'write a number, or a text in quotes'),
})
const options = z
  .record(z.string(), optionValue, { error: (issue) => missing(issue.input, 'write `{NAME: value}`') })
  .default({})
  .describe(
    'What the mapping leaves to the installer, such as `{ct_ratio: 40}`; its page in docs/devices.md names them.',
  )

export const siteSection = section({
  name: text(64, 'the name of the site').default('Site').describe('Shown on the page and in logs.'),
  timezone: text(64, 'a time zone')
    .refine(isTimezone, { error: say('is not a time zone', 'write an IANA name such as `Europe/Zurich`') })
    .default('UTC')
    .describe('IANA name such as `Europe/Zurich`: local days and hours of recurring charging schedules.'),
})

/** YAML takes the everyday `8E1` for the number 80. */
const FORMATS_READ_AS_NUMBERS: ReadonlyMap<unknown, string> = new Map([
  [80, '8E1'],
  [800, '8E2'],
  [70, '7E1'],
  [700, '7E2'],
])
const serialFormat = z
  .union([z.string(), z.number()], { error: (issue) => missing(issue.input, 'write for example `8N1`') })
  .transform((value) => FORMATS_READ_AS_NUMBERS.get(value) ?? String(value).toUpperCase())
  .refine((value) => FORMAT.test(value), {
    error: say('is not a serial format', 'write for example `8N1`, `8E1`, `8N2`'),
  })

export const busSection = section({
  connect: reference('the connection').describe('`rtu:/dev/ttyUSB0`, `ascii:/dev/ttyUSB0`, `rtu+tcp://HOST:PORT`, ...'),
  baud: integer(MIN_BAUD, MAX_BAUD, 'the baud rate')
    .optional()
    .describe('Baud rate of a serial bus; wins over the mappings. Without it: what the mappings of its devices say.'),
  format: serialFormat.optional().describe('Data bits, parity, stop bits, such as `8N1`. Goes with `baud`.'),
  echo: flag().default(false).describe('True where a 2-wire adapter hears what it sends: the echo is removed.'),
})

const perPhase = section({ L1: circuitAmps(), L2: circuitAmps(), L3: circuitAmps() })

export const circuitSection = section({
  parent: reference('a circuit')
    .optional()
    .describe('The circuit that feeds this one. Only the circuit of the supply has none.'),
  limit: z
    .union([circuitAmps(), perPhase], {
      error: (issue) =>
        missing(issue.input, 'write the fuse per phase, for example `63 A` or `{L1: 63 A, L2: 63 A, L3: 50 A}`'),
    })
    .describe('Fuse or cable limit per phase: `63 A`, or one value for each of `L1`, `L2`, `L3`. 6 A to 10000 A.'),
  meter: reference('a meter').optional().describe('The meter that sees everything on this circuit: cars and building.'),
  'fail-safe': amps(0, MAX_CIRCUIT_AMPS)
    .optional()
    .describe(
      'What the cars below may take together, per phase, while the meter is silent: the building’s load is unknown then. Required with `meter`, at most `limit`.',
    ),
  power: kilowatts(1.4, 100_000)
    .optional()
    .describe('What the cars below may take together, such as `45 kW`, whatever the fuse allows.'),
  unbalance: amps(MIN_AMPS, MAX_CIRCUIT_AMPS)
    .optional()
    .describe(
      'Highest difference between the phases that the cars below may make: 20 A in Germany, 16 A in Austria and Switzerland, for example.',
    ),
})

export const meterSection = section({
  mapping,
  ...address,
  meter: text(32, 'the name of a meter')
    .optional()
    .describe('Which meter, where a mapping describes a device with several.'),
  options,
  phases: phases
    .default('L1L2L3')
    .describe('Site phases on the meter’s terminals L1 L2 L3; one phase for a one-phase meter.'),
  reverse: flag().default(false).describe('True where the wiring mirrors import and export.'),
})

const charger = {
  mapping,
  ...address,
  options,
  circuit: reference('a circuit').describe('The circuit that feeds the charger.'),
  phases: phases
    .default('L1L2L3')
    .describe('Site phases on the charger’s terminals L1 L2 L3; one phase (`L2`) for a one-phase charger.'),
  connectors: integer(1, 16, 'the number of connectors')
    .optional()
    .describe('Outlets of a charger that comes with one or several. Without it: as many as the mapping says, else 1.'),
  max: amps(MIN_AMPS, MAX_STATION_AMPS)
    .optional()
    .describe('Limit of the cable or installation. Without it: the charger’s own maximum.'),
  'fail-safe': section({
    current: amps(MIN_AMPS, MAX_STATION_AMPS, true)
      .prefault('6 A')
      .describe('What the charger falls back to; 0 A is a pause.'),
    after: seconds(1, 3600).prefault('30 s').describe('After how long a silence.'),
  })
    .prefault({})
    .describe('What the charger is told to do by itself when the bridge is silent, where the charger can.'),
  priority: integer(1, 9, 'the priority')
    .default(1)
    .describe('Of its sessions, for `strategy: priority`: 9 goes before 1, which is as everybody.'),
  'soft-minimum': amps(MIN_AMPS, MAX_STATION_AMPS)
    .optional()
    .describe(
      'Rather than less than this fewer cars charge, in turns: chargers in cars lose much at small currents. Without it: by the phases of the car.',
    ),
}

const authorize = oneOf(['free', 'card', 'remote'])

/** What a CSMS sees: of one charger, or of several that are one station. */
const conversation = {
  token: text(20, 'the id')
    .default('FREE')
    .describe('The id that sessions of `authorize: free` carry; at most 20 characters. The CSMS must accept it.'),
  upstream: z
    .union([reference('an upstream'), z.array(reference('an upstream')).max(8)], {
      error: (issue) => missing(issue.input, 'name an upstream, or a list of them'),
    })
    .optional()
    .describe(
      'The CSMS of the station, or a list: the first decides, the others follow. Without it the station runs on its own.',
    ),
  vendor: text(20, 'the vendor')
    .optional()
    .describe('Shown to the CSMS instead of what the device tells; at most 20 characters.'),
  model: text(20, 'the model').optional().describe('As `vendor`.'),
  serial: text(25, 'the serial number').optional().describe('As `vendor`; at most 25 characters, in quotes.'),
  firmware: text(50, 'the firmware version').optional().describe('As `vendor`; at most 50 characters, in quotes.'),
  'meter-type': text(25, 'the type of the meter')
    .optional()
    .describe('Energy meter inside the charger, as shown to the CSMS; at most 25 characters.'),
  'meter-serial': text(25, 'the serial number of the meter')
    .optional()
    .describe('Serial number of that meter; at most 25 characters, in quotes.'),
  'start-values': startValues.describe(
    'First values of OCPP configuration keys, such as `{MeterValueSampleInterval: 60}`. What the CSMS changes later wins.',
  ),
}
/** Keys that a member leaves to its station. */
export const CONVERSATION_KEYS: readonly string[] = ['authorize', ...Object.keys(conversation)]

export const stationSection = section({
  ...charger,
  authorize: authorize
    .optional()
    .describe(
      'Who starts a session: `free` anyone who plugs in, `card` the charger’s own reader, `remote` only the CSMS or the API. Required, except for a member of another station.',
    ),
  ...conversation,
})

/** More connectors than this are no station that a CSMS shows well. */
export const MAX_CONNECTORS = 100

export const groupSection = section({
  members: list(reference('a station'), MAX_CONNECTORS, 'list stations: `[CP-001, CP-002]`').describe(
    'Stations of this file that are the connectors 1, 2, ... of this one, in this order; one with two outlets takes two numbers.',
  ),
  authorize: authorize.describe('As at a charger, for all connectors.'),
  ...conversation,
})

const pemFile = (what: string) => text(255, `the path of ${what}`).optional()

export const upstreamSection = section({
  url: text(500, 'the address of the CSMS').describe(
    'Address of the CSMS, `wss://csms.example.com/ocpp`, without the id of the station: it is appended.',
  ),
  // without quotes YAML reads a number
  ocpp: z
    .union([z.string(), z.number()], { error: (issue) => missing(issue.input, 'write `"1.6"`') })
    .transform(String)
    .default('1.6')
    .describe('OCPP version.'),
  'security-profile': integer(0, 3, 'the security profile')
    .optional()
    .describe(
      '0 nothing, 1 password, 2 TLS and password, 3 TLS and client certificate. Without it: 3 with `certificate`; with a password 2 on `wss:` and 1 on `ws:`; 0 on `ws:` without a password.',
    ),
  insecure: flag()
    .default(false)
    .describe(
      'True allows `ws:` (profiles 0 and 1) over a network: everything, the password included, can be read on the way.',
    ),
  'secure-url': text(500, 'the address of the CSMS')
    .optional()
    .describe(
      'Where a station goes when the CSMS raises its security profile to 2 or 3 and `url` begins with `ws:`. Without it: the same address with `wss:`.',
    ),
  password: password
    .optional()
    .describe(
      '`{secret: NAME}` or `{file: PATH}`; never the password itself. 16 to 40 bytes, sent as they are; 32 to 40 hex digits that the CSMS refuses are tried as the 16 to 20 bytes which they stand for. What the CSMS changes with `AuthorizationKey` wins until this value is edited; its hex digits are tried as bytes first.',
    ),
  ca: pemFile('a certificate').describe(
    'PEM file with the certificate authority of the CSMS. Without it: the well-known ones.',
  ),
  certificate: pemFile('a certificate').describe('PEM file with the client certificate (security profile 3).'),
  key: pemFile('a key').describe('PEM file with the private key of `certificate`.'),
  'key-type': oneOf(['ec', 'rsa'])
    .default('ec')
    .describe(
      'Kind of the keys that a station makes when the CSMS gives it a certificate: `ec` (P-256) or `rsa` (2048 bits).',
    ),
  'additional-root-check': flag()
    .default(false)
    .describe(
      'True: a root certificate that the CSMS installs must be signed by the one it replaces (OCPP `AdditionalRootCertificateCheck`).',
    ),
})

export const webSection = section({
  listen: text(260, 'the address to listen on')
    .default('127.0.0.1:8080')
    .describe('`HOST:PORT` of the page and the API.'),
})

export const firmwareSection = section({
  hook: text(255, 'the path of a program').describe(
    'Program that installs a firmware file after the bridge has fetched and verified it: absolute path, executable, owned by root or the service, writable by nobody else. Without it the CSMS is told that firmware cannot be updated.',
  ),
})

export const transfersSection = section({
  allow: list(text(50, 'a network'), 50, 'list networks: `[192.168.7.0/24]`')
    .default([])
    .describe(
      'Private networks that a CSMS may send files to or have them fetched from, such as `[192.168.7.0/24]`. The address of the CSMS itself and public addresses need no entry.',
    ),
  ca: pemFile('a certificate').describe(
    'PEM file with the certificate authority of file servers. Without it: the well-known ones.',
  ),
})

export const apiKeySection = section({
  secret: text(64, 'the name of a secret')
    .optional()
    .describe(
      'Name of a systemd credential, or of a file in the folder `secrets`, that holds the key: 16 to 128 letters, digits and `- _ . ~ + / =`.',
    ),
  file: text(255, 'the path of a file').optional().describe('Path of the file with the key, instead of `secret`.'),
  allow: list(oneOf(API_ACTIONS), API_ACTIONS.length, 'list what it may: `[token, stop]`').describe(
    '`token` presents an id as a card reader does, `stop` ends a session, `unlock` opens a socket, `wishes` says what a driver wants; for the whole site `limit` sets the limits of `signals` and `parameters` those of the controller.',
  ),
  stations: list(reference('a station'), 2000, 'list stations: `[CP-001]`')
    .optional()
    .describe('Where it may. Without it: at every station.'),
})

export const apiSection = section({
  keys: z
    .record(z.string(), z.unknown(), { error: (issue) => missing(issue.input, 'write `NAME: {...}` below it') })
    .describe('Who may do something over the API, by name.'),
})

export const planFlag = flag().describe('True: a plan over the next hours (linear programme) guides which cars wait.')

const named = <Entry extends z.ZodType>(entry: Entry) => z.record(z.string(), entry)

/** The whole file, for editors and docs. The loader checks section by section, so that one wrong entry hides no other. */
const siteFileSchema = section({
  site: siteSection.prefault({}).describe('The site as a whole.'),
  buses: named(busSection).optional().describe('Wires that several devices share, by name.'),
  circuits: named(circuitSection).describe('The site’s wiring as a tree of fuses, by name.'),
  meters: named(meterSection).optional().describe('Meters, by name.'),
  stations: named(z.union([stationSection, groupSection])).describe(
    'Chargers, by the id under which the CSMS knows them: at most 48 letters, digits and `- _ . * = + | @`. Several can be one station with `members`.',
  ),
  upstreams: named(upstreamSection).optional().describe('CSMSs, by name.'),
  balancing: balancingSection.optional().describe('How current is shared when there is not enough for all.'),
  tariff: tariffSection
    .optional()
    .describe('What a kWh costs when, in local time: cars that can wait charge in the cheap hours.'),
  'demand-target': demandTargetSection.optional().describe('Cars that can wait do so rather than raise the peak.'),
  plan: planFlag.optional(),
  controller: controllerSection
    .optional()
    .describe('The site’s own station at the CSMS: its configuration keys are the parameters of the site.'),
  signals: named(signalSection)
    .optional()
    .describe(
      'Limits of the grid operator, the energy manager and the operator, by name. With `connect` or `bus` a signal is a contact, with `mqtt` a topic; with neither it is what a key of the API with `allow: [limit]` may set.',
    ),
  web: webSection.optional().describe('The page and the API. Without this section there is none.'),
  api: section({ keys: named(apiKeySection).describe('Keys, by name.') })
    .optional()
    .describe('Keys of kiosks, apps and booking systems. Without it the API only shows. docs/api.md has the calls.'),
  firmware: firmwareSection.optional().describe('What a CSMS may do with firmware.'),
  transfers: transfersSection.optional().describe('Files that a CSMS has sent or fetched.'),
})

export type { SecretSource }
export type SiteEntry = z.output<typeof siteSection>
export type BusEntry = z.output<typeof busSection>
export type CircuitEntry = z.output<typeof circuitSection>
export type MeterEntry = z.output<typeof meterSection>
export type StationEntry = z.output<typeof stationSection>
export type GroupEntry = z.output<typeof groupSection>
export type ApiKeyEntry = z.output<typeof apiKeySection>
export type FirmwareEntry = z.output<typeof firmwareSection>
export type TransfersEntry = z.output<typeof transfersSection>
export type UpstreamEntry = z.output<typeof upstreamSection>
export type WebEntry = z.output<typeof webSection>
export type BalancingEntry = z.output<typeof balancingSection>
export type TariffEntry = z.output<typeof tariffSection>
export type DemandTargetEntry = z.output<typeof demandTargetSection>
export type ControllerEntry = z.output<typeof controllerSection>
export type SignalEntry = z.output<typeof signalSection>

/** JSON Schema for editors (draft 2020-12), of the file as written. */
export function siteJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(siteFileSchema, { io: 'input', unrepresentable: 'any' }), title: 'ampbridge site file' }
}

function isTimezone(name: string): boolean {
  try {
    // an offset such as +01:00 is accepted by Intl too, but knows no summer time
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
