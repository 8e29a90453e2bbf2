/** Why a datagram could not leave, in the words of whoever set it up. */
export function inWords(error: unknown, localPort: number): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'EADDRINUSE':
      return `port ${localPort} of this machine is taken by another program (?local=PORT chooses another)`
    case 'EACCES':
      return `not allowed: a port below 1024 needs root, and a broadcast address is no device`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this name is not known'
    case 'EHOSTUNREACH':
      return 'no way to this host'
    case 'ENETUNREACH':
      return 'no way to this network'
    default:
      return error.message
  }
}
