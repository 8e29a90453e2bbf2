/**
 * An independent CSMS: the server of npm `ocpp-rpc` in strict mode, which checks every message of both sides against
 * the official schemas. Records what comes; a test answers and asks.
 */
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'

/** What a test sees of a message from a station. */
export interface RecordedCall {
  readonly identity: string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

type Answer = (call: RecordedCall) => object | Promise<object>

export interface StrictCsmsOptions {
  readonly port?: number
  /** Instead of the friendly default answers; throw to answer with CALLERROR. */
  readonly answers?: Readonly<Record<string, Answer>>
  /** Expected basic auth password; any is taken when absent. */
  readonly password?: Buffer
}

export interface StrictCsms {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
  readonly calls: readonly RecordedCall[]
  /** Schema faults and other complaints of the server; empty when all was right. */
  readonly complaints: readonly string[]
  isConnected(identity: string): boolean
  /** Resolves when the station is connected. */
  connected(identity: string): Promise<void>
  /** Resolves with the first recorded call that fits, now or later. */
  waitFor(fits: (call: RecordedCall) => boolean): Promise<RecordedCall>
  /** Asks the station; rejects with the station's CALLERROR (`error.rpcErrorCode`). */
  call(identity: string, method: string, params: object): Promise<unknown>
  answer(method: string, answer: Answer): void
  close(): Promise<void>
}

interface ServerClient {
  readonly identity: string
  handle(handler: (message: { method: string; params: Record<string, unknown> }) => unknown): void
  call(method: string, params: object): Promise<unknown>
  once(event: 'close', listener: () => void): void
  on(event: 'strictValidationFailure' | 'badMessage' | 'callResult', listener: (event: unknown) => void): void
}

interface RpcServer {
  auth(
    callback: (
      accept: () => void,
      reject: (code: number, message: string) => void,
      handshake: { readonly password?: Buffer },
    ) => void,
  ): void
  on(event: 'client', listener: (client: ServerClient) => void): void
  listen(port: number, host: string): Promise<Server>
  close(options: { force: boolean }): Promise<void>
}

const FRIENDLY: Readonly<Record<string, Answer>> = {
  Authorize: () => ({ idTagInfo: { status: 'Accepted' } }),
  BootNotification: () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 }),
  DataTransfer: () => ({ status: 'Accepted' }),
  DiagnosticsStatusNotification: () => ({}),
  FirmwareStatusNotification: () => ({}),
  Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  LogStatusNotification: () => ({}),
  MeterValues: () => ({}),
  SecurityEventNotification: () => ({}),
  SignCertificate: () => ({ status: 'Accepted' }),
  SignedFirmwareStatusNotification: () => ({}),
  StatusNotification: () => ({}),
  StopTransaction: () => ({ idTagInfo: { status: 'Accepted' } }),
}

export async function startStrictCsms(options: StrictCsmsOptions = {}): Promise<StrictCsms> {
  // The package's types need a project without `verbatimModuleSyntax`; what we use of it is written down above.
  const { RPCServer } = createRequire(import.meta.url)('ocpp-rpc') as { RPCServer: new (options: object) => RpcServer }
  const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true })
  const calls: RecordedCall[] = []
  const complaints: string[] = []
  const clients = new Map<string, ServerClient>()
  const changed = new EventTarget()
  const answers = new Map(Object.entries({ ...FRIENDLY, ...options.answers }))
  let nextTransactionId = 1000
  if (!answers.has('StartTransaction')) {
    answers.set('StartTransaction', () => ({
      transactionId: nextTransactionId++,
      idTagInfo: { status: 'Accepted' },
    }))
  }
  server.auth((accept, reject, { password }) => {
    if (options.password === undefined || password?.equals(options.password) === true) accept()
    else reject(401, 'Unauthorized')
  })
  server.on('client', (client) => {
    clients.set(client.identity, client)
    client.once('close', () => {
      if (clients.get(client.identity) === client) clients.delete(client.identity)
    })
    client.on('strictValidationFailure', (event) => complaints.push(complaintOf('strictValidationFailure', event)))
    client.on('badMessage', (event) => complaints.push(complaintOf('badMessage', event)))
    client.handle(async ({ method, params }) => {
      const call = { identity: client.identity, method, params }
      calls.push(call)
      changed.dispatchEvent(new Event('change'))
      const answer = answers.get(method)
      if (answer === undefined) throw new Error(`the test has no answer to ${method}`)
      return answer(call)
    })
    changed.dispatchEvent(new Event('change'))
  })
  const http = await server.listen(options.port ?? 0, '127.0.0.1')
  const { port } = http.address() as AddressInfo

  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const tryOnce = (): void => {
        const found = look()
        if (found === undefined) return
        changed.removeEventListener('change', tryOnce)
        resolve(found)
      }
      changed.addEventListener('change', tryOnce)
      tryOnce()
    })

  return {
    url: `ws://127.0.0.1:${port}`,
    calls,
    complaints,
    isConnected: (identity) => clients.has(identity),
    connected: async (identity) => {
      await until(() => clients.get(identity))
    },
    waitFor: (fits) => until(() => calls.find(fits)),
    async call(identity, method, params) {
      const client = clients.get(identity)
      if (client === undefined) throw new Error(`${identity} is not connected`)
      return client.call(method, params)
    },
    answer: (method, answer) => void answers.set(method, answer),
    async close() {
      await server.close({ force: true })
    },
  }
}

function complaintOf(kind: string, event: unknown): string {
  const error = typeof event === 'object' && event !== null && 'error' in event ? event.error : event
  return `${kind}: ${error instanceof Error ? error.message : JSON.stringify(event)}`
}
