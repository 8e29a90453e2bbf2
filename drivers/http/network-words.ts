/** Why a connection could not be made, in the words of whoever set it up. */

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the other side',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  ENOTFOUND: 'this name is not known',
  EAI_AGAIN: 'this name is not known (the name server does not answer)',
  ETIMEDOUT: 'no reply from this host',
  EADDRINUSE: 'this port is taken',
  EACCES: 'not allowed (ports below 1024 need root)',
  EPROTO: 'it does not speak TLS here: is it http:// or another port?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS here: is it http:// or another port?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}
const SELF_SIGNED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

export function inWords(error: NodeJS.ErrnoException): string {
  const code = error.code ?? ''
  if (SELF_SIGNED.has(code)) return 'nobody known signed its certificate; ?insecure=yes after the address accepts it'
  return WORDS[code] ?? error.message
}
