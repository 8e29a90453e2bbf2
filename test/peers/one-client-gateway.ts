/** In front of a server: lets one TCP client in at a time, and hangs up when it is silent for a while, as small devices do. */
import { connect, createServer, type Socket } from 'node:net'

export interface OneClientGateway {
  readonly port: number
  /** Clients that were let in, one after the other. */
  readonly served: number
  /** Clients that came while another one was there. */
  readonly turnedAway: number
  /** How often it hung up on a silent client. */
  readonly hungUp: number
  close(): Promise<void>
}

export async function oneClientGateway(serverPort: number, idleMs: number): Promise<OneClientGateway> {
  let client: Socket | null = null
  let served = 0
  let turnedAway = 0
  let hungUp = 0
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined)
    if (client !== null) {
      turnedAway += 1
      socket.destroy()
      return
    }
    client = socket
    served += 1
    const inside = connect({ host: '127.0.0.1', port: serverPort, noDelay: true })
    inside.on('error', () => undefined)
    socket.pipe(inside)
    inside.pipe(socket)
    socket.setTimeout(idleMs, () => {
      hungUp += 1
      socket.end()
    })
    socket.once('close', () => {
      client = null
      inside.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    get served() {
      return served
    },
    get turnedAway() {
      return turnedAway
    },
    get hungUp() {
      return hungUp
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        client?.destroy()
      }),
  }
}
