/** Words that every line of a mapping file may use: registers, types, units, ranges, conditions. */
import { z } from 'zod'
import { ORDERS } from '../values/number-codec.ts'

export const register = z
  .int()
  .min(0, 'registers are counted from 0')
  .max(65_535, 'register addresses end at 65535')
  .describe('Register as on the wire, counted from 0 (data sheets often count from 1 or from 40001)')
export const registerExpression = z
  .string()
  .max(80)
  .describe('Register worked out from the connector number, e.g. "100 + 12 * ({n} - 1)"')
export const at = z
  .union([
    register,
    registerExpression,
    z
      .array(z.union([register, registerExpression]))
      .min(2)
      .max(3),
  ])
  .describe('One register, or one per phase: [L1, L2, L3]')
const onePath = z.string().min(1).max(200)
const pathOrPaths = z.union([onePath, z.array(onePath).min(2).max(3)])
/** Where a value stands in what a device says in texts. */
export const documentPlace = {
  path: pathOrPaths.optional().describe('Document and place in it: status.nrg[4]; one per phase: [a, b, c]'),
  topic: pathOrPaths.optional().describe('MQTT topic, below `mqtt.base`; one that begins with / is whole'),
  obis: pathOrPaths.optional().describe('OBIS code in the telegram, e.g. 1-0:1.8.0'),
}
const table = z
  .enum(['holding', 'input', 'coil', 'discrete'])
  .describe('holding: FC 3, input: FC 4, coil: FC 1, discrete: FC 2')
export const writeTable = z.enum(['holding', 'coil'])
export const type = z
  .enum(['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'bcd', 'text', 'utf16'])
  .describe('How the words are read: unsigned, signed, float, decimal digits or text')
export const order = z
  .enum(ORDERS)
  .describe('Byte order; ABCD (the Modbus norm) when nothing is said, CDAB = low word first')
export const len = z.int().min(1).max(120).describe('Registers that a text or BCD number takes')
export const unit = z
  .string()
  .max(24)
  .describe(
    'Copied from the data sheet: A, mA, 0.1 A, V, W, kW, Wh, 0.1 kWh, 1/256 kWh, Ws, Hz, °C, %, s, ms; -W turns the sign',
  )
export const unitId = z.int().min(0).max(255).describe('This value lives at another unit id of the same device')
export const range = z.string().max(60).describe('Plausible values, e.g. 45..65 or 6..32 A or 0 or 6..32 A')
export const expression = z
  .string()
  .max(500)
  .describe('Names, numbers, + - * / ( ), comparisons, and or not, sum min max')
export const bits = z
  .string()
  .regex(/^\d{1,2} ?\.\. ?\d{1,2}$/u, 'bits are written high..low, e.g. 7..4')
  .describe('Bit range high..low; bit 0 is the lowest')
export const poll = z
  .enum(['fast', 'slow', 'once'])
  .describe('fast (default), slow for what changes slowly, once per connect')
export const condition = z.union([expression, z.boolean()]).describe('The value is there only while this is true')
export const none = z
  .union([z.number(), z.string().max(40), z.array(z.union([z.number(), z.string().max(40)])).max(32)])
  .describe('Raw patterns that mean "not available"')
export const numberMap = z
  .record(z.string().max(40), z.number())
  .describe('Raw value: meaning; a device that speaks in texts may say words: {Charging: 1}')
export const calc = z.union([expression, z.number()])

export const typing = { table: table.optional(), type: type.optional(), order: order.optional(), len: len.optional() }

export const optionValue = z.union([z.number(), z.string().max(200)])
export const optionName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/u, 'lower-case letters, digits and _')
