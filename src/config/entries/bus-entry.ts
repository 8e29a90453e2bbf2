/** `buses`: wires that several devices share. */
import { z } from 'zod'
import { FORMAT, MAX_BAUD, MIN_BAUD } from '../connection.ts'
import { flag, integer, missing, reference, say, section } from '../fields.ts'

/** YAML takes the everyday `8E1` for the number 80. */
const FORMATS_READ_AS_NUMBERS: ReadonlyMap<unknown, string> = new Map([
  [80, '8E1'],
  [800, '8E2'],
  [70, '7E1'],
  [700, '7E2'],
])
const serialFormat = z
  .union([z.string(), z.number()], { error: (issue) => missing(issue.input, 'write for example `8N1`') })
  .transform((value) => FORMATS_READ_AS_NUMBERS.get(value) ?? String(value).toUpperCase())
  .refine((value) => FORMAT.test(value), {
    error: say('is not a serial format', 'write for example `8N1`, `8E1`, `8N2`'),
  })

export const busSection = section({
  connect: reference('the connection').describe('`rtu:/dev/ttyUSB0`, `ascii:/dev/ttyUSB0`, `rtu+tcp://HOST:PORT`, ...'),
  baud: integer(MIN_BAUD, MAX_BAUD, 'the baud rate')
    .optional()
    .describe('Baud rate of a serial bus; wins over the mappings. Without it: what the mappings of its devices say.'),
  format: serialFormat.optional().describe('Data bits, parity, stop bits, such as `8N1`. Goes with `baud`.'),
  echo: flag().default(false).describe('True where a 2-wire adapter hears what it sends: the echo is removed.'),
})
