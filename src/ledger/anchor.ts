/**
 * The second anchor: a small file outside the database that knows the newest acknowledged record, because SQLite calls a
 * database whole whose write-ahead log was cut or deleted.
 *
 * Order, and why it is right:
 * - It is written after COMMIT returned (synchronous=FULL, so the rows are on disk) and before any caller is answered.
 *   So it never promises more than the disk holds: a crash at any point gives no false alarm, at worst the database is
 *   ahead of the anchor by records that nobody was told about.
 * - A write that was made survives the end of the process by itself. Only a power cut can lose it, so the file is synced
 *   every `SYNC_EVERY_MS` and at close, not per commit: one sync per commit, not two. After a power cut the anchor may
 *   be that much behind, and only the loss of a log *together* with a power cut could hide as many records.
 * - Two slots in two disk blocks are written in turn, each with a checksum: a torn write leaves the other one.
 */
import { closeSync, constants, existsSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

const SLOT_BYTES = 4096
const TEXT_BYTES = 160
const SYNC_EVERY_MS = 100

export interface AnchorMark {
  readonly ledgerId: string
  /** The newest acknowledged journal record. */
  readonly record: number
  /** The newest outbox sequence number that was acknowledged. */
  readonly sequence: number
}

export type AnchorState =
  | { readonly state: 'missing' }
  | { readonly state: 'damaged' }
  | { readonly state: 'good'; readonly mark: AnchorMark; readonly turn: number }

interface Slot {
  readonly turn: number
  readonly mark: AnchorMark
}

function encode(slot: Slot): Buffer {
  const { turn, mark } = slot
  const text = `ampbridge-anchor 1 ${mark.ledgerId} ${turn} ${mark.record} ${mark.sequence}`
  const line = `${text} ${crc32(text).toString(16).padStart(8, '0')}`
  return Buffer.from(`${line.padEnd(TEXT_BYTES - 1)}\n`)
}

function decode(bytes: Buffer): Slot | null {
  const line = bytes.toString('latin1').trimEnd()
  const match = /^(ampbridge-anchor 1 ([0-9a-f-]{36}) (\d{1,15}) (\d{1,15}) (\d{1,15})) ([0-9a-f]{8})$/.exec(line)
  if (match === null) return null
  const [, text = '', ledgerId = '', turn, record, sequence, sum] = match
  if (crc32(text) !== Number.parseInt(sum ?? '', 16)) return null
  return { turn: Number(turn), mark: { ledgerId, record: Number(record), sequence: Number(sequence) } }
}

export function readAnchor(path: string): AnchorState {
  if (!existsSync(path)) return { state: 'missing' }
  const file = openSync(path, 'r')
  try {
    let newest: Slot | null = null
    for (const index of [0, 1]) {
      const bytes = Buffer.alloc(TEXT_BYTES)
      readSync(file, bytes, 0, TEXT_BYTES, index * SLOT_BYTES)
      const slot = decode(bytes)
      if (slot !== null && (newest === null || slot.turn > newest.turn)) newest = slot
    }
    return newest === null ? { state: 'damaged' } : { state: 'good', ...newest }
  } finally {
    closeSync(file)
  }
}

/** The open anchor of a running ledger. */
export class Anchor {
  readonly #file: number
  #turn: number
  #dirty = false
  #syncedAt = 0

  constructor(path: string) {
    const known = readAnchor(path)
    this.#turn = known.state === 'good' ? known.turn : 0
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  }

  /** Makes `mark` the newest; `sync` waits for the disk at once. Throws the system's error. */
  write(mark: AnchorMark, sync: boolean): void {
    this.#turn += 1
    writeSync(this.#file, encode({ turn: this.#turn, mark }), 0, TEXT_BYTES, (this.#turn % 2) * SLOT_BYTES)
    this.#dirty = true
    if (sync) this.#sync()
  }

  /** Brings a write to the disk that is older than the grace time. Cheap when there is none. */
  syncWhenDue(): void {
    if (this.#dirty && performance.now() - this.#syncedAt >= SYNC_EVERY_MS) this.#sync()
  }

  close(): void {
    try {
      if (this.#dirty) this.#sync()
    } finally {
      closeSync(this.#file)
    }
  }

  #sync(): void {
    fdatasyncSync(this.#file)
    this.#dirty = false
    this.#syncedAt = performance.now()
  }
}
