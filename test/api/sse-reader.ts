/** Reads a stream of server-sent events as a browser would, one event at a time. */
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'

export interface SseMessage {
  readonly event: string
  readonly id: string | null
  readonly data: unknown
}

export interface SseReader {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Body of a refusal. */
  readonly problem: unknown
  /** The next event of this name; those of other names before it are kept. */
  next(event: string): Promise<SseMessage>
  /** All events that were kept and not asked for. */
  readonly kept: readonly SseMessage[]
  readonly ended: Promise<void>
  close(): void
}

export function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<SseReader> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      response.setEncoding('utf8')
      if (response.headers['content-type']?.startsWith('text/event-stream') !== true) {
        let body = ''
        response.on('data', (text: string) => (body += text))
        response.on('end', () => resolve({ ...reader(response, () => request.destroy()), problem: JSON.parse(body) }))
        return
      }
      resolve(reader(response, () => request.destroy()))
    })
    request.on('error', reject)
  })
}

function reader(response: IncomingMessage, close: () => void): SseReader {
  const kept: SseMessage[] = []
  const waiting: { readonly event: string; readonly resolve: (message: SseMessage) => void }[] = []
  let text = ''
  response.on('data', (chunk: string) => {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const message = parseBlock(block)
      if (message === null) continue
      const index = waiting.findIndex(({ event }) => event === message.event)
      if (index === -1) kept.push(message)
      else waiting.splice(index, 1)[0]?.resolve(message)
    }
  })
  response.on('error', () => {})
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    problem: null,
    kept,
    ended: new Promise((resolve) => response.on('close', () => resolve())),
    close,
    next: (event) => {
      const index = kept.findIndex((message) => message.event === event)
      const [found] = index === -1 ? [] : kept.splice(index, 1)
      return found === undefined ? new Promise((resolve) => waiting.push({ event, resolve })) : Promise.resolve(found)
    },
  }
}

function parseBlock(block: string): SseMessage | null {
  const field = (name: string): string | null =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? null
  const data = field('data')
  return data === null ? null : { event: field('event') ?? 'message', id: field('id'), data: JSON.parse(data) }
}
