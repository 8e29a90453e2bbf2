/**
 * A Modbus slave that can lie in every way: the test decides what goes out for each request. It shares no code with the driver, on
 * purpose. Holding register n holds n, unless the test says otherwise.
 */
import { createServer, type Socket } from 'node:net'

export type RogueFraming = 'tcp' | 'rtu'

export interface RogueRequest {
  /** 0 for the first request since the start. */
  readonly index: number
  readonly transaction: number
  readonly unit: number
  readonly functionCode: number
  readonly address: number
  readonly count: number
  readonly frame: Buffer
  /** The PDU that an honest slave would answer. */
  readonly honest: Buffer
  /** Frames a PDU as the answer to this request, with lies where asked. */
  wrap(pdu: Buffer, lies?: { readonly unit?: number; readonly transaction?: number }): Buffer
}

export interface RogueSlave {
  readonly port: number
  readonly requests: readonly RogueRequest[]
  readonly connections: number
  /** Sends bytes to all clients without being asked. */
  babble(bytes: Buffer): void
  /** Cuts all clients off. */
  hangUp(): void
  close(): Promise<void>
}

export type Misbehaviour = (request: RogueRequest, socket: Socket) => void

/** An honest answer to a request, framed. */
export function honestly(request: RogueRequest): Buffer {
  return request.wrap(request.honest)
}

/** CRC-16 bit by bit. */
export function slowCrc(bytes: Buffer): Buffer {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc % 2 === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return Buffer.from([crc % 256, crc >> 8])
}

function honestPdu(functionCode: number, address: number, count: number, pdu: Buffer): Buffer {
  if (functionCode === 3 || functionCode === 4) {
    const answer = Buffer.alloc(2 + 2 * count)
    answer[0] = functionCode
    answer[1] = (2 * count) % 256
    for (let index = 0; index < count; index += 1) answer.writeUInt16BE((address + index) % 65536, 2 + 2 * index)
    return answer
  }
  return functionCode <= 2
    ? Buffer.concat([Buffer.from([functionCode, Math.ceil(count / 8)]), Buffer.alloc(Math.ceil(count / 8))])
    : Buffer.from(pdu.subarray(0, 5))
}

export async function rogueSlave(framing: RogueFraming, behave: Misbehaviour): Promise<RogueSlave> {
  const sockets = new Set<Socket>()
  const requests: RogueRequest[] = []
  let connections = 0
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    let kept = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk])
      for (;;) {
        const head = framing === 'tcp' ? 6 : 0
        if (kept.length < head + 8 - (framing === 'tcp' ? 2 : 0)) return
        const functionCode = kept[head + 1] ?? 0
        const long = functionCode === 15 || functionCode === 16 ? 1 + (kept[head + 6] ?? 0) : 0
        const end = framing === 'tcp' ? 6 + kept.readUInt16BE(4) : 8 + long
        if (kept.length < end) return
        const frame = Buffer.from(kept.subarray(0, end))
        kept = Buffer.from(kept.subarray(end))
        const transaction = framing === 'tcp' ? frame.readUInt16BE(0) : 0
        const unit = frame[head] ?? 0
        const address = frame.readUInt16BE(head + 2)
        const count = frame.readUInt16BE(head + 4)
        const request: RogueRequest = {
          index: requests.length,
          transaction,
          unit,
          functionCode,
          address,
          count,
          frame,
          honest: honestPdu(functionCode, address, count, frame.subarray(head + 1)),
          wrap: (pdu, lies = {}) => {
            const body = Buffer.concat([Buffer.from([lies.unit ?? unit]), pdu])
            if (framing === 'rtu') return Buffer.concat([body, slowCrc(body)])
            const mbap = Buffer.alloc(6)
            mbap.writeUInt16BE(lies.transaction ?? transaction, 0)
            mbap.writeUInt16BE(body.length, 4)
            return Buffer.concat([mbap, body])
          },
        }
        requests.push(request)
        behave(request, socket)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    requests,
    get connections() {
      return connections
    },
    babble: (bytes) => {
      for (const socket of sockets) socket.write(bytes)
    },
    hangUp,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        hangUp()
      }),
  }
}
