/**
 * What a driver is: it moves addressed values between us and a device and knows no vendor.
 * Each folder under `drivers/` offers one `Driver`; the site finds them through its registry.
 */

import type { Clock } from './clock.ts'

/** One read on the wire. A later transport adds a kind of its own; a driver refuses kinds it does not know. */
export interface RegisterRead {
  readonly kind: 'registers'
  readonly unit: number
  readonly table: RegisterTable
  readonly address: number
  /** Registers, or bits for coils and discrete inputs. */
  readonly count: number
}

export interface RegisterWrite {
  readonly kind: 'registers'
  readonly unit: number
  readonly table: 'holding' | 'coil'
  readonly address: number
  /** 16-bit words, or 0/1 for coils. */
  readonly words: readonly number[]
  /** Forced function code; null: 6 or 5 for one word, 16 or 15 for more. */
  readonly functionCode: 5 | 6 | 15 | 16 | null
}

/** Changes single bits of one register in the device (FC 22). */
export interface RegisterMask {
  readonly kind: 'mask'
  readonly unit: number
  readonly address: number
  readonly andMask: number
  readonly orMask: number
}

export type RegisterTable = 'holding' | 'input' | 'coil' | 'discrete'
export type ReadRequest = RegisterRead
export type WriteRequest = RegisterWrite | RegisterMask

/** How patient to be with one device on a link. */
export interface DeviceTiming {
  /** Time a device may take to answer. */
  readonly timeoutMs: number
  /** Silence kept before each request to this device. */
  readonly pauseMs: number
  /** Further tries after a time-out or a broken answer (never after an exception, but busy = 6). */
  readonly retries: number
  /** Wait after a connection is made, before the first request. */
  readonly connectDelayMs: number
}

/** Set-points and keep-alives overtake polls; slow polls yield to all. */
export type Urgency = 'urgent' | 'normal' | 'slow'

export interface RequestOptions {
  readonly timing: DeviceTiming
  readonly urgency: Urgency
  readonly signal: AbortSignal
}

export type LinkState = 'connecting' | 'open' | 'waiting' | 'closed'

/** One frame or event on the wire, for the trace. */
export interface TraceEntry {
  /** Wall time, ms. */
  readonly at: number
  readonly direction: 'sent' | 'received' | 'event'
  /** The frame's bytes; empty for events. */
  readonly bytes: Uint8Array
  /** A word on an event or on why bytes were thrown away; empty for good frames. */
  readonly note: string
}

export interface LinkCounters {
  readonly requests: number
  readonly timeouts: number
  readonly exceptions: number
  readonly badAnswers: number
  readonly reconnects: number
}

/**
 * An open connection to a device or a bus. It queues requests (one at a time on a bus), reconnects by itself with back-off and jitter,
 * and settles every pending call when it closes. Faults: LINK_CLOSED, LINK_UNREACHABLE, DEVICE_TIMEOUT, DEVICE_EXCEPTION
 * (details.exceptionCode), DEVICE_BAD_ANSWER, REQUEST_INVALID; an aborted call rejects with the signal's reason.
 */
export interface Link {
  readonly url: string
  readonly state: LinkState
  readonly counters: LinkCounters
  /** Words read (bits as 0/1), exactly `request.count` of them. */
  read(request: ReadRequest, options: RequestOptions): Promise<readonly number[]>
  write(request: WriteRequest, options: RequestOptions): Promise<void>
  /** Calls `listener` for each frame until the returned function is called. */
  trace(listener: (entry: TraceEntry) => void): () => void
  close(): Promise<void>
}

export interface Driver {
  /** URL schemes, e.g. `tcp`, `rtu+tcp`. */
  readonly schemes: readonly string[]
  /** Makes a link; it connects on its own and the first request waits for it. Throws LINK_BAD_URL. */
  open(url: string, settings: LinkSettings): Link
}

export interface LinkSettings {
  readonly clock: Clock
  /** Randomness for back-off jitter, 0..1; injected for tests. */
  readonly random: () => number
  /** Serial settings that win over the URL's; null: the URL's or the driver's default. */
  readonly serial: { readonly baud: number; readonly format: string } | null
  /** True on a 2-wire line whose adapter hears itself: the request's echo is removed. */
  readonly echo: boolean
}

/** Memory behind a simulated or served device. Throws a BridgeError DEVICE_EXCEPTION with details.exceptionCode to refuse. */
export interface RegisterBank {
  read(request: RegisterRead): readonly number[]
  write(request: RegisterWrite): void
  /** Texts of the device's identification by object id (Modbus FC 43/14: 0 vendor, 1 product code, 2 revision); absent: it has none. */
  readonly identification?: ReadonlyMap<number, string>
}

/** A listening device side, for `simulate`, tests and the demo. */
export interface DeviceServer {
  /** Where it listens, with the port that the system gave. */
  readonly url: string
  close(): Promise<void>
}

export interface ServerDriver {
  readonly schemes: readonly string[]
  /** Serves several units on one listener; a unit that is not in the map does not answer. */
  listen(url: string, units: ReadonlyMap<number, RegisterBank>, settings: ServerSettings): Promise<DeviceServer>
}

export interface ServerSettings {
  readonly clock: Clock
  readonly serial: { readonly baud: number; readonly format: string } | null
  /** Extra time a device takes to answer, ms (turnaround). */
  readonly answerDelayMs: number
}
