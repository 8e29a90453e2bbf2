/** Why TLS failed, as a sentence that says what to do about it. */

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'the certificate of the CSMS has expired (or the clock here is wrong)'],
  ['CERT_NOT_YET_VALID', 'the certificate of the CSMS is not valid yet (or the clock here is wrong)'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of the CSMS is for another name'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate of the CSMS is self-signed: name its CA file'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the certificate of the CSMS comes from an unknown CA: name its CA file'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'the certificate of the CSMS comes from an unknown CA: name its CA file'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the certificate of the CSMS comes from an unknown CA: name its CA file'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the certificate of the CSMS comes from an unknown CA: name its CA file'],
  ['CERT_UNTRUSTED', 'the certificate of the CSMS comes from an unknown CA: name its CA file'],
  ['CERT_SIGNATURE_FAILURE', 'the certificate of the CSMS is forged or damaged'],
  ['CERT_REVOKED', 'the certificate of the CSMS was revoked'],
  ['INVALID_PURPOSE', 'the certificate of the CSMS is not one for a server'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the CSMS speaks only TLS older than 1.2'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'the CSMS refuses TLS 1.2 and newer'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'what answers does not speak TLS: is the address meant to begin with ws://?'],
  ['ERR_SSL_HTTP_REQUEST', 'what answers does not speak TLS: is the address meant to begin with ws://?'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'what answers does not speak TLS: is the address meant to begin with ws://?'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the CSMS wants a certificate of this station (security profile 3)'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'the CSMS refuses the certificate of this station'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'the CSMS says that the certificate of this station has expired'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'the CSMS does not know the certificate of this station'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'the CSMS does not know the CA of this station’s certificate'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the CSMS and this station have no TLS cipher in common'],
])

/** Null when the error is none of TLS. */
export function explainTlsError(error: Error): string | null {
  const code = codeOf(error)
  const isTls = code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')
  return SENTENCES.get(code) ?? (isTls ? `TLS failed (${code})` : null)
}

/** Node names most faults of OpenSSL itself; some come as EPROTO with OpenSSL's reason in the text. */
function codeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code !== 'EPROTO') return code
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1]
  return reason === undefined ? code : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`
}
