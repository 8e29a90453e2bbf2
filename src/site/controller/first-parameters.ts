/** What a site's controller starts with: the field's standard where it has one, changed by the start values of the site file. Pure. */
import type { ControllerConfig } from '../../config/site-config.ts'
import { type ControllerParameters, FIELD_PARAMETERS, PLAIN_PARAMETERS } from '../../model/controller-parameters.ts'
import { BridgeError } from '../../model/errors.ts'
import { checkNumber, expectedNumber } from '../../model/number-rule.ts'
import { PARAMETER_TABLE, parameterOfKey } from '../../model/parameter-table.ts'

/** Throws CONFIG_INVALID for a value that cannot be. Keys that are no parameter's are the station's own affair. */
export function firstParameters(config: ControllerConfig | null): ControllerParameters {
  if (config === null) return PLAIN_PARAMETERS
  let first = FIELD_PARAMETERS
  for (const [key, value] of Object.entries(config.startValues)) {
    const name = parameterOfKey(key)
    if (name === null) continue
    const { rule } = PARAMETER_TABLE[name]
    const text = checkNumber(rule, value)
    if (text === null)
      throw new BridgeError('CONFIG_INVALID', `controller: start-values: ${key} is ${expectedNumber(rule)}`)
    first = { ...first, [name]: Number(text) }
  }
  return first
}
