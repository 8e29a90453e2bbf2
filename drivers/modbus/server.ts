/** The device side: listens on any of the wires and answers for its units. */

import type { DeviceServer, RegisterBank, ServerSettings } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { dialSerial } from '../../src/wire/serial-port.ts'
import { listenTcp } from '../../src/wire/tcp.ts'
import type { WireEvents } from '../../src/wire/wire.ts'
import { Alarm } from './alarm.ts'
import { AnswerOrder } from './answer-order.ts'
import { Connection } from './connection.ts'
import { frameOf, type Decoder, type Framing } from './framing.ts'
import { serveRequest } from './serve-request.ts'
import { lineTiming, type LineTiming } from './timing.ts'
import { formatNetworkUrl, type ModbusAddress } from './url.ts'

const CLIENT_LIMIT = 32
/** Requests of one client that wait for their answers; no honest one sends more. */
const WAITING_LIMIT = 64
const REOPEN = { firstMs: 250, limitMs: 3000 }

/** Times that a device takes; all 0 on a wire whose speed is real or unknown. */
interface Pace {
  readonly characterMs: number
  readonly silenceMs: number
  readonly answerDelayMs: number
}

/** One stream of requests: cuts it into frames and has them answered in order. */
class Session {
  readonly #framing: Framing
  readonly #decoder: Decoder
  readonly #units: ReadonlyMap<number, RegisterBank>
  readonly #order: AnswerOrder
  readonly #pace: Pace
  readonly #write: (frame: Buffer) => void
  readonly #hangUp: () => void
  #waiting = 0

  constructor(
    framing: Framing,
    units: ReadonlyMap<number, RegisterBank>,
    order: AnswerOrder,
    pace: Pace,
    write: (frame: Buffer) => void,
    hangUp: () => void,
  ) {
    this.#framing = framing
    this.#decoder = framing.decoder('requests')
    this.#units = units
    this.#order = order
    this.#pace = pace
    this.#write = write
    this.#hangUp = hangUp
  }

  get unfinished(): boolean {
    return this.#decoder.pending > 0
  }

  push(chunk: Buffer): void {
    if (this.#decoder.push(chunk, this.#onFrame) !== null) this.#hangUp()
  }

  end(): void {
    this.#order.leave(this.#write)
  }

  silence(): void {
    this.#decoder.silence(this.#onFrame)
    this.#decoder.takeNoise()
  }

  readonly #onFrame = (unit: number, transaction: number, pdu: Buffer, frame: Buffer): void => {
    if (this.#waiting >= WAITING_LIMIT) {
      this.#hangUp()
      return
    }
    this.#waiting += 1
    const { characterMs, silenceMs, answerDelayMs } = this.#pace
    const question = Buffer.from(pdu)
    this.#order.add({
      readyAfterMs: frame.length * characterMs + silenceMs + answerDelayMs,
      answer: () => {
        this.#waiting -= 1
        const answer = serveRequest(this.#units, unit, question)
        return answer === null ? null : frameOf(this.#framing, transaction, unit, answer)
      },
      characterMs,
      silenceMs,
      write: this.#write,
    })
  }
}

export async function serveModbus(
  address: ModbusAddress,
  framing: Framing,
  units: ReadonlyMap<number, RegisterBank>,
  settings: ServerSettings,
  url: string,
): Promise<DeviceServer> {
  const { clock, answerDelayMs } = settings
  const timing = lineTiming(address.line, framing.name === 'ascii')
  const life = new AbortController()

  if (!('host' in address)) {
    // A real serial port paces itself.
    const order = new AnswerOrder(clock, life.signal)
    const port = new SerialServer(address.path, address.line, timing, settings, (write) => {
      return new Session(framing, units, order, { characterMs: 0, silenceMs: 0, answerDelayMs }, write, () => undefined)
    })
    await port.opened
    return {
      url,
      close: () => {
        life.abort()
        return port.close()
      },
    }
  }

  const paced = address.line !== null
  const pace: Pace = paced
    ? { characterMs: timing.characterMs, silenceMs: timing.silenceMs, answerDelayMs }
    : { characterMs: 0, silenceMs: 0, answerDelayMs }
  // Behind a gateway all clients share the one wire; on Modbus TCP each has its own turn.
  const bus = framing.numbered ? null : new AnswerOrder(clock, life.signal)
  const listener = await listenTcp(address.host, address.port, settings.clients ?? CLIENT_LIMIT, (wire): WireEvents => {
    const order = bus ?? new AnswerOrder(clock, life.signal)
    const session = new Session(framing, units, order, pace, wire.write, () => void wire.close())
    const silence = new SilenceWatch(settings, timing, () => session.silence())
    return {
      bytes: (chunk) => {
        session.push(chunk)
        if (!framing.numbered) silence.heard(session.unfinished)
      },
      closed: () => {
        silence.stop()
        session.end()
      },
    }
  })
  return {
    url: formatNetworkUrl(address, listener.port),
    close: () => {
      life.abort()
      return listener.close()
    },
  }
}

/** Tells a session when its line fell silent in the middle of a frame. */
class SilenceWatch {
  readonly #settings: ServerSettings
  readonly #timing: LineTiming
  readonly #alarm: Alarm
  readonly #silent: () => void
  #until = Number.POSITIVE_INFINITY

  constructor(settings: ServerSettings, timing: LineTiming, silent: () => void) {
    this.#settings = settings
    this.#timing = timing
    this.#silent = silent
    this.#alarm = new Alarm(settings.clock, () => this.#ring())
  }

  heard(unfinished: boolean): void {
    this.#until = unfinished ? this.#settings.clock.monotonic() + this.#timing.resyncMs : Number.POSITIVE_INFINITY
    if (unfinished) this.#alarm.wakeBy(this.#until)
  }

  stop(): void {
    this.#alarm.close()
  }

  #ring(): void {
    if (this.#until === Number.POSITIVE_INFINITY) return
    if (this.#settings.clock.monotonic() < this.#until) {
      this.#alarm.wakeBy(this.#until)
      return
    }
    this.#until = Number.POSITIVE_INFINITY
    this.#silent()
  }
}

/** A serial port that is opened again when its adapter comes back. */
class SerialServer {
  readonly opened: Promise<void>
  readonly #connection: Connection
  readonly #alarm: Alarm
  readonly #silence: SilenceWatch

  constructor(
    path: string,
    line: Parameters<typeof dialSerial>[1],
    timing: LineTiming,
    settings: ServerSettings,
    makeSession: (write: (frame: Buffer) => void) => Session,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.opened = promise
    const session = makeSession((frame) => this.#connection.write(frame))
    this.#silence = new SilenceWatch(settings, timing, () => session.silence())
    this.#alarm = new Alarm(settings.clock, () => this.#connection.due())
    let everOpen = false
    this.#connection = new Connection(dialSerial(path, line), settings.clock, () => 1, REOPEN, {
      opened: () => {
        everOpen = true
        this.#connection.confirm()
        resolve()
      },
      bytes: (chunk) => {
        session.push(chunk)
        this.#silence.heard(session.unfinished)
      },
      lost: () => this.#connection.connect(),
      failed: (reason) => {
        // Listening on a port that is not there is an error; one that went away later is waited for.
        if (!everOpen) {
          void this.close()
          reject(new BridgeError('LINK_UNREACHABLE', `cannot listen on ${path}: ${reason}`))
        }
      },
      wakeBy: (at) => this.#alarm.wakeBy(at),
    })
    this.#connection.connect()
  }

  close(): Promise<void> {
    this.#alarm.close()
    this.#silence.stop()
    return this.#connection.close()
  }
}
