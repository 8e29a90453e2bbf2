/** `stations`: chargers, and stations that are made of several. */
import { z } from 'zod'
import { amps, integer, list, missing, oneOf, reference, seconds, section, text } from '../fields.ts'
import { MAX_STATION_AMPS, MIN_AMPS } from './current-limits.ts'
import { address } from './device-address.ts'
import { mapping, options, phases } from './mapped-device.ts'
import { startValues } from './start-values.ts'

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
