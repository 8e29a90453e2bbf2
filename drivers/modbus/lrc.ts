/** LRC of Modbus ASCII (Modbus over serial line V1.02, 6.2.1): two's complement of the sum of the bytes from `start` up to, without, `end`. */
export function lrc8(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  for (let index = start; index < end; index += 1) sum += bytes[index] ?? 0
  return -sum & 0xff
}
