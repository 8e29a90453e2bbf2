/**
 * What a driver is: it moves addressed values between us and a device and knows no vendor.
 * Each folder under `drivers/` offers one `Driver`; the site finds them through its registry.
 */

import type { Clock } from './clock.ts'

/** One read on the wire of a register link. */
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

export interface HttpRequest {
  readonly kind: 'http'
  readonly method: 'GET' | 'POST' | 'PUT'
  /** With its query, beginning with `/`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** A text sent to the device, and the answer that belongs to it. */
export interface Datagram {
  readonly kind: 'datagram'
  readonly text: string
  /** What the answer contains; null: the next datagram of the device is the answer. */
  readonly match: string | null
}

/** One question to a device that answers with a document. Topics and telegrams come by themselves: the newest one is the answer. */
export type DocumentRead = HttpRequest | Datagram | { readonly kind: 'topic'; readonly topic: string } | TelegramRead

export interface TelegramRead {
  readonly kind: 'telegram'
}

export interface Publication {
  readonly kind: 'publish'
  readonly topic: string
  readonly payload: string
  readonly retain: boolean
}

export type DocumentWrite = HttpRequest | Datagram | Publication

/** One value of a telegram, as it says it: the number already carries the telegram's own scale. */
export interface TelegramValue {
  readonly value: number | string
  /** `kWh`, `W`, `A`, `V`, ...; null: the telegram does not say. */
  readonly unit: string | null
}

export interface DocumentAnswer {
  /** The text as it came, or a telegram's values by OBIS code without the channel, e.g. `1-0:1.8.0`. */
  readonly body: string | ReadonlyMap<string, TelegramValue>
  /**
   * When it came (monotonic ms): a topic or telegram may be older than the question. A message that a broker had kept (retained) came
   * when it arrived here, however old it was; when the broker repeats it after a reconnect and it says nothing new, it keeps its time.
   */
  readonly at: number
}
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

/** An open connection. It queues requests, reconnects by itself with back-off and jitter, and settles every pending call when it closes. */
interface AnyLink {
  /** Without a password. */
  readonly url: string
  readonly state: LinkState
  readonly counters: LinkCounters
  /** Calls `listener` for each frame until the returned function is called. */
  trace(listener: (entry: TraceEntry) => void): () => void
  close(): Promise<void>
}

/**
 * A device or a bus with registers; one request at a time on a bus. Faults: LINK_CLOSED, LINK_UNREACHABLE, DEVICE_TIMEOUT,
 * DEVICE_EXCEPTION (details.exceptionCode), DEVICE_BAD_ANSWER, REQUEST_INVALID; an aborted call rejects with the signal's reason.
 */
export interface RegisterLink extends AnyLink {
  readonly kind: 'registers'
  /** Words read (bits as 0/1), exactly `request.count` of them. */
  read(request: RegisterRead, options: RequestOptions): Promise<readonly number[]>
  write(request: WriteRequest, options: RequestOptions): Promise<void>
}

/**
 * A device that speaks in texts, or a broker or meter that speaks by itself. Faults as of a register link; DEVICE_EXCEPTION carries
 * details.status (an HTTP status) or the device's own words; DEVICE_TIMEOUT also says that nothing has come on a topic yet;
 * REQUEST_INVALID that the driver does not know the kind of request.
 */
export interface DocumentLink extends AnyLink {
  readonly kind: 'documents'
  /** A question: sending it again does no harm, so it is repeated as `timing.retries` says. */
  ask(request: DocumentRead, options: RequestOptions): Promise<DocumentAnswer>
  /** An order. The device's answer, if there is one; a refusal rejects. */
  tell(request: DocumentWrite, options: RequestOptions): Promise<DocumentAnswer | null>
}

export type Link = RegisterLink | DocumentLink

/** One kind of address that a driver knows: what an installer may write, and what is found there. Pure. */
export interface AddressScheme {
  /** `rtu+tcp` */
  readonly name: string
  /** What a device there speaks, as its mapping says: `modbus`, `http`, `mqtt`, `udp`, or the format of its telegrams. */
  readonly speaks: string
  /** What follows the scheme: `//HOST:PORT`, the path of a serial port, or nothing where a group is heard. */
  readonly at: 'host' | 'serial port' | 'group'
  /** An address as an installer writes it, for messages. */
  readonly example: string
  /** The port that is meant when none is written; null: there is none. */
  readonly port: number | null
  /** True: a port that the mapping names comes before `port`, because the device itself listens there. */
  readonly portOfMapping: boolean
  /** True: `http://HOST/prefix`. */
  readonly path: boolean
  /** Who may be at one place: devices with a unit id each, any number of devices, or one meter. */
  readonly sharing: 'units' | 'many' | 'one'
  /** Names of what may follow `?`; `key` is a secret. */
  readonly settings: readonly string[]
  /** Data bits, parity and stop bits of its line when only `baud` is written; null: there is no line. */
  readonly format: string | null
  /** True: `user:password@` may stand before the host. */
  readonly login: boolean
  /** The wires that an address means: equal texts are the same ones, `192.168.1.11:502`, `/dev/ttyUSB0`. Throws LINK_BAD_URL. */
  place(url: string): string
}

export interface Driver {
  /** URL schemes, e.g. `tcp`, `rtu+tcp`. */
  readonly schemes: readonly string[]
  /** The same schemes, as the site file and the command line check them. */
  readonly addresses: readonly AddressScheme[]
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

/** Memory behind a simulated or served device. Throws a BridgeError DEVICE_EXCEPTION with details.exceptionCode to refuse, DEVICE_TIMEOUT to stay silent. */
export interface RegisterBank {
  read(request: RegisterRead): readonly number[]
  write(request: RegisterWrite): void
  /** Texts of the device's identification by object id (Modbus FC 43/14: 0 vendor, 1 product code, 2 revision); absent: it has none. */
  readonly identification?: ReadonlyMap<number, string>
}

/** What a simulated device says in texts; the driver brings it over the wire. */
export interface DocumentBank {
  /** The device's answer to a question or an order; null: it does not know it (HTTP 404, silence). */
  answer(request: HttpRequest | Datagram): { readonly status: number; readonly body: string } | null
  /** Topics as they stand now. */
  topics(): ReadonlyMap<string, string>
  /** Topics that the device sends again and again, changed or not; absent: none. */
  regular?(): ReadonlySet<string>
  /** A message from the bridge. */
  hear(topic: string, payload: string): void
  /** What the meter's telegram says now, by OBIS code. */
  telegram(): ReadonlyMap<string, TelegramValue>
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

export interface DocumentServerDriver {
  readonly schemes: readonly string[]
  /** Serves one simulated device: listens, joins a broker as the device, or sends telegrams by itself every `telegramEveryMs`. */
  serve(url: string, bank: DocumentBank, settings: DocumentServerSettings): Promise<DeviceServer>
}

export interface DocumentServerSettings {
  readonly clock: Clock
  readonly serial: { readonly baud: number; readonly format: string } | null
  /** Topics that change are published, telegrams are sent, so often. */
  readonly everyMs: number
}

export interface ServerSettings {
  readonly clock: Clock
  readonly serial: { readonly baud: number; readonly format: string } | null
  /** Extra time a device takes to answer, ms (turnaround). */
  readonly answerDelayMs: number
  /** Clients that the device takes at the same time; further ones are turned away. The server's own limit when left out. */
  readonly clients?: number
}
