/**
 * Which Host headers are answered. A page on the internet can point its own name at this machine (DNS rebinding) and would then
 * read the site as if it were ours; a name that is not this machine's is therefore refused.
 */
import { hostname, networkInterfaces } from 'node:os'

const LOOPBACK = ['localhost', '127.0.0.1', '::1']

/** The name in a Host header without port and brackets, in lower case; null when it is not one. */
function hostName(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::\d{1,5})?$/i.exec(header ?? '')
  const name = match?.[1] ?? match?.[2]
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '')
}

/** Says whether a request with this Host header is meant for us. `extra`: further names, e.g. of a reverse proxy. */
export function createHostGuard(listenHost: string, extra: readonly string[]): (header: string | undefined) => boolean {
  const own = hostname().toLowerCase()
  const names = new Set([...LOOPBACK, own, `${own}.local`, ...[listenHost, ...extra].map((name) => name.toLowerCase())])
  return (header) => {
    const name = hostName(header)
    if (name === null) return false
    // Addresses come and go with DHCP, so they are looked up when they are asked for.
    return names.has(name) || ownAddresses().has(name)
  }
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address)))
}
