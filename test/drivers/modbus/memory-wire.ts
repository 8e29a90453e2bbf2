/** A wire without a network, and a link on it whose time stands still until the test moves it. */
import type { DeviceTiming, RequestOptions, Urgency } from '../../../src/model/driver.ts'
import { asciiFraming } from '../../../drivers/modbus/ascii-framing.ts'
import { frameOf, type Framing } from '../../../drivers/modbus/framing.ts'
import { ModbusLink } from '../../../drivers/modbus/link.ts'
import { rtuFraming } from '../../../drivers/modbus/rtu-framing.ts'
import { tcpFraming } from '../../../drivers/modbus/tcp-framing.ts'
import type { LineTiming } from '../../../drivers/modbus/timing.ts'
import type { Dial, Wire, WireEvents } from '../../../src/wire/wire.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

export const TIMING: DeviceTiming = { timeoutMs: 1000, pauseMs: 0, retries: 0, connectDelayMs: 0 }

export function asking(timing: Partial<DeviceTiming> = {}, urgency: Urgency = 'normal'): RequestOptions {
  return { timing: { ...TIMING, ...timing }, urgency, signal: new AbortController().signal }
}

/** Holding registers. */
export function registers(unit: number, address: number, count: number) {
  return { kind: 'registers', unit, table: 'holding', address, count } as const
}

export class MemoryWire {
  readonly clock = new ManualClock()
  /** All frames that the link sent. */
  readonly sent: Buffer[] = []
  dials = 0
  refuse = false
  #events: WireEvents | null = null

  readonly dial: Dial<Wire> = (events) => {
    this.dials += 1
    if (this.refuse) return Promise.reject(new Error('connection refused'))
    this.#events = events
    return Promise.resolve({
      write: (bytes) => {
        this.sent.push(Buffer.from(bytes))
      },
      close: () => {
        this.#events = null
        return Promise.resolve()
      },
    })
  }

  receive(bytes: Buffer): void {
    this.#events?.bytes(bytes)
  }

  hangUp(reason = 'closed by the other side'): void {
    const events = this.#events
    this.#events = null
    events?.closed(reason)
  }

  /** The function code and fields of the frame sent last. */
  get last(): Buffer {
    return this.sent.at(-1) ?? Buffer.alloc(0)
  }
}

export interface Bench {
  readonly wire: MemoryWire
  readonly clock: ManualClock
  readonly link: ModbusLink
  /** Answers the frame sent last as an honest device would: holding register n is n. */
  readonly answer: () => void
  /** A frame of `unit` around `pdu`, with the transaction id of the frame sent last. */
  readonly frame: (unit: number, pdu: readonly number[]) => Buffer
}

const FRAMINGS = { tcp: tcpFraming, rtu: rtuFraming, ascii: asciiFraming } as const
export const LINE: LineTiming = { characterMs: 0, silenceMs: 4, resyncMs: 24 }

export function bench(
  name: keyof typeof FRAMINGS,
  options: { readonly echo?: boolean; readonly line?: LineTiming } = {},
): Bench {
  const wire = new MemoryWire()
  const framing: Framing = FRAMINGS[name]
  const link = new ModbusLink({
    url: `memory:${name}`,
    framing,
    dial: wire.dial,
    backOff: { firstMs: 100, limitMs: 1000 },
    network: name === 'tcp',
    line: options.line ?? LINE,
    settings: { clock: wire.clock, random: () => 1, serial: null, echo: options.echo ?? false },
  })
  const frame = (unit: number, pdu: readonly number[]): Buffer =>
    frameOf(framing, name === 'tcp' ? wire.last.readUInt16BE(0) : 0, unit, Buffer.from(pdu))
  return {
    wire,
    clock: wire.clock,
    link,
    frame,
    answer: () => {
      const question = lastQuestion(framing, wire.last)
      wire.receive(frame(question.unit, holding(question.address, question.count)))
    },
  }
}

/** The answer PDU to a read of holding registers that hold their own address. */
export function holding(address: number, count: number): readonly number[] {
  const words = Array.from({ length: count }, (_, index) => (address + index) & 0xffff)
  return [3, 2 * count, ...words.flatMap((word) => [word >> 8, word & 0xff])]
}

export function lastQuestion(
  framing: Framing,
  bytes: Buffer,
): { readonly unit: number; readonly functionCode: number; readonly address: number; readonly count: number } {
  let question = { unit: -1, functionCode: 0, address: 0, count: 0 }
  framing.decoder('requests').push(bytes, (unit, _transaction, pdu) => {
    question = { unit, functionCode: pdu.readUInt8(0), address: pdu.readUInt16BE(1), count: pdu.readUInt16BE(3) }
  })
  return question
}
