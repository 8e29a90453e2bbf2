/** The shape of what is read: points, states, errors, checks. */
import { z } from 'zod'
import { SIGNALS } from '../../model/signal.ts'
import {
  at,
  bits,
  calc,
  condition,
  documentPlace,
  expression,
  none,
  numberMap,
  poll,
  range,
  typing,
  unit,
  unitId,
} from './schema-words.ts'
import { duration } from './schema-transport.ts'

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
export const readPoint = z.strictObject(readPointShape)

const faultName = z.strictObject({
  code: z.string().max(40).describe('Error code of OCPP 1.6, e.g. GroundFailure'),
  text: z.string().max(200).optional().describe('What a person reads'),
  name: z.string().max(40).optional().describe('The code as the maker prints it, when it is not the number'),
})
export const errorPoint = z.strictObject({
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
export const state = z
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
export const checks = z.union([check, z.array(check).min(1).max(8)])

export const readBack = z.strictObject({
  at: at.optional(),
  ...documentPlace,
  ...typing,
  unit: unit.optional(),
  unit_id: unitId.optional(),
  none: none.optional(),
})

export type RawReadPoint = z.infer<typeof readPoint>
export type RawErrorPoint = z.infer<typeof errorPoint>
export type RawReadBack = z.infer<typeof readBack>
export type RawCheck = z.infer<typeof check>
export type RawState = z.infer<typeof state>
