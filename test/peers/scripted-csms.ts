/**
 * A CSMS on a raw WebSocket server on which a test scripts anything: refuse the handshake, store and drop, answer twice,
 * answer to nobody, be silent, talk garbage. Knows OCPP 1.6 well enough to be friendly by default, and records every
 * transaction it hears of, so that a test can say: started once, stopped once, in order.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'

/** A CALL of a station as it came. */
export interface StationCall {
  readonly stationId: string
  readonly messageId: string
  readonly action: string
  readonly payload: Readonly<Record<string, unknown>>
  /** Counts connections of this station from 1. */
  readonly connection: number
}

export interface RecordedTransaction {
  readonly transactionId: number
  readonly stationId: string
  readonly connectorId: number
  readonly idTag: string
  readonly meterStart: number
  readonly starts: readonly StationCall[]
  readonly meterValues: readonly StationCall[]
  readonly stops: readonly StationCall[]
}

/**
 * What to do with a CALL: an answer (payload of the CALLRESULT), a CALLERROR, or one of the misdeeds.
 * - `silence`: never answer
 * - `drop`: store it and cut the socket without an answer
 * - `twice`: answer two times
 * - `wrong-id`: answer to an id that nobody used
 * - `raw`: send these frames as they are
 */
export type Reaction =
  | { readonly answer: object }
  | { readonly error: string; readonly description?: string }
  | { readonly misdeed: 'silence' | 'drop' }
  | { readonly misdeed: 'twice' | 'wrong-id'; readonly answer: object }
  | { readonly raw: readonly (string | Buffer)[] }

export interface ScriptedCsmsOptions {
  readonly port?: number
  /** Key and certificate for wss; with `ca` only clients with a certificate of that CA get in. */
  readonly tls?: Pick<SecureContextOptions, 'key' | 'cert' | 'ca' | 'minVersion' | 'maxVersion' | 'ciphers'>
  /** Called for each upgrade; an answer refuses it, `silence` leaves it hanging. */
  readonly refuse?: (request: IncomingMessage) => HttpRefusal | 'silence' | null
  /** Null: agree on no subprotocol; absent: the first that is offered. */
  readonly subprotocol?: string | null
  /** `undefined`: the friendly default. */
  readonly react?: (call: StationCall) => Reaction | undefined | Promise<Reaction | undefined>
}

interface HttpRefusal {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface ScriptedCsms {
  /** `ws://127.0.0.1:PORT` or `wss://localhost:PORT` */
  readonly url: string
  readonly port: number
  /** Requests to upgrade, refused ones included. */
  readonly attempts: readonly IncomingMessage[]
  readonly calls: readonly StationCall[]
  /** Frames as they came, of all stations. */
  readonly frames: readonly string[]
  readonly transactions: readonly RecordedTransaction[]
  react(react: NonNullable<ScriptedCsmsOptions['react']>): void
  refuse(refuse: NonNullable<ScriptedCsmsOptions['refuse']>): void
  /** The open socket of a station, or null. */
  socket(stationId: string): WebSocket | null
  connected(stationId: string): Promise<WebSocket>
  /** Sends a CALL and resolves with the frame that answers it: `[3, ...]` or `[4, ...]`. */
  call(stationId: string, action: string, payload: object, messageId?: string): Promise<readonly unknown[]>
  waitFor(fits: (call: StationCall) => boolean): Promise<StationCall>
  /** Cuts all sockets; stations may come again. */
  dropAll(): void
  close(): Promise<void>
}

export async function startScriptedCsms(options: ScriptedCsmsOptions = {}): Promise<ScriptedCsms> {
  let { react = (): undefined => undefined, refuse = (): null => null } = options
  const attempts: IncomingMessage[] = []
  const calls: StationCall[] = []
  const frames: string[] = []
  const book = new TransactionBook()
  const sockets = new Map<string, WebSocket>()
  const connections = new Map<string, number>()
  const waiting = new Map<string, (frame: readonly unknown[]) => void>()
  const looks = new Set<() => void>()
  const changed = (): void => looks.forEach((look) => look())

  const http =
    options.tls === undefined
      ? createServer(refuseHttp)
      : createTlsServer(
          { ...options.tls, requestCert: options.tls.ca !== undefined, rejectUnauthorized: true },
          refuseHttp,
        )
  const server = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) =>
      options.subprotocol === null ? false : (options.subprotocol ?? [...offered][0] ?? false),
  })

  const streams = new Set<Duplex>()
  http.on('connection', (stream: Duplex) => {
    streams.add(stream)
    stream.on('close', () => streams.delete(stream))
  })
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => undefined)
    attempts.push(request)
    changed()
    const refusal = refuse(request)
    if (refusal === 'silence') return
    if (refusal !== null) {
      const headers = Object.entries({ Connection: 'close', 'Content-Length': '0', ...refusal.headers })
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
      stream.end(`HTTP/1.1 ${refusal.status} Scripted\r\n${lines.join('')}\r\n`)
      return
    }
    server.handleUpgrade(request, stream, head, (socket) => welcome(socket, request))
  })

  function welcome(socket: WebSocket, request: IncomingMessage): void {
    const stationId = decodeURIComponent((request.url ?? '').split('?')[0]?.split('/').at(-1) ?? '')
    const connection = (connections.get(stationId) ?? 0) + 1
    connections.set(stationId, connection)
    sockets.set(stationId, socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (sockets.get(stationId) === socket) sockets.delete(stationId)
      changed()
    })
    // One after the other: a slow reaction does not let later calls overtake.
    let line = Promise.resolve()
    socket.on('message', (data) => {
      const text = Buffer.isBuffer(data) ? data.toString('utf8') : ''
      frames.push(text)
      const frame: unknown = JSON.parse(text)
      if (!Array.isArray(frame)) return
      const [type, messageId, action, payload]: unknown[] = frame
      if (type !== 2) {
        waiting.get(String(messageId))?.(frame)
        waiting.delete(String(messageId))
        return
      }
      const call: StationCall = {
        stationId,
        messageId: String(messageId),
        action: String(action),
        payload: payload as StationCall['payload'],
        connection,
      }
      line = line.then(() => serve(socket, call))
    })
    changed()
  }

  async function serve(socket: WebSocket, call: StationCall): Promise<void> {
    calls.push(call)
    book.record(call)
    changed()
    const reaction = (await react(call)) ?? { answer: friendlyAnswer(call, book) }
    const result = (answer: object, id = call.messageId): void => socket.send(JSON.stringify([3, id, answer]))
    if ('raw' in reaction) for (const frame of reaction.raw) socket.send(frame)
    else if ('error' in reaction) {
      socket.send(JSON.stringify([4, call.messageId, reaction.error, reaction.description ?? '', {}]))
    } else if (!('misdeed' in reaction)) {
      book.noteAnswer(call, reaction.answer)
      result(reaction.answer)
    } else if (reaction.misdeed === 'drop') socket.terminate()
    else if (reaction.misdeed === 'twice') {
      result(reaction.answer)
      result(reaction.answer)
    } else if (reaction.misdeed === 'wrong-id') result(reaction.answer, `not-${call.messageId}`.slice(0, 36))
  }

  const until = <T>(look: () => T | null | undefined): Promise<T> =>
    new Promise((resolve) => {
      const lookOnce = (): void => {
        const found = look()
        if (found === null || found === undefined) return
        looks.delete(lookOnce)
        resolve(found)
      }
      looks.add(lookOnce)
      lookOnce()
    })

  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  let callsMade = 0

  return {
    url: options.tls === undefined ? `ws://127.0.0.1:${port}` : `wss://localhost:${port}`,
    port,
    attempts,
    calls,
    frames,
    get transactions() {
      return book.transactions
    },
    react: (next) => void (react = next),
    refuse: (next) => void (refuse = next),
    socket: (stationId) => sockets.get(stationId) ?? null,
    connected: (stationId) => until(() => sockets.get(stationId)),
    call(stationId, action, payload, messageId = `csms-${++callsMade}`) {
      const socket = sockets.get(stationId)
      if (socket === undefined) return Promise.reject(new Error(`${stationId} is not connected`))
      return new Promise((resolve) => {
        waiting.set(messageId, resolve)
        socket.send(JSON.stringify([2, messageId, action, payload]))
      })
    },
    waitFor: (fits) => until(() => calls.find(fits)),
    dropAll() {
      for (const socket of sockets.values()) socket.terminate()
    },
    async close() {
      for (const stream of streams) stream.destroy()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

function refuseHttp(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426).end()
}

interface Entry extends RecordedTransaction {
  readonly starts: StationCall[]
  readonly meterValues: StationCall[]
  readonly stops: StationCall[]
}

/** What a CSMS's database would hold. A start that is told twice (same time, meter and card) is one transaction. */
class TransactionBook {
  readonly #entries: Entry[] = []

  get transactions(): readonly RecordedTransaction[] {
    return this.#entries
  }

  record(call: StationCall): void {
    const { payload } = call
    if (call.action === 'StartTransaction') {
      const known = this.#startedBy(call)
      if (known !== undefined) known.starts.push(call)
      else {
        this.#entries.push({
          transactionId: 1000 + this.#entries.length,
          stationId: call.stationId,
          connectorId: Number(payload['connectorId']),
          idTag: String(payload['idTag']),
          meterStart: Number(payload['meterStart']),
          starts: [call],
          meterValues: [],
          stops: [],
        })
      }
    }
    const entry = this.#entries.find(({ transactionId }) => transactionId === payload['transactionId'])
    if (call.action === 'StopTransaction') entry?.stops.push(call)
    if (call.action === 'MeterValues') entry?.meterValues.push(call)
  }

  transactionIdOf(call: StationCall): number {
    return this.#startedBy(call)?.transactionId ?? 0
  }

  /** A test that answers a start with an id of its own decides what the transaction is called. */
  noteAnswer(call: StationCall, answer: object): void {
    if (call.action !== 'StartTransaction' || !('transactionId' in answer)) return
    const at = this.#entries.findIndex((entry) => entry.starts.includes(call))
    const entry = this.#entries[at]
    if (entry !== undefined) this.#entries[at] = { ...entry, transactionId: Number(answer.transactionId) }
  }

  #startedBy({ stationId, payload }: StationCall): Entry | undefined {
    return this.#entries.find(
      (entry) =>
        entry.stationId === stationId &&
        entry.starts.some(
          (start) =>
            start.payload['timestamp'] === payload['timestamp'] &&
            start.payload['connectorId'] === payload['connectorId'] &&
            start.payload['meterStart'] === payload['meterStart'],
        ),
    )
  }
}

function friendlyAnswer(call: StationCall, book: TransactionBook): object {
  const currentTime = new Date().toISOString()
  switch (call.action) {
    case 'BootNotification':
      return { status: 'Accepted', currentTime, interval: 300 }
    case 'Heartbeat':
      return { currentTime }
    case 'Authorize':
    case 'StopTransaction':
      return { idTagInfo: { status: 'Accepted' } }
    case 'StartTransaction':
      return { transactionId: book.transactionIdOf(call), idTagInfo: { status: 'Accepted' } }
    case 'DataTransfer':
    case 'SignCertificate':
      return { status: 'Accepted' }
    default:
      return {}
  }
}
