/** Why a broker cannot be reached, in the words of whoever set it up. */

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the broker',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  ENOTFOUND: 'this name is not known',
  EAI_AGAIN: 'this name is not known (the name server does not answer)',
  ETIMEDOUT: 'no reply from this host',
  EPROTO: 'it does not speak TLS here: is it mqtt:// or another port?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS here: is it mqtt:// or another port?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself; ?insecure=yes after the address accepts it',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody known signed its certificate; ?insecure=yes after the address accepts it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody known signed its certificate; ?insecure=yes after the address accepts it',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody known signed its certificate; ?insecure=yes after the address accepts it',
  // Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3).
  1: 'the broker does not speak MQTT 3.1.1',
  2: 'the broker refuses our client id',
  3: 'the broker is not available',
  4: 'the broker refuses user or password',
  5: 'the broker refuses us: check user and password',
}

export function inWords(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  return WORDS[code] ?? error.message.slice(0, 200)
}
