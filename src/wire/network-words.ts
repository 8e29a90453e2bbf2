/** Why a socket could not be opened or ended, in the words of whoever wired it. */

const SELF_SIGNED = 'nobody known signed its certificate; ?insecure=yes after the address accepts it'
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the other side',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  ENOTFOUND: 'this name is not known',
  EAI_AGAIN: 'this name is not known (the name server does not answer)',
  ETIMEDOUT: 'no reply from this host',
  EADDRINUSE: 'this port is taken',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not allowed (ports below 1024 need root)',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: SELF_SIGNED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: SELF_SIGNED,
  UNABLE_TO_GET_ISSUER_CERT: SELF_SIGNED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: SELF_SIGNED,
}

/** @param own words of a driver, by error code, where they say more */
export function inWords(error: unknown, own: Readonly<Record<string, string>> = {}): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return own[code] ?? WORDS[code] ?? error.message.slice(0, 200)
}
