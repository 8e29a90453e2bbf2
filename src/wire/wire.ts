/** A pipe for bytes. TCP sockets and serial ports look alike from here. */

/** Open until it is closed or `closed` was called; for those who write and do not wait. */
export interface Wire {
  readonly write: (bytes: Buffer) => void
  /** Ends it at once; `closed` is not called for it any more. Resolves when the system let go of it. */
  readonly close: () => Promise<void>
}

/** The same pipe for those who wait until their bytes have left, and look after it while nothing comes. */
export interface PatientWire {
  /** Resolves when the bytes have left us. */
  readonly send: (bytes: Buffer) => Promise<void>
  /** Another speed on the same line; null: a socket has none. */
  readonly setBaud: ((baud: number) => Promise<void>) | null
  /** Rejects when the system has lost it without a word; null: `closed` always comes. */
  readonly check: (() => Promise<void>) | null
  /** As of a wire. */
  readonly close: () => Promise<void>
}

export interface WireEvents {
  /** The bytes are valid only during the call. */
  readonly bytes: (chunk: Buffer) => void
  /** The other side or the system ended it. */
  readonly closed: (reason: string) => void
}

/** Opens a wire; rejects when that fails or `signal` aborts. */
export type Dial<W> = (events: WireEvents, signal: AbortSignal) => Promise<W>
