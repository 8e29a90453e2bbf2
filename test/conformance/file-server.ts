/** Where a CSMS has files sent to and fetched from: a plain HTTP server that keeps what it is given. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'vitest'

export interface FileServer {
  /** `http://127.0.0.1:PORT/`, ends with a slash. */
  readonly url: string
  /** What was sent here, by path. */
  readonly received: ReadonlyMap<string, Buffer>
  /** What may be fetched, by path. */
  readonly offered: Map<string, Buffer>
}

export async function openFileServer({ onTestFinished }: TestContext): Promise<FileServer> {
  const received = new Map<string, Buffer>()
  const offered = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (request.method === 'GET' || request.method === 'HEAD') {
      const file = offered.get(path)
      response.writeHead(file === undefined ? 404 : 200, { 'Content-Length': file?.length ?? 0 }).end(file)
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.set(path, Buffer.concat(chunks))
      response.writeHead(201).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, received, offered }
}
