import type { SerialLine } from './url.ts'

/** A pipe for bytes, open until `closed` was called. TCP sockets and serial ports look alike from here. */
export interface Wire {
  /** Resolves when the bytes have left us. */
  readonly write: (bytes: Buffer) => Promise<void>
  /** Another speed on the same line; null: a socket has none. */
  readonly setBaud: ((baud: number) => Promise<void>) | null
  /** Rejects when the system has lost it without a word; null: `closed` always comes. */
  readonly check: (() => Promise<void>) | null
  /** Ends it at once; `closed` is not called for it any more. Resolves when the system let go of it. */
  readonly close: () => Promise<void>
}

export interface WireEvents {
  /** The bytes are valid only during the call. */
  readonly bytes: (chunk: Buffer) => void
  /** The other side or the system ended it. */
  readonly closed: (reason: string) => void
}

/** Opens a wire; rejects when that fails or `signal` aborts. */
export type Dial = (events: WireEvents, signal: AbortSignal) => Promise<Wire>

export type { SerialLine }
