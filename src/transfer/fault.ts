/** Why a transfer did not happen: refused (asking again gives the same answer) or failed (it may work later). */
import { BridgeError } from '../model/errors.ts'
import { redact } from './redact.ts'

/** A rule of ours, or an answer of the server that will not change. */
export function refused(host: string, why: string): BridgeError {
  return new BridgeError('TRANSFER_REFUSED', `${host}: ${why}`)
}

/** May be tried again. */
export function failed(host: string, why: string): BridgeError {
  return new BridgeError('TRANSFER_FAILED', `${host}: ${why}`)
}

const UNKNOWN_SIGNER = 'nobody trusted signed its certificate'

/** Ours to refuse: the chain and the name are checked, always. */
const REFUSED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  INVALID_PURPOSE: 'its certificate is not one for servers',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_SIGNER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_SIGNER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_SIGNER,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks no TLS 1.2 or newer',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no TLS 1.2 or newer',
  HPE_HEADER_OVERFLOW: 'the header of its answer is too long',
}

const FAILED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'it broke the connection',
  EPIPE: 'it broke the connection',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  ETIMEDOUT: 'no reply from this host',
  ENOTFOUND: 'this name is not known',
  EAI_AGAIN: 'this name is not known (the name server does not answer)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS here',
  ENOSPC: 'our own disk is full',
}

/** Whatever was thrown, as a fault. @param secrets what its text must not hold */
export function toTransferFault(error: unknown, host: string, secrets: readonly string[]): BridgeError {
  if (error instanceof BridgeError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const rule = REFUSED[code]
  if (rule !== undefined) return refused(host, rule)
  return failed(host, FAILED[code] ?? serverText(error instanceof Error ? error.message : String(error), secrets))
}

/** Somebody else's words in a sentence of ours: one line, short, without our login. */
export function serverText(text: string, secrets: readonly string[]): string {
  const line = redact(text, secrets)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}
