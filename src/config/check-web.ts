/** Where the page and the API listen. */
import { error, warning, type Finding } from './problem.ts'
import type { WebConfig } from './site-config.ts'
import type { SiteEntries } from './site-entries.ts'

export function readListen({ web }: SiteEntries): {
  readonly web: WebConfig | null
  readonly findings: readonly Finding[]
} {
  if (web === null) return { web: null, findings: [] }
  const path = ['web', 'listen']
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9][A-Za-z0-9._-]{0,252})):(\d{1,5})$/.exec(web.listen)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535) {
    return {
      web: null,
      findings: [error(path, 'is not an address to listen on', 'write `HOST:PORT`, for example `127.0.0.1:8080`')],
    }
  }
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  const open = warning(
    path,
    'everyone in this network can see the page',
    'it has no login; `127.0.0.1` keeps it on this machine',
  )
  return { web: { host, port, loopback }, findings: loopback ? [] : [open] }
}
