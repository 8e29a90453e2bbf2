import { expect, it } from 'vitest'

import { crcOfDsmr, crcOfSml, kermitCrcOfSml } from '../../../drivers/telegram/crc.ts'

it('are the sums that everybody gets for 123456789', () => {
  // The catalogue of CRC algorithms: CRC-16/ARC, CRC-16/IBM-SDLC (X.25, low byte first on the wire), CRC-16/KERMIT.
  const digits = Buffer.from('123456789')
  expect(crcOfDsmr(digits)).toBe(0xbb3d)
  expect(crcOfSml(digits)).toBe(0x6e90)
  expect(kermitCrcOfSml(digits)).toBe(0x2189)
})
