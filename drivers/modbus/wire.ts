/** A pipe for bytes, open until `closed` was called. The link sees TCP sockets and serial ports only through this. */
export interface Wire {
  readonly write: (bytes: Buffer) => void
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
