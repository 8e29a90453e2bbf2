/** The shape of the blocks that say how a device is connected: `modbus`, `http`, `mqtt`, `udp`, `telegram`. Exactly one stands in a file. */
import { z } from 'zod'
import { FORMATS } from '../values/document-format.ts'

export const duration = z.string().max(20).describe('A time with its unit: 100ms, 20s, 5 min')

const timing = {
  pause: duration.optional().describe('Silence before each request'),
  timeout: duration.optional(),
  retry: z.int().min(0).max(5).optional(),
  connect_delay: duration.optional(),
  min_gap: duration.optional().describe('Shortest time between two writes of any kind'),
  settle: duration
    .optional()
    .describe('Time from a set-point write to its effect; 5s (IEC 61851-1) when nothing is said'),
}
const port = z.int().min(1).max(65_535)
const serial = z.string().max(20)

export const modbus = z.strictObject({
  tcp: port.optional().describe('Usual TCP port'),
  rtu: serial.optional().describe('Usual serial settings, e.g. 9600 8N1'),
  ascii: serial.optional(),
  unit: z.int().min(0).max(255).optional().describe('Usual unit id'),
  max_read: z.int().min(1, 'at least 1').max(125, 'Modbus carries at most 125 registers in one request').optional(),
  sunspec: z
    .array(z.int().min(0).max(65_000))
    .min(1)
    .max(8)
    .optional()
    .describe('Registers where the SunSpec marker may stand, e.g. [40000, 50000, 0]; then `at: 203.W` names a point'),
  gaps: z
    .union([z.boolean(), z.literal('no'), z.int().min(0).max(64)])
    .optional()
    .describe('no: never read over registers that are not asked for'),
  clients: z.int().min(1).max(64).optional().describe('Connections that the device accepts'),
  ...timing,
})

const documentName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/u, 'lower-case letters, digits and _')
const text = z.string().min(1).max(2000)
const headers = z.record(z.string().max(60), z.string().max(200))
const document = {
  every: duration.optional().describe('Asked for at most so often; each time when left out'),
  format: z
    .enum(FORMATS)
    .optional()
    .describe('json (default), pairs of key and value, or text: the whole answer is the value'),
}

export const http = z.strictObject({
  port: port.optional(),
  tls: z.boolean().optional().describe('true: https'),
  login: z
    .enum(['basic', 'digest'])
    .optional()
    .describe('The only kind of login that is used; user and password stand under `login` in the site file'),
  headers: headers.optional().describe('Sent with every request; {name} is an option of type text'),
  documents: z
    .record(
      documentName,
      z.strictObject({
        get: text.optional(),
        post: text.optional(),
        put: text.optional(),
        body: text.optional(),
        ...document,
      }),
    )
    .optional()
    .describe('What the device is asked for; a path in `read` begins with the name of a document'),
  ...timing,
})

export const mqtt = z.strictObject({
  port: port.optional(),
  base: z.string().max(200).optional().describe('Before every topic; {name} is an option of type text'),
  max_age: duration.optional().describe('Older topics are not available; 60s when nothing is said'),
  alive: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The topic that always comes: while it is younger than max_age, the others may be older'),
  ...timing,
})

export const udp = z.strictObject({
  port: port.optional(),
  documents: z
    .record(
      documentName,
      z.strictObject({
        send: text,
        match: z.string().max(80).optional().describe('What the answer contains'),
        ...document,
      }),
    )
    .optional(),
  ...timing,
})

export const telegram = z.strictObject({
  format: z.enum(['dsmr', 'sml', 'iec62056', 'speedwire']),
  serial: serial.optional().describe('Usual serial settings, e.g. 115200 8N1'),
  port: port.optional(),
  max_age: duration.optional().describe('An older telegram is not available; 60s when nothing is said'),
  ...timing,
})
