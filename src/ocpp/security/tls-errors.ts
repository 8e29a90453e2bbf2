/** Why TLS failed: a sentence that says what to do about it, and the security event that the whitepaper names for it. */
import type { SecurityEventType } from '../../model/security-event.ts'

const UNTRUSTED = 'InvalidCentralSystemCertificate'
const REFUSED = 'FailedToAuthenticateAtCentralSystem'
const UNKNOWN_CA = 'the certificate of the CSMS comes from an unknown CA: name its CA file'
const NO_TLS = 'what answers does not speak TLS: is the address meant to begin with ws://?'
const NO_CIPHER = 'the CSMS and this station have no TLS cipher in common'

type Reason = readonly [sentence: string, event: SecurityEventType | null]

const REASONS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['CERT_HAS_EXPIRED', ['the certificate of the CSMS has expired (or the clock here is wrong)', UNTRUSTED]],
  ['CERT_NOT_YET_VALID', ['the certificate of the CSMS is not valid yet (or the clock here is wrong)', UNTRUSTED]],
  ['ERR_TLS_CERT_ALTNAME_INVALID', ['the certificate of the CSMS is for another name', UNTRUSTED]],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', ['the certificate of the CSMS is self-signed: name its CA file', UNTRUSTED]],
  ['SELF_SIGNED_CERT_IN_CHAIN', [UNKNOWN_CA, UNTRUSTED]],
  ['UNABLE_TO_GET_ISSUER_CERT', [UNKNOWN_CA, UNTRUSTED]],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', [UNKNOWN_CA, UNTRUSTED]],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', [UNKNOWN_CA, UNTRUSTED]],
  ['CERT_UNTRUSTED', [UNKNOWN_CA, UNTRUSTED]],
  ['CERT_SIGNATURE_FAILURE', ['the certificate of the CSMS is forged or damaged', UNTRUSTED]],
  ['CERT_REVOKED', ['the certificate of the CSMS was revoked', UNTRUSTED]],
  ['INVALID_PURPOSE', ['the certificate of the CSMS is not one for a server', UNTRUSTED]],
  ['INVALID_CA', ['the certificate of the CSMS was not signed by a CA', UNTRUSTED]],
  ['CERT_CHAIN_TOO_LONG', ['the chain of the CSMS’s certificate is too long', UNTRUSTED]],
  ['ERR_SSL_EE_KEY_TOO_SMALL', ['the key of the CSMS’s certificate is too weak', UNTRUSTED]],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', ['the CSMS speaks only TLS older than 1.2', 'InvalidTLSVersion']],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', ['the CSMS refuses TLS 1.2 and newer', 'InvalidTLSVersion']],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', [NO_CIPHER, 'InvalidTLSCipherSuite']],
  ['ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY', [NO_CIPHER, 'InvalidTLSCipherSuite']],
  ['ERR_SSL_WRONG_CIPHER_RETURNED', ['the CSMS chose a TLS cipher that is not allowed', 'InvalidTLSCipherSuite']],
  ['ERR_SSL_UNKNOWN_CIPHER_RETURNED', ['the CSMS chose a TLS cipher that is not allowed', 'InvalidTLSCipherSuite']],
  ['ERR_SSL_WRONG_VERSION_NUMBER', [NO_TLS, null]],
  ['ERR_SSL_HTTP_REQUEST', [NO_TLS, null]],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', [NO_TLS, null]],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    ['the CSMS wants a certificate of this station (security profile 3)', REFUSED],
  ],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', ['the CSMS refuses the certificate of this station', REFUSED]],
  [
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
    ['the CSMS says that the certificate of this station has expired', REFUSED],
  ],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', ['the CSMS does not know the certificate of this station', REFUSED]],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', ['the certificate of this station was revoked', REFUSED]],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', ['the CSMS does not know the CA of this station’s certificate', REFUSED]],
  ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', ['the CSMS refuses the certificate of this station', REFUSED]],
])

/** Null when the error is none of TLS. */
export function explainTlsError(error: Error): string | null {
  const code = codeOf(error)
  const isTls = code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')
  return REASONS.get(code)?.[0] ?? (isTls ? `TLS failed (${code})` : null)
}

/** The security event of a failed handshake, or null when it is no fault of trust. */
export function tlsSecurityEvent(error: Error): SecurityEventType | null {
  return REASONS.get(codeOf(error))?.[1] ?? null
}

/** Node names most faults of OpenSSL itself; some come as EPROTO with OpenSSL's reason in the text. Newer OpenSSLs name alerts otherwise. */
function codeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const reason = code === 'EPROTO' ? /SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1] : undefined
  const named = reason === undefined ? code : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`
  return named.replace('SSL/TLS_ALERT', 'SSLV3_ALERT')
}
