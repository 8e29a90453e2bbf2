/** The plainest CSMS there is: `ws`, JSON, an answer to each CALL. It checks nothing, so that it costs little. */
import { readFileSync } from 'node:fs'
import { createServer as createPlain } from 'node:http'
import { createServer as createTls } from 'node:https'
import { type RawData, WebSocketServer } from 'ws'

export interface RawCsmsParams {
  /** Folder with `server.crt` and `server.key` for wss; null: ws. */
  readonly tlsFolder: string | null
}

/** A role: answers what a station sends and counts it. */
export async function rawCsms({ tlsFolder }: RawCsmsParams) {
  const http =
    tlsFolder === null
      ? createPlain()
      : createTls({ cert: readFileSync(`${tlsFolder}/server.crt`), key: readFileSync(`${tlsFolder}/server.key`) })
  const server = new WebSocketServer({ server: http, perMessageDeflate: false, handleProtocols: () => 'ocpp1.6' })
  const calls = new Map<string, number>()
  let transactionId = 0
  let firstBootAt: number | null = null
  const answerTo = (action: string): object => {
    switch (action) {
      case 'BootNotification':
        firstBootAt ??= performance.timeOrigin + performance.now()
        return { status: 'Accepted', currentTime: new Date().toISOString(), interval: 3600 }
      case 'Heartbeat':
        return { currentTime: new Date().toISOString() }
      case 'StartTransaction':
        return { transactionId: ++transactionId, idTagInfo: { status: 'Accepted' } }
      case 'Authorize':
      case 'StopTransaction':
        return { idTagInfo: { status: 'Accepted' } }
      default:
        return {}
    }
  }
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const [type, id, action] = JSON.parse(textOf(data)) as [number, string, string]
      if (type !== 2) return
      calls.set(action, (calls.get(action) ?? 0) + 1)
      socket.send(JSON.stringify([3, id, answerTo(action)]))
    })
    socket.on('error', () => socket.terminate())
  })
  await new Promise<void>((resolve) => http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: async () =>
      `${tlsFolder === null ? 'ws' : 'wss'}://${tlsFolder === null ? '127.0.0.1' : 'localhost'}:${port}/ocpp`,
    calls: async (action: string) => calls.get(action) ?? 0,
    allCalls: async () => [...calls.values()].reduce((sum, count) => sum + count, 0),
    connections: async () => server.clients.size,
    /** Wall ms with fractions, or null. */
    firstBootAt: async () => firstBootAt,
    forget: async () => {
      firstBootAt = null
      for (const socket of server.clients) socket.terminate()
    },
  }
}

/** A text frame; `ws` hands each over as one buffer. */
export function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : ''
}
