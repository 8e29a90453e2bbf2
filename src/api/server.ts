import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import { createApp } from './app.ts'
import { EventStream } from './event-stream.ts'
import { createHostGuard } from './host-guard.ts'
import type { ApiLog, ObservedSite } from './observed-site.ts'
import type { ApiOperations } from './operations.ts'
import { loadWebFiles } from './web-files.ts'

export interface ApiOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly log: ApiLog
  readonly clock: Clock
  /** Further names under which the page may be asked for, e.g. of a reverse proxy. */
  readonly allowedHosts?: readonly string[]
  /** What callers with a key may do; without it nothing. */
  readonly operations?: ApiOperations
  /** The built page; by default `dist/web` of this package. */
  readonly webFolder?: string
}

export interface RunningApi {
  /** With the port that the system gave, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

const WEB_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url))
const MAX_CONNECTIONS = 200

/** Serves API and page. Throws WEB_PORT_BUSY or WEB_ADDRESS_REFUSED when it cannot listen. */
export async function startApi(site: ObservedSite, options: ApiOptions): Promise<RunningApi> {
  const { host, port, log, clock } = options
  const files = await loadWebFiles(options.webFolder ?? WEB_FOLDER)
  const stream = new EventStream({ site, clock, log })
  const isOurHost = createHostGuard(host, options.allowedHosts ?? [])
  const operations = options.operations ?? null
  const app = createApp({ site, stream, files, isOurHost, log, clock, operations })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 5000 },
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  try {
    await listen(server, host, port)
  } catch (error) {
    await stream.close()
    throw error
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort(server)}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await stream.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, host, port)))
    server.listen(port, host, () => resolve())
  })
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): BridgeError {
  if (error.code === 'EADDRINUSE') return new BridgeError('WEB_PORT_BUSY', `${host}:${port} is taken`, { cause: error })
  return new BridgeError('WEB_ADDRESS_REFUSED', `${host}:${port}: ${error.message}`, { cause: error })
}

function boundPort(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
