/** `signals`: where limits of the grid operator, the energy manager and the operator come from. */
import { LIMIT_SOURCES } from '../../model/site-limit.ts'
import { amps, flag, integer, kilowatts, oneOf, reference, seconds, section, text } from '../fields.ts'
import { login } from './device-address.ts'

/** Keys that only a contact has. */
export const CONTACT_KEYS = [
  'connect',
  'bus',
  'unit',
  'table',
  'at',
  'bit',
  'inverted',
  'power',
  'current',
  'section-14a',
] as const

export const SIGNAL_TABLES = ['discrete', 'coil', 'input', 'holding'] as const

export const signalSection = section({
  source: oneOf(LIMIT_SOURCES).describe(
    'Who speaks: `dso` the grid operator, `ems` an energy manager, `operator` of the site. Of one source the highest `priority` holds; between sources the lowest limit binds.',
  ),
  circuit: reference('a circuit').describe('The circuit that is limited.'),
  priority: integer(1, 9, 'the priority').default(1).describe('Among signals of one source: 9 goes before 1.'),
  connect: reference('the connection')
    .optional()
    .describe('A contact that a Modbus device reads: where the device is, as at a charger. Or `bus`, or `mqtt`.'),
  bus: reference('a bus of this file').optional().describe('Name of a bus in `buses`, for a contact.'),
  unit: integer(0, 255, 'the Modbus unit id').optional().describe('Modbus unit id of that device. Without it: 1.'),
  table: oneOf(SIGNAL_TABLES)
    .optional()
    .describe(
      'Where the contact is read: `discrete` inputs, `coil`, `input` or `holding` registers. Without it: `discrete`.',
    ),
  at: integer(0, 65_535, 'the address')
    .optional()
    .describe('Its address as on the wire, from 0. Required at a contact.'),
  bit: integer(0, 15, 'the bit')
    .optional()
    .describe('Of an `input` or `holding` register. Without it: active while the register is not 0.'),
  inverted: flag().optional().describe('True for a break contact: active while the input is off.'),
  power: kilowatts(0, 100_000)
    .optional()
    .describe(
      'What a contact allows the cars together. One of `power`, `current`, `section-14a` is required at a contact.',
    ),
  current: amps(0, 10_000).optional().describe('What a contact allows per phase, for the building and the cars.'),
  'section-14a': flag()
    .optional()
    .describe('True: what section 14a EnWG leaves to the chargers of the circuit, by its formula (at least 4.2 kW).'),
  mqtt: reference('the broker')
    .optional()
    .describe('A message over MQTT: the broker, `mqtt://HOST` or `mqtts://HOST`.'),
  topic: text(200, 'the topic')
    .optional()
    .describe('Topic of the messages. Goes with `mqtt`. docs/api.md has their form.'),
  login: login.optional().describe('Who we are at the broker.'),
  expires: seconds(1, 7 * 86_400)
    .optional()
    .describe('How long a message or a call of the API holds that names no end. Without it: until it is taken back.'),
}).describe(
  'With `connect` or `bus` a contact, with `mqtt` a topic; with neither it is what a key of the API with `allow: [limit]` may set.',
)
