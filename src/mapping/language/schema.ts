/** The shape of a mapping file: one source for the loader's messages and for the JSON Schema that editors use. Meaning is checked in `compile*.ts`. */
import { z } from 'zod'
import { SIGNALS } from '../../model/signal.ts'
import { ORDERS } from '../values/number-codec.ts'
import { duration, http, modbus, mqtt, telegram, udp } from './schema-transport.ts'

const register = z
  .int()
  .min(0, 'registers are counted from 0')
  .max(65_535, 'register addresses end at 65535')
  .describe('Register as on the wire, counted from 0 (data sheets often count from 1 or from 40001)')
const registerExpression = z
  .string()
  .max(80)
  .describe('Register worked out from the connector number, e.g. "100 + 12 * ({n} - 1)"')
const at = z
  .union([
    register,
    registerExpression,
    z
      .array(z.union([register, registerExpression]))
      .min(2)
      .max(3),
  ])
  .describe('One register, or one per phase: [L1, L2, L3]')
const onePath = z.string().min(1).max(200)
const pathOrPaths = z.union([onePath, z.array(onePath).min(2).max(3)])
/** Where a value stands in what a device says in texts. */
const documentPlace = {
  path: pathOrPaths.optional().describe('Document and place in it: status.nrg[4]; one per phase: [a, b, c]'),
  topic: pathOrPaths.optional().describe('MQTT topic, below `mqtt.base`; one that begins with / is whole'),
  obis: pathOrPaths.optional().describe('OBIS code in the telegram, e.g. 1-0:1.8.0'),
}
const table = z
  .enum(['holding', 'input', 'coil', 'discrete'])
  .describe('holding: FC 3, input: FC 4, coil: FC 1, discrete: FC 2')
const writeTable = z.enum(['holding', 'coil'])
const type = z
  .enum(['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'bcd', 'text', 'utf16'])
  .describe('How the words are read: unsigned, signed, float, decimal digits or text')
const order = z.enum(ORDERS).describe('Byte order; ABCD (the Modbus norm) when nothing is said, CDAB = low word first')
const len = z.int().min(1).max(120).describe('Registers that a text or BCD number takes')
const unit = z
  .string()
  .max(24)
  .describe(
    'Copied from the data sheet: A, mA, 0.1 A, V, W, kW, Wh, 0.1 kWh, 1/256 kWh, Ws, Hz, °C, %, s, ms; -W turns the sign',
  )
const unitId = z.int().min(0).max(255).describe('This value lives at another unit id of the same device')
const range = z.string().max(60).describe('Plausible values, e.g. 45..65 or 6..32 A or 0 or 6..32 A')
const expression = z.string().max(500).describe('Names, numbers, + - * / ( ), comparisons, and or not, sum min max')
const bits = z
  .string()
  .regex(/^\d{1,2} ?\.\. ?\d{1,2}$/u, 'bits are written high..low, e.g. 7..4')
  .describe('Bit range high..low; bit 0 is the lowest')
const poll = z.enum(['fast', 'slow', 'once']).describe('fast (default), slow for what changes slowly, once per connect')
const condition = z.union([expression, z.boolean()]).describe('The value is there only while this is true')
const none = z
  .union([z.number(), z.string().max(40), z.array(z.union([z.number(), z.string().max(40)])).max(32)])
  .describe('Raw patterns that mean "not available"')
const numberMap = z
  .record(z.string().max(40), z.number())
  .describe('Raw value: meaning; a device that speaks in texts may say words: {Charging: 1}')
const calc = z.union([expression, z.number()])

const typing = { table: table.optional(), type: type.optional(), order: order.optional(), len: len.optional() }

const readPointShape = {
  at: at.optional(),
  ...documentPlace,
  ...typing,
  unit: unit.optional(),
  unit_id: unitId.optional(),
  shared: z.boolean().optional().describe('true: the same register for every connector'),
  bit: z.int().min(0).max(63).optional().describe('One bit; bit 0 is the lowest'),
  bits: bits.optional(),
  none: none.optional(),
  range: range.optional(),
  hold: duration.optional().describe('Keep the last good value for so long when a new one is missing'),
  offset: z.number().optional().describe('Added to the raw number before the unit'),
  abs: z.boolean().optional().describe('Drop the sign'),
  times: z.string().max(32).optional().describe('Multiply by this point (ratio of a current transformer)'),
  as: z.enum(['hex']).optional().describe('Show the number as hexadecimal text'),
  strip: z.string().max(40).optional().describe('Text to take off the front'),
  map: numberMap.optional(),
  calc: calc.optional(),
  if: condition.optional(),
  poll: poll.optional(),
}
const readPoint = z.strictObject(readPointShape)

const faultName = z.strictObject({
  code: z.string().max(40).describe('Error code of OCPP 1.6, e.g. GroundFailure'),
  text: z.string().max(200).optional().describe('What a person reads'),
  name: z.string().max(40).optional().describe('The code as the maker prints it, when it is not the number'),
})
const errorPoint = z.strictObject({
  ...readPointShape,
  bits: z
    .union([bits, z.record(z.string().max(4), z.union([z.literal('none'), faultName]))])
    .optional()
    .describe('Bit range, or the meaning of each bit; `none`: no fault'),
  map: z.record(z.string().max(20), faultName).optional().describe('Meaning of each value'),
})

const stateValues = z.union([
  z.number(),
  z.string().max(20),
  z
    .array(z.union([z.number(), z.string().max(20)]))
    .min(1)
    .max(64),
])
const stateLetters = {
  A: stateValues.optional(),
  B: stateValues.optional(),
  C: stateValues.optional(),
  D: stateValues.optional(),
  E: stateValues.optional(),
  F: stateValues.optional(),
}
const rule = z.union([expression, z.boolean()])
const stateRule = z.strictObject({
  A: rule.optional(),
  B: rule.optional(),
  C: rule.optional(),
  D: rule.optional(),
  E: rule.optional(),
  F: rule.optional(),
})
const state = z
  .union([z.strictObject({ ...readPointShape, ...stateLetters }), z.array(stateRule).min(1).max(40)])
  .describe('Pilot state A to F: a register with its values, or rules of which the first true one wins')

const check = z.strictObject({
  at: at.optional(),
  ...documentPlace,
  ...typing,
  unit_id: unitId.optional(),
  bit: z.int().min(0).max(63).optional(),
  bits: bits.optional(),
  signal: z.enum(SIGNALS).optional().describe('Check a signal instead of a register'),
  range: range.optional(),
  is: z.union([z.number(), z.string().max(80), z.array(z.union([z.number(), z.string().max(80)])).max(40)]).optional(),
  text: z.string().max(200).optional().describe('What to do when it does not fit'),
})
const checks = z.union([check, z.array(check).min(1).max(8)])

const readBack = z.strictObject({
  at: at.optional(),
  ...documentPlace,
  ...typing,
  unit: unit.optional(),
  unit_id: unitId.optional(),
  none: none.optional(),
})
const message = z.string().min(1).max(2000)
/** An order to a device that speaks in texts; {value} is the number. */
const messageShape = {
  get: message.optional().describe('HTTP GET of this path'),
  put: message.optional().describe('HTTP PUT to this path'),
  post: message.optional().describe('HTTP POST to this path'),
  topic: message.optional().describe('MQTT topic, below `mqtt.base`; one that begins with / is whole'),
  send: message.optional().describe('Text of a datagram'),
  body: message.optional().describe('What is sent; {value} is the number'),
  retain: z.boolean().optional().describe('The broker keeps the message'),
  match: z.string().max(80).optional().describe('What the answer contains when the device obeys'),
}
const pointName = z.string().max(32)
const writePointShape = {
  ...messageShape,
  at: z.union([register, registerExpression]).optional(),
  table: writeTable.optional(),
  type: type.optional(),
  order: order.optional(),
  len: len.optional(),
  fc: z
    .union([z.literal(5), z.literal(6), z.literal(15), z.literal(16), z.literal(22)])
    .optional()
    .describe('Forced function code'),
  unit: unit.optional(),
  unit_id: unitId.optional(),
  shared: z.boolean().optional(),
  value: z
    .union([z.number(), z.array(z.number()).length(2)])
    .optional()
    .describe('What is written; two values toggle (alive)'),
  calc: calc.optional().describe('Raw value worked out from A (ordered amperes), phases, or a point'),
  offset: z.number().optional(),
  bit: z.int().min(0).max(15).optional().describe('Change this bit only (read, change, write)'),
  bits: bits.optional(),
  range: z
    .union([range, z.tuple([pointName, pointName])])
    .optional()
    .describe('6..32 A, or for `current` the points by which the device tells it: [limit_min, limit_max]'),
  step: z
    .union([z.number(), z.string().max(20)])
    .optional()
    .describe('Grid of the set-point in A; rounded down'),
  map: numberMap.optional().describe('Value of the command: raw value'),
  on_change: z.boolean().optional().describe('Write only when the value changes'),
  min_gap: duration.optional().describe('Shortest time between two writes'),
  rewrite: duration.optional().describe('Write again after this time though nothing changed'),
  repeat: z.int().min(1).max(5).optional().describe('Send the frame so many times'),
  wears: z
    .union([z.boolean(), z.strictObject({ per_day: z.int().min(1).max(10_000) })])
    .optional()
    .describe('The register is in flash: needs on_change, min_gap or {per_day: 24}'),
  if: condition.optional(),
  readback: readBack.optional().describe('Where the value can be read again'),
}
const step = z.strictObject({
  ...writePointShape,
  wait: duration.optional(),
  verify: z
    .strictObject({
      at: at.optional(),
      ...documentPlace,
      ...typing,
      unit_id: unitId.optional(),
      bit: z.int().min(0).max(63).optional(),
      is: z.number(),
      within: duration,
    })
    .optional()
    .describe('Go on only when this register has this value in time'),
})
const stepOrName = z.union([z.enum(['current', 'pause', 'resume']), step])
const command = z.union([stepOrName, z.array(stepOrName).min(1).max(24)])
const phases = z.strictObject({
  paused: duration
    .optional()
    .describe('Pause first, wait so long, switch, wait again and go on with the set-point that stood'),
  ...writePointShape,
  1: z
    .union([step, z.array(stepOrName).min(1).max(24)])
    .optional()
    .describe('Steps that switch to one phase'),
  3: z
    .union([step, z.array(stepOrName).min(1).max(24)])
    .optional()
    .describe('Steps that switch to three phases'),
})

const write = z.strictObject({
  defaults: z
    .strictObject({
      table: writeTable.optional(),
      type: type.optional(),
      order: order.optional(),
      fc: z.union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)]).optional(),
    })
    .optional(),
  start: command.optional().describe('Written once per connect'),
  stop: command.optional().describe('Gives control back'),
  current: z
    .union([step, z.array(stepOrName).min(1).max(24)])
    .optional()
    .describe('The current set-point'),
  enable: step.optional().describe('One register for pause (0) and resume (1)'),
  pause: command.optional(),
  resume: command.optional(),
  phases: phases.optional(),
  wake: command.optional(),
  unlock: command.optional(),
  failsafe: z
    .strictObject({
      order: z
        .strictObject({ ...messageShape, wears: z.boolean().optional() })
        .optional()
        .describe('One order that carries both, as `failsafe {timeout} {current} 1`'),
      current: step.optional(),
      timeout: step.optional(),
      persist: command.optional(),
    })
    .optional()
    .describe('What the charger does by itself when we are silent'),
  alive: z
    .union([
      z.literal('none'),
      z.strictObject({
        every: z.string().max(20).describe('5s, or timeout/2 of the fail-safe time-out'),
        write: z.literal('failsafe.timeout').optional(),
        ...writePointShape,
      }),
    ])
    .optional()
    .describe('Keep-alive; without a register any read counts. `none` needs a note.'),
})

const words = z.array(z.int().min(0).max(65_535)).min(1).max(125)
const bitWords = words
const given = z
  .record(z.string().max(200), z.union([words, z.record(z.string().max(20), bitWords), z.json()]))
  .describe(
    'Register: [words]; registers of another table under `holding:`, `input:`, `coil:`, `discrete:`. Documents by name, `topics:`, `obis:`',
  )
const expectedScalar = z.union([z.number(), z.string().max(200), z.boolean(), z.null()])
const registers = z
  .array(
    z.union([
      register,
      z.string().regex(/^\d{1,5} ?\.\. ?\d{1,5}$/u, 'registers are written first..last, e.g. 100..120'),
    ]),
  )
  .min(1)
  .max(200)
const optionValue = z.union([z.number(), z.string().max(200)])
const option = z.strictObject({
  text: z.string().min(1).max(300).describe('What the installer reads'),
  type: z.enum(['number', 'text']).optional().describe('Texts are only for {name} in topics, paths and bodies'),
  default: optionValue.optional().describe('Without it the installer must set the option'),
  range: range.optional(),
  choices: z.array(optionValue).min(1).max(64).optional(),
})
const optionName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/u, 'lower-case letters, digits and _')
/** What stands beside `name` and `when` is checked when it is merged over the file. */
const variant = z.looseObject({
  name: z.string().min(1).max(80).optional().describe('As examples and messages name it'),
  when: z.string().max(300).describe('firmware < 1.2.1, a comparison of points, or otherwise'),
})
const example = z.strictObject({
  connector: z.int().min(1).max(64).optional(),
  variant: z.string().max(80).optional().describe('Name of the variant that is shown; else the file as it stands'),
  meter: z.string().max(32).optional().describe('Name of the meter that is shown; else the file as it stands'),
  options: z.record(optionName, optionValue).optional(),
  given: given.optional(),
  expect: z
    .partialRecord(
      z.enum(SIGNALS),
      z.union([
        expectedScalar,
        z
          .array(z.union([z.number(), z.null()]))
          .min(1)
          .max(3),
      ]),
    )
    .optional(),
  do: z
    .strictObject({
      current: z.union([z.number(), z.string().max(20)]).optional(),
      pause: z.literal(true).optional(),
      resume: z.union([z.literal(true), z.number(), z.string().max(20)]).optional(),
      phases: z.union([z.literal(1), z.literal(3)]).optional(),
      wake: z.literal(true).optional(),
      unlock: z.literal(true).optional(),
      failsafe: z
        .strictObject({
          current: z.union([z.number(), z.string().max(20)]),
          timeout: z.union([z.number(), z.string().max(20)]),
        })
        .optional(),
      alive: z.union([z.literal(true), z.strictObject({ timeout: z.string().max(20) })]).optional(),
      start: z.literal(true).optional(),
      stop: z.literal(true).optional(),
    })
    .optional(),
  writes: z
    .array(
      z.strictObject({
        fc: z.int().optional(),
        at: register.optional(),
        table: writeTable.optional(),
        words: words.optional(),
        get: message.optional(),
        put: message.optional(),
        post: message.optional(),
        topic: message.optional(),
        send: message.optional(),
        body: z.union([message, z.number()]).optional(),
        unit_id: unitId.optional(),
      }),
    )
    .max(48)
    .optional(),
  refused: z.literal(true).optional().describe('The command must be refused, and nothing is written'),
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
export type RawReadPoint = z.infer<typeof readPoint>
export type RawErrorPoint = z.infer<typeof errorPoint>
export type RawReadBack = z.infer<typeof readBack>
export type RawCheck = z.infer<typeof check>
export type RawStep = z.infer<typeof step>
export type RawStepOrName = z.infer<typeof stepOrName>
export type RawPhases = z.infer<typeof phases>
export type RawWrite = z.infer<typeof write>
export type RawState = z.infer<typeof state>
export type RawOption = z.infer<typeof option>
export type RawExample = z.infer<typeof example>
