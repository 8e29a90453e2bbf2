/** First values of OCPP configuration keys: whatever YAML takes them for, they are texts. */
import { z } from 'zod'
import { kindOf, missing, say } from '../fields.ts'

const startValue = z
  .union(
    [
      z.string({
        error: (issue) =>
          say(`is ${kindOf(issue.input)}, not a value`, 'write several values as one text, with commas'),
      }),
      z.number(),
      z.boolean(),
    ],
    { error: (issue) => missing(issue.input, 'write the value') },
  )
  .transform(String)
  .refine((value) => value.length <= 500, { error: say('is too long', 'at most 500 characters') })

export const startValues = z
  .record(z.string(), startValue, { error: (issue) => missing(issue.input, 'write keys and values below it') })
  .default({})
