/** Text of devices and peers, safe for a terminal and a log: one line, no escape sequences, no hidden direction marks (H56, H60). */
export function oneLine(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (code === 0x0a) return String.raw`\n`
    if (code === 0x0d) return String.raw`\r`
    if (code === 0x09) return String.raw`\t`
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}

// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g
