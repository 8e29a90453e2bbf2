/** The shape of an example. */
import { z } from 'zod'
import { SIGNALS } from '../../model/signal.ts'
import { optionName, optionValue, register, unitId, writeTable } from './schema-words.ts'
import { message } from './schema-write.ts'

const words = z.array(z.int().min(0).max(65_535)).min(1).max(125)
const given = z
  .record(z.string().max(200), z.union([words, z.record(z.string().max(20), words), z.json()]))
  .describe(
    'Register: [words]; registers of another table under `holding:`, `input:`, `coil:`, `discrete:`. Documents by name, `topics:`, `obis:`',
  )
const expectedScalar = z.union([z.number(), z.string().max(200), z.boolean(), z.null()])
export const example = z.strictObject({
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
      reserved: z.literal(true).optional(),
      unreserved: z.literal(true).optional(),
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

export type RawExample = z.infer<typeof example>
