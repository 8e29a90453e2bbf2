/** The shape of what is written: points, steps, commands, fail-safe, keep-alive. */
import { z } from 'zod'
import {
  at,
  bits,
  calc,
  condition,
  documentPlace,
  len,
  numberMap,
  order,
  range,
  register,
  registerExpression,
  type,
  typing,
  unit,
  unitId,
  writeTable,
} from './schema-words.ts'
import { readBack } from './schema-read.ts'
import { duration } from './schema-transport.ts'

export const message = z.string().min(1).max(2000)
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

export const write = z.strictObject({
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
  reserved: command
    .optional()
    .describe('Shows on display or lamp that it is reserved; written again every 30 s while it is'),
  unreserved: command.optional().describe('Ends what `reserved` shows'),
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

export type RawStep = z.infer<typeof step>
export type RawStepOrName = z.infer<typeof stepOrName>
export type RawPhases = z.infer<typeof phases>
export type RawWrite = z.infer<typeof write>
