import { hash } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'

/** PEM texts. */
export interface TlsMaterial {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
}

const contexts = new Map<string, WeakRef<SecureContext>>()

/**
 * The TLS context for this material, shared by all stations that use the same: each of its own would cost a quarter of a
 * connection's memory. TLS 1.2 at least. Throws what OpenSSL throws when key and certificate do not fit.
 */
export function secureContextFor(material: TlsMaterial): SecureContext {
  const digest = hash('sha256', JSON.stringify([material.ca, material.cert, material.key]))
  const known = contexts.get(digest)?.deref()
  if (known !== undefined) return known
  const { ca, cert, key } = material
  const context = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  })
  for (const [other, reference] of contexts) if (reference.deref() === undefined) contexts.delete(other)
  contexts.set(digest, new WeakRef(context))
  return context
}
