/** Texts of devices, as they come and as they are shown. */

/** UTF-8 as JSON wants it; older devices send one byte per letter. */
export function toText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

/** As far as it fits into a line of an error. */
export function inShort(text: string, limit: number): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, limit)
}
