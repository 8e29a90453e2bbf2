/**
 * Whom a station believes: the roots of the site file, which are a person's and stay, and those that the CSMS installed (whitepaper M03 to
 * M05). Pure; `ca` is the site file's own, PEM.
 */
import { X509Certificate } from 'node:crypto'
import { getCACertificates } from 'node:tls'
import type { CertificateHash, CertificateUse } from '../../model/upstream-access.ts'
import type { InstalledRoot } from './access-state.ts'
import { isSameHash, isSelfSigned, isVouchedFor } from './certificates.ts'
import { certificatesOf, hashOfRoot } from './root-certificates.ts'

type Roots = readonly InstalledRoot[]
type Named = Pick<InstalledRoot, 'certificate' | 'issuer'>

/**
 * PEM of all that may vouch for the CSMS; null: those that Node.js trusts. Where the site file names none, these stay beside an installed
 * one: else the first root that is installed could cost the link.
 */
export function believedCa(ca: string | null, roots: Roots): string | null {
  const installed = roots.filter(({ use }) => use === 'csms-root').map(({ certificate }) => certificate)
  if (installed.length === 0) return ca
  return [...(ca === null ? getCACertificates('default') : [ca]), ...installed].join('\n')
}

/** PEM of those that may vouch for who signs firmware. */
export function manufacturerRoots(roots: Roots): readonly string[] {
  return roots.filter(({ use }) => use === 'manufacturer-root').map(({ certificate }) => certificate)
}

/** As a CSMS is told. */
export function hashesOf(ca: string | null, roots: Roots, use: CertificateUse): readonly CertificateHash[] {
  const installed = roots.filter((root) => root.use === use)
  return [...(use === 'csms-root' ? siteRoots(ca) : []), ...installed].map((root) => hashOfRoot(root, 'SHA256'))
}

/** The roots without the one of this hash; or why they stay. `chain`: what the CSMS showed on the newest connection, leaf first. */
export function withoutRoot(
  ca: string | null,
  roots: Roots,
  hash: CertificateHash,
  chain: readonly X509Certificate[],
): InstalledRoot[] | 'failed' | 'not-found' {
  const fits = (root: Named): boolean => isSameHash(hashOfRoot(root, hash.algorithm), hash)
  const root = roots.find(fits)
  // The site file's own are a person's: the CSMS cannot remove them.
  if (root === undefined) return siteRoots(ca).some(fits) ? 'failed' : 'not-found'
  // The newest connection rests on it (M04.FR.06).
  if (root.use === 'csms-root' && isVouchedFor(chain, certificatesOf(root.certificate))) return 'failed'
  return roots.filter((other) => other !== root)
}

/** The root that a new one replaces goes when the CSMS has shown a certificate of the new one. The same list when nothing goes. */
export function withoutFallback(roots: InstalledRoot[], chain: readonly X509Certificate[]): InstalledRoot[] {
  if (!roots.some(({ isFallback }) => isFallback)) return roots
  const fresh = roots.filter(({ use, isFallback }) => use === 'csms-root' && !isFallback)
  const isProven = isVouchedFor(
    chain,
    fresh.map(({ certificate }) => new X509Certificate(certificate)),
  )
  return isProven ? roots.filter(({ isFallback }) => !isFallback) : roots
}

function siteRoots(ca: string | null): readonly Named[] {
  return certificatesOf(ca)
    .filter((root) => isSelfSigned(root))
    .map((root) => ({ certificate: root.toString(), issuer: null }))
}
