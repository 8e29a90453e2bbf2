import { constants, hash } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'

/** PEM texts. */
export interface TlsMaterial {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
  /** A certificate of `ca` vouches for others though it is not self-signed: a new root that the old one has signed. */
  readonly partialChain?: boolean
}

/**
 * What TLS 1.2 may agree on: forward secrecy with the suites that the whitepaper names first, the same for CSMSs with an RSA certificate,
 * and the RSA suites it names for old ones (A00: "at least"). AES-GCM only. TLS 1.3 has its own, all of them good.
 */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
].join(':')

const contexts = new Map<string, WeakRef<SecureContext>>()

/**
 * The TLS context for this material, shared by all stations that use the same: each of its own would cost a quarter of a
 * connection's memory. TLS 1.2 at least, no compression, no renegotiation. Throws what OpenSSL throws when key and certificate do not fit.
 */
export function secureContextFor(material: TlsMaterial): SecureContext {
  const { ca, cert, key, partialChain = false } = material
  const digest = hash('sha256', JSON.stringify([ca, cert, key, partialChain]))
  const known = contexts.get(digest)?.deref()
  if (known !== undefined) return known
  const context = createSecureContext({
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    secureOptions: constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION,
    allowPartialTrustChain: partialChain,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  })
  for (const [other, reference] of contexts) if (reference.deref() === undefined) contexts.delete(other)
  contexts.set(digest, new WeakRef(context))
  return context
}
