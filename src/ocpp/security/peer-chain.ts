/** The certificates that the other side has shown, as far as they lead. */
import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

const MAX_CHAIN = 10

/** Leaf first, up to the root that vouches for it. Reading it costs a millisecond. */
export function chainOf(tls: Pick<TLSSocket, 'getPeerCertificate'>): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let at = tls.getPeerCertificate(true)
  while (at.raw !== undefined && chain.length < MAX_CHAIN) {
    const certificate = new X509Certificate(at.raw)
    chain.push(certificate)
    if (at.issuerCertificate === undefined || at.issuerCertificate === at) break
    at = at.issuerCertificate
  }
  return chain
}
