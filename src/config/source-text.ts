/** A configuration file as text: read once, limited, and refused when it is not plain UTF-8 text. */
import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** `yaml` needs minutes for a few MB of keys; no site needs that. Checked before the parse. */
export const SITE_FILE_LIMIT_BYTES = 256 * 1024

export type TextResult =
  | { readonly text: string }
  | { readonly problem: string; readonly hint: string; readonly line: number; readonly column: number }

/**
 * Reads a file the user named. Symbolic links are followed (deployments mount configuration that way), FIFOs and devices are refused
 * without waiting for them. A byte order mark is dropped.
 */
export async function readTextFile(path: string, limitBytes: number = SITE_FILE_LIMIT_BYTES): Promise<TextResult> {
  let bytes: Uint8Array
  try {
    const read = await readStable(path, limitBytes)
    if (typeof read === 'string') return whole(read, 'give the path of a YAML file')
    bytes = read
  } catch (fault) {
    return whole(...explainFault(fault))
  }
  if (bytes.length > limitBytes) {
    return whole(`is larger than ${limitBytes / 1024} KiB`, 'a site file is far smaller; is this the right file?')
  }
  if (bytes.length === 0) return whole('is empty', 'config/example.yaml is a file to start from')
  return decode(bytes)
}

/** One read of the whole file; again when it changed meanwhile (an editor or a copy at work). */
async function readStable(path: string, limitBytes: number): Promise<Uint8Array | string> {
  for (let round = 0; round < 3; round++) {
    // O_NONBLOCK: opening a FIFO must not wait for its writer
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const before = await file.stat()
      if (!before.isFile()) return 'is not a regular file'
      const buffer = Buffer.alloc(limitBytes + 1)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
        length += bytesRead
        if (bytesRead === 0 || length === buffer.length) break
      }
      const after = await file.stat()
      const steady = before.mtimeMs === after.mtimeMs && before.size === after.size
      if (steady && (length === after.size || length > limitBytes)) return buffer.subarray(0, length)
    } finally {
      await file.close()
    }
  }
  return 'keeps changing while it is read'
}

function decode(bytes: Uint8Array): TextResult {
  if (!isUtf8(bytes)) {
    return { problem: 'is not UTF-8 text', hint: 'save the file as UTF-8', line: firstBadLine(bytes), column: 1 }
  }
  const text = new TextDecoder('utf-8').decode(bytes) // drops the byte order mark
  const control = text.search(UNWANTED)
  if (control >= 0) {
    const code = (text.codePointAt(control) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    const before = text.slice(0, control)
    return {
      problem: `holds the invisible character U+${code}`,
      hint: 'delete it',
      line: before.split('\n').length,
      column: control - before.lastIndexOf('\n'),
    }
  }
  return { text }
}

/** Control characters, and marks that change the reading direction so that the eye sees another text than the program. */
// oxlint-disable-next-line no-control-regex
const UNWANTED = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u200E\u200F\u202A-\u202E\u2066-\u2069]/

function firstBadLine(bytes: Uint8Array): number {
  let line = 1
  let start = 0
  for (let index = 0; index <= bytes.length; index++) {
    if (index < bytes.length && bytes[index] !== 0x0a) continue
    if (!isUtf8(bytes.subarray(start, index))) return line
    line++
    start = index + 1
  }
  return 1
}

function whole(problem: string, hint: string): TextResult {
  return { problem, hint, line: 1, column: 1 }
}

/** What a file system error means, as message and hint. */
export function explainFault(fault: unknown): [problem: string, hint: string] {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['does not exist', 'check the path']
    case 'EACCES':
    case 'EPERM':
      return ['may not be read', 'give the user of the service the right to read it']
    case 'EISDIR':
      return ['is a folder', 'name the file in it']
    case 'ELOOP':
      return ['is a symbolic link', 'name the file itself']
    case 'ENAMETOOLONG':
    case 'ERR_INVALID_ARG_VALUE':
      return ['is not a usable path', 'check the path']
    default:
      return [`cannot be read${code === '' ? '' : ` (${code})`}`, 'check path and permissions']
  }
}
