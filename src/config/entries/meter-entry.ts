/** `meters`. */
import { flag, section, text } from '../fields.ts'
import { address } from './device-address.ts'
import { mapping, options, phases } from './mapped-device.ts'

export const meterSection = section({
  mapping,
  ...address,
  meter: text(32, 'the name of a meter')
    .optional()
    .describe('Which meter, where a mapping describes a device with several.'),
  options,
  phases: phases
    .default('L1L2L3')
    .describe('Site phases on the meter’s terminals L1 L2 L3; one phase for a one-phase meter.'),
  reverse: flag().default(false).describe('True where the wiring mirrors import and export.'),
})
