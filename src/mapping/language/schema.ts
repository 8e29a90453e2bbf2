/** The shape of a mapping file: one source for the loader's messages and for the JSON Schema that editors use. Meaning is checked in `compile*.ts`. */
import { z } from 'zod'
import { optionName, optionValue, poll, range, register, typing } from './schema-words.ts'
import { checks, errorPoint, readPoint, state } from './schema-read.ts'
import { write } from './schema-write.ts'
import { example } from './schema-example.ts'
import { http, modbus, mqtt, telegram, udp } from './schema-transport.ts'

const registers = z
  .array(
    z.union([
      register,
      z.string().regex(/^\d{1,5} ?\.\. ?\d{1,5}$/u, 'registers are written first..last, e.g. 100..120'),
    ]),
  )
  .min(1)
  .max(200)
const option = z.strictObject({
  text: z.string().min(1).max(300).describe('What the installer reads'),
  type: z.enum(['number', 'text']).optional().describe('Texts are only for {name} in topics, paths and bodies'),
  default: optionValue.optional().describe('Without it the installer must set the option'),
  range: range.optional(),
  choices: z.array(optionValue).min(1).max(64).optional(),
})
/** What stands beside `name` and `when` is checked when it is merged over the file. */
const variant = z.looseObject({
  name: z.string().min(1).max(80).optional().describe('As examples and messages name it'),
  when: z.string().max(300).describe('firmware < 1.2.1, a comparison of points, or otherwise'),
})
const text = z.string().min(1).max(1000)
export const mappingSchema = z.strictObject({
  device: z.string().min(1).max(80).describe('Name shown to the installer'),
  vendor: z.string().min(1).max(20).optional().describe('As the CSMS sees it; else the first word of `device`'),
  model: z.string().min(1).max(20).optional().describe('As the CSMS sees it; else the rest of `device`'),
  also: z.array(z.string().min(1).max(80)).max(40).optional().describe('Same registers, other badge'),
  kind: z.enum(['charger', 'meter']),
  source: z
    .union([text, z.array(text).max(20)])
    .optional()
    .describe('Where the facts come from, with page or file'),
  note: z.union([text, z.array(text).max(40)]).optional(),
  status: z
    .enum(['from manual', 'from public drivers'])
    .optional()
    .describe("Where most of the facts come from: the maker's manual, or software that reads the device"),
  tried: z.int().min(0).max(9999).optional().describe('Users who tried it on the real device'),
  modbus: modbus.optional(),
  http: http.optional(),
  mqtt: mqtt.optional(),
  udp: udp.optional(),
  telegram: telegram.optional(),
  from: z.string().max(100).optional().describe('Only what differs from this mapping stands here; null removes a key'),
  options: z.record(optionName, option).optional().describe('What the installer sets in the site file'),
  variants: z
    .array(variant)
    .min(1)
    .max(12)
    .optional()
    .describe('The first that fits is merged over the file at connect'),
  meters: z
    .record(optionName, z.looseObject({}))
    .optional()
    .describe('Several meters in one device; each is merged over the file'),
  never: z
    .union([registers, z.strictObject({ holding: registers.optional(), coil: registers.optional() })])
    .optional()
    .describe('Registers that must not be written, e.g. [4008, 100..120]'),
  connectors: z
    .strictObject({
      count: z.union([z.int().min(1).max(64), readPoint]),
      step: z.int().min(0).max(32_768).optional().describe('Registers from one connector to the next'),
      unit_step: z.int().min(0).max(64).optional().describe('Unit ids from one connector to the next'),
    })
    .optional(),
  defaults: z.strictObject({ ...typing, poll: poll.optional() }).optional(),
  identity: z
    .strictObject({ serial: readPoint.optional(), firmware: readPoint.optional() })
    .optional()
    .describe('Read once per connect'),
  detect: checks.optional().describe('Recognises the model; nothing is written until it fits'),
  require: checks.optional().describe('A setting of the device that must be right'),
  points: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/u, 'lower-case letters, digits and _'), readPoint)
    .optional(),
  state: state.optional(),
  read: z
    .strictObject({
      enabled: readPoint.optional(),
      current: readPoint.optional(),
      voltage: readPoint.optional(),
      power: readPoint.optional(),
      powers: readPoint.optional(),
      energy: readPoint.optional(),
      export: readPoint.optional(),
      session: readPoint.optional(),
      frequency: readPoint.optional(),
      tag: readPoint.optional(),
      error: errorPoint.optional(),
      soc: readPoint.optional(),
      evid: readPoint.optional(),
      temperature: readPoint.optional(),
      limit: readPoint.optional(),
      phases: readPoint.optional(),
    })
    .optional(),
  write: write.optional(),
  examples: z.array(example).max(400).optional(),
})

export type RawMapping = z.infer<typeof mappingSchema>
export type RawOption = z.infer<typeof option>
