import { expect, it } from 'vitest'

import { badAddress } from '../../src/wire/address.ts'
import { formatName, parseSerialLine } from '../../src/wire/serial-line.ts'

const bad = badAddress('rtu:/dev/x')

it.each(['8N1', '8E1', '7E1', '8O2', '7N2'])('%s is read and named alike', (format) => {
  const line = parseSerialLine('9600', format.toLowerCase(), bad)
  expect([line.baud, formatName(line)]).toEqual([9600, format])
})

it.each([
  ['fast', '8N1', 'baud fast is not 300 to 4000000'],
  ['299', '8N1', 'baud 299'],
  ['4000001', '8N1', 'baud 4000001'],
  ['9600', '9N1', 'format 9N1 is not like 8N1, 8E1 or 7E1'],
  ['9600', '8X1', 'format 8X1'],
  ['9600', '', 'format  is not'],
])('%s baud, %s is refused in words', (baud, format, why) => {
  expect(() => parseSerialLine(baud, format, bad)).toThrow(
    expect.objectContaining({ code: 'LINK_BAD_URL', message: expect.stringContaining(why) }),
  )
})
