/** `controller`: the site's own station at the CSMS, whose configuration keys are the parameters of the site. */
import { z } from 'zod'
import { missing, reference, section, text } from '../fields.ts'
import { startValues } from './start-values.ts'

export const controllerSection = section({
  identity: text(48, 'the id of the controller').describe(
    'The id under which the CSMS knows the site itself; no station has it. At most 48 letters, digits and `- _ . * = + | @`.',
  ),
  upstream: z
    .union([reference('an upstream'), z.array(reference('an upstream')).min(1).max(8)], {
      error: (issue) => missing(issue.input, 'name an upstream, or a list of them'),
    })
    .describe('Its CSMS, or a list: the first decides, the others follow.'),
  'start-values': startValues.describe(
    'First values of its keys, such as `{percentsupplyuseable: 80}`: `percentsupplyuseable` (%), `currentreserve` (A), `numreserve`, `tolerancechargecurrent` (A), `tolerancestationcurrent` (A), and keys of OCPP. What the CSMS or the API changes later wins.',
  ),
})
