/** What meters and chargers have in common: a mapping, its options, the wiring of their terminals. */
import { z } from 'zod'
import { ROTATIONS } from '../../model/phase.ts'
import { missing, oneOf, text } from '../fields.ts'

export const mapping = text(255, 'the name of a mapping or the path of a file').describe(
  'What the registers mean: a name from docs/devices.md, or the path of a mapping file, from the folder of the site file.',
)
export const phases = oneOf(ROTATIONS)
const optionValue = z.union([z.number(), z.string().max(200)], {
  error: (issue) => missing(issue.input, 'write a number, or a text in quotes'),
})
export const options = z
  .record(z.string(), optionValue, { error: (issue) => missing(issue.input, 'write `{NAME: value}`') })
  .default({})
  .describe(
    'What the mapping leaves to the installer, such as `{ct_ratio: 40}`; its page in docs/devices.md names them.',
  )
