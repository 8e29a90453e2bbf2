/** A TCP proxy between a client and a server that makes the network bad on demand. All randomness comes from `random`. */
import { connect, createServer, type Socket } from 'node:net'

export interface Chaos {
  /** Delivers in parts of this many bytes; 0: as they come. */
  splitBytes: number
  /** Waits before each part, ms. */
  delayMs: number
  /** Swallows everything, both ways, without closing. */
  frozen: boolean
  /** Swallows what goes to the client; what the client says arrives. */
  frozenDown: boolean
  /** Share of chunks towards the client in which one bit is turned. */
  corrupt: number
  /** Share of chunks towards the client that arrive twice. */
  duplicate: number
  /** Share of chunks towards the client that lose their last byte. */
  truncate: number
  /** Turns new clients away. */
  refuse: boolean
}

export interface ChaosProxy {
  readonly port: number
  readonly chaos: Chaos
  /** Ends all connections with a reset. */
  reset(): void
  close(): Promise<void>
}

export async function chaosProxy(host: string, port: number, random: () => number): Promise<ChaosProxy> {
  const chaos: Chaos = {
    splitBytes: 0,
    delayMs: 0,
    frozen: false,
    frozenDown: false,
    corrupt: 0,
    duplicate: 0,
    truncate: 0,
    refuse: false,
  }
  const sockets = new Set<Socket>()

  const keep = (socket: Socket, partner: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      sockets.delete(socket)
      partner.destroy()
    })
  }
  const spoil = (chunk: Buffer): readonly Buffer[] => {
    const bytes = Buffer.from(chunk)
    if (random() < chaos.corrupt) {
      const at = Math.floor(random() * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    }
    const whole = random() < chaos.truncate ? bytes.subarray(0, -1) : bytes
    return random() < chaos.duplicate ? [whole, whole] : [whole]
  }
  const pump = (from: Socket, to: Socket, spoilt: boolean): void => {
    let last: Promise<void> = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      if (chaos.frozen || (chaos.frozenDown && spoilt)) return
      const parts: Buffer[] = []
      for (const piece of spoilt ? spoil(chunk) : [chunk]) {
        const size = chaos.splitBytes === 0 ? piece.length : chaos.splitBytes
        for (let at = 0; at < piece.length; at += size) parts.push(piece.subarray(at, at + size))
      }
      const { delayMs, splitBytes } = chaos
      last = last.then(async () => {
        for (const part of parts) {
          if (delayMs > 0 || splitBytes > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
          if (!to.destroyed) to.write(part)
        }
      })
    })
  }

  const server = createServer({ noDelay: true }, (client) => {
    if (chaos.refuse) {
      client.destroy()
      return
    }
    const upstream = connect({ host, port, noDelay: true })
    keep(client, upstream)
    keep(upstream, client)
    pump(client, upstream, false)
    pump(upstream, client, true)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    chaos,
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        reset()
      }),
  }
}
