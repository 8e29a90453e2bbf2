/** The three 16-bit check sums of meter telegrams; all reflected, and all different. */

function crc16(bytes: Uint8Array, polynomial: number, initial: number): number {
  let crc = initial
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ polynomial
  }
  return crc
}

/** Of DSMR P1, from `/` to `!`, both included (P1 companion standard 5.0.2, 6.2: x^16+x^15+x^2+1, begins with 0). */
export function crcOfDsmr(bytes: Uint8Array): number {
  return crc16(bytes, 0xa001, 0)
}

/** Of SML transport and messages (SML 1.04, 8.1: CRC-16/X.25 as in IEC 62056-46), as the two bytes stand on the wire. */
export function crcOfSml(bytes: Uint8Array): number {
  return swapped(crc16(bytes, 0x8408, 0xffff) ^ 0xffff)
}

/** Some meters compute the SML check sum as CRC-16/KERMIT and send its high byte first. */
export function kermitCrcOfSml(bytes: Uint8Array): number {
  return crc16(bytes, 0x8408, 0)
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8)
}
