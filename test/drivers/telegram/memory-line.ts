/** A line without a network: a link on it whose time stands still until the test moves it, and the meter's end. */
import type { DeviceTiming, RequestOptions } from '../../../src/model/driver.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import type { Dial, PatientWire, WireEvents } from '../../../src/wire/wire.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const TIMING: DeviceTiming = { timeoutMs: 1000, pauseMs: 0, retries: 0, connectDelayMs: 0 }

export function asking(timeoutMs = 1000, signal: AbortSignal = new AbortController().signal): RequestOptions {
  return { timing: { ...TIMING, timeoutMs }, urgency: 'normal', signal }
}

/** The code that a call failed with, or its value. */
export async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    return isBridgeError(error) ? error.code : error
  }
}

export class MemoryLine {
  readonly clock = new ManualClock()
  /** What the link sent. */
  readonly sent: Buffer[] = []
  dials = 0
  /** Nobody is there. */
  refuse = false
  /** Dialling never ends. */
  hang = false
  /** Wires that are open now. */
  open = 0
  /** Speed of each end; null: a socket, which has none. Bytes take their time, and at another speed arrive as something else. */
  baud: { link: number; meter: number } | null = null
  meter: (bytes: Buffer) => void = () => undefined
  #events: WireEvents | null = null

  readonly dial: Dial<PatientWire> = async (events) => {
    this.dials += 1
    if (this.hang) return new Promise<PatientWire>(() => undefined)
    if (this.refuse) throw new Error('connection refused')
    this.#events = events
    this.open += 1
    return {
      send: async (bytes) => {
        this.sent.push(Buffer.from(bytes))
        this.meter(await this.#carried(bytes, 'link', 'meter'))
      },
      setBaud: this.baud === null ? null : async (baud) => this.#set('link', baud),
      check: null,
      close: async () => {
        this.open -= 1
        this.#events = null
      },
    }
  }

  /** The meter's end. */
  get meterWire(): PatientWire {
    return {
      send: (bytes) => this.transmit(bytes),
      setBaud: this.baud === null ? null : async (baud) => this.#set('meter', baud),
      check: null,
      close: async () => undefined,
    }
  }

  /** Bytes come in. */
  receive(bytes: Buffer): void {
    this.#events?.bytes(bytes)
  }

  /** The meter sends at its speed. */
  async transmit(bytes: Buffer): Promise<void> {
    this.receive(await this.#carried(bytes, 'meter', 'link'))
  }

  hangUp(reason = 'closed by the other side'): void {
    this.#events?.closed(reason)
  }

  #set(end: 'link' | 'meter', baud: number): void {
    if (this.baud !== null) this.baud = { ...this.baud, [end]: baud }
  }

  async #carried(bytes: Buffer, from: 'link' | 'meter', to: 'link' | 'meter'): Promise<Buffer> {
    if (this.baud === null) return Buffer.from(bytes)
    const speed = this.baud[from]
    await this.clock.sleep((bytes.length * 10_000) / speed, new AbortController().signal)
    const right = this.baud[to] === speed
    return Buffer.from(bytes.map((byte) => (right ? byte : byte ^ 0x55)))
  }
}
