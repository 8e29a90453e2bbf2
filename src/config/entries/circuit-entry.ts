/** `circuits`: the site’s wiring as a tree of fuses. */
import { z } from 'zod'
import { amps, kilowatts, missing, reference, section } from '../fields.ts'
import { MAX_CIRCUIT_AMPS, MIN_AMPS } from './current-limits.ts'

const circuitAmps = () => amps(MIN_AMPS, MAX_CIRCUIT_AMPS)

const perPhase = section({ L1: circuitAmps(), L2: circuitAmps(), L3: circuitAmps() })

export const circuitSection = section({
  parent: reference('a circuit')
    .optional()
    .describe('The circuit that feeds this one. Only the circuit of the supply has none.'),
  limit: z
    .union([circuitAmps(), perPhase], {
      error: (issue) =>
        missing(issue.input, 'write the fuse per phase, for example `63 A` or `{L1: 63 A, L2: 63 A, L3: 50 A}`'),
    })
    .describe('Fuse or cable limit per phase: `63 A`, or one value for each of `L1`, `L2`, `L3`. 6 A to 10000 A.'),
  meter: reference('a meter').optional().describe('The meter that sees everything on this circuit: cars and building.'),
  'fail-safe': amps(0, MAX_CIRCUIT_AMPS)
    .optional()
    .describe(
      'What the cars below may take together, per phase, while the meter is silent: the building’s load is unknown then. Required with `meter`, at most `limit`.',
    ),
  power: kilowatts(1.4, 100_000)
    .optional()
    .describe('What the cars below may take together, such as `45 kW`, whatever the fuse allows.'),
  unbalance: amps(MIN_AMPS, MAX_CIRCUIT_AMPS)
    .optional()
    .describe(
      'Highest difference between the phases that the cars below may make: 20 A in Germany, 16 A in Austria and Switzerland, for example.',
    ),
})
