/** The diagnostics bundle: one zip of texts, each within its limit, without secrets. */
import { Readable } from 'node:stream'

import { arriving } from './arriving-file.ts'
import { redactor } from './redact.ts'
import type { TransferResult } from './policy.ts'

export interface BundleEntry {
  /** A relative path with `/`, e.g. `trace/garage-1.log`. */
  readonly name: string
  /** Text; read when its turn comes, never all at once. */
  readonly content: string | AsyncIterable<string>
}

export interface BundleLimits {
  /** Of text, before it is packed. 16 MiB when absent. */
  readonly entryBytesMax?: number
  /** Of all texts together. 64 MiB when absent. */
  readonly totalBytesMax?: number
  /** When it was made; the time of its entries. */
  readonly madeAt: Date
  /** Passwords and keys that must not be in it in any spelling; what looks like one is taken out anyway. */
  readonly secrets: readonly string[]
}

/** How an entry ended: with its source, at a limit, or because its source failed. */
export type EntryEnd = 'whole' | 'entry limit' | 'total limit' | 'failed'

export interface BundleResult extends TransferResult {
  readonly entries: readonly { readonly name: string; readonly bytes: number; readonly end: EntryEnd }[]
}

const ENTRY_BYTES_MAX = 16 * 1024 * 1024
const TOTAL_BYTES_MAX = 64 * 1024 * 1024
const ENTRIES_MAX = 500
/** A piece of a source that is larger is worked on in parts, so that other work gets its turn. */
const PART = 32 * 1024

/**
 * Writes the bundle to the path `destination`, whose folder must exist; nothing stays of one that failed. A source that fails
 * ends its entry with a line that says so, and the others follow: half a bundle is better than none.
 * Rejects with the signal's reason, or when the disk fails.
 */
export async function writeBundle(
  entries: readonly BundleEntry[],
  destination: string,
  limits: BundleLimits,
  signal: AbortSignal,
): Promise<BundleResult> {
  signal.throwIfAborted()
  if (entries.length > ENTRIES_MAX) throw new RangeError(`a bundle has at most ${ENTRIES_MAX} entries`)
  const { ZipFile } = await import('yazl')
  const names = uniqueNames(entries.map((entry) => entry.name))
  const totalMax = limits.totalBytesMax ?? TOTAL_BYTES_MAX
  const ended: { name: string; bytes: number; end: EntryEnd }[] = []
  let total = 0

  async function* contentOf(entry: BundleEntry, name: string): AsyncGenerator<Buffer> {
    const left = totalMax - total
    const max = Math.min(left, limits.entryBytesMax ?? ENTRY_BYTES_MAX)
    const record = { name, bytes: 0, end: 'whole' as EntryEnd }
    ended.push(record)
    try {
      for await (const text of readable(entry.content, limits.secrets, signal)) {
        const chunk = Buffer.from(text)
        const fits = fitting(chunk, max - record.bytes)
        record.bytes += fits.length
        total += fits.length
        yield fits
        if (fits.length === chunk.length) continue
        record.end = max === left ? 'total limit' : 'entry limit'
        yield Buffer.from(`\n[cut here: more than ${max} bytes (${record.end})]\n`)
        return
      }
    } catch (error) {
      // Whoever reads the zip is told; a throw from here would reach nobody.
      if (signal.aborted) return
      record.end = 'failed'
      const why = redactor(limits.secrets).whole(error instanceof Error ? error.message : String(error))
      yield Buffer.from(`\n[ended early: ${why.slice(0, 300)}]\n`)
    }
  }

  const result = await arriving(destination, async (file) => {
    const zip = new ZipFile()
    entries.forEach((entry, index) => {
      const name = names[index] ?? entry.name
      zip.addReadStreamLazy(name, { mtime: limits.madeAt, mode: 0o100600 }, (give) =>
        give(null, Readable.from(contentOf(entry, name), { objectMode: false })),
      )
    })
    const packed = Readable.from(zip.outputStream as AsyncIterable<Buffer>, { signal })
    // It tells faults of its sources here and not on its stream.
    zip.on('error', (error) => packed.destroy(error instanceof Error ? error : new Error(String(error))))
    zip.end()
    for await (const chunk of packed as AsyncIterable<Buffer>) await file.write(chunk)
    signal.throwIfAborted()
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
  return { ...result, entries: ended }
}

/** `ampbridge-STATION-2026-11-21T08-15-00Z.zip`, with nothing in it that a file system or a server could take amiss. */
export function bundleFileName(stationId: string, madeAt: Date): string {
  const station = stationId
    .normalize('NFKD')
    .replaceAll(/[^\w.-]+/g, '_')
    .replaceAll(/^[._-]+|[._-]+$/g, '')
    .slice(0, 48)
  const stamp = `${madeAt.toISOString().slice(0, 19).replaceAll(':', '-')}Z`
  return `ampbridge-${station === '' ? 'station' : station}-${stamp}.zip`
}

/** The text of an entry without secrets, in parts. */
async function* readable(
  content: string | AsyncIterable<string>,
  secrets: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const clean = redactor(secrets)
  try {
    for await (const piece of typeof content === 'string' ? [content] : content) {
      for (let at = 0; at < piece.length; at += PART) {
        signal.throwIfAborted()
        const text = clean.next(piece.slice(at, at + PART))
        if (text !== '') yield text
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  } catch (error) {
    // What came before the fault counts.
    yield clean.end()
    throw error
  }
  yield clean.end()
}

/** As many whole characters as fit. */
function fitting(chunk: Buffer, max: number): Buffer {
  if (chunk.length <= max) return chunk
  let end = Math.max(0, max)
  while (end > 0 && ((chunk[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return chunk.subarray(0, end)
}

/** Safe inside any archive: relative, without `..`, no name twice. */
function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const parts = name.split(/[/\\]/).map((part) => part.replaceAll(/[^\w.@+-]+/g, '_').slice(0, 100))
    const safe = parts.filter((part) => !/^\.*$/.test(part)).join('/') || 'entry'
    let free = safe
    for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = safe.replace(/(\.[^./]*)?$/, `-${count}$1`)
    taken.add(free.toLowerCase())
    return free
  })
}
