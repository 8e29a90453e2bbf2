/** The root certificates that a CSMS installs (whitepaper M03 to M05): which are taken, how they are named. Pure. */
import { X509Certificate } from 'node:crypto'
import { ACCESS_LIMITS, type CertificateHash, type CertificateUse } from '../../model/upstream-access.ts'
import type { InstalledRoot } from './access-state.ts'
import {
  type Checked,
  certificateHash,
  isSelfSigned,
  isSignedBy,
  keyProblem,
  parseCertificates,
  timeProblem,
} from './certificates.ts'

export interface RootRules {
  readonly nowMs: number
  /** AdditionalRootCertificateCheck: one root for the CSMS at a time, and each new one is signed by the one before. */
  readonly additionalCheck: boolean
  /** The site file's own, PEM. */
  readonly ca: string | null
}

/** The roots with the new one, or why not. The same list when it is there already. */
export function withRoot(
  roots: readonly InstalledRoot[],
  use: CertificateUse,
  pem: string,
  rules: RootRules,
): Checked<readonly InstalledRoot[]> {
  const { certificateCharacters: characters } = ACCESS_LIMITS
  const parsed = parseCertificates(pem, { characters, certificates: 1 })
  if ('refused' in parsed) return parsed
  const [root] = parsed.value
  if (root === undefined) return { refused: 'no certificate' }
  if (!root.ca) return { refused: 'it is none of a CA' }
  const weak = keyProblem(root)
  if (weak !== null) return { refused: `it has ${weak}` }
  if (timeProblem(root, rules.nowMs) === 'expired') return { refused: 'it has expired' }
  const own = use === 'csms-root' ? certificatesOf(rules.ca) : []
  const known = [...own, ...roots.filter((one) => one.use === use).map((one) => new X509Certificate(one.certificate))]
  if (known.some(({ fingerprint256 }) => fingerprint256 === root.fingerprint256)) return { value: roots }
  const issuer = known.find((one) => isSignedBy(root, one)) ?? null
  const selfSigned = isSelfSigned(root)
  if (!selfSigned && issuer === null) return { refused: 'neither it nor an installed root has signed it' }
  const entry = { use, certificate: root.toString(), issuer: selfSigned ? null : String(issuer), isFallback: false }
  if (use === 'csms-root' && rules.additionalCheck) return replaced(roots, entry, issuer, known.length)
  if (roots.length >= ACCESS_LIMITS.certificates)
    return { refused: `${ACCESS_LIMITS.certificates} are installed already` }
  return { value: [...roots, entry] }
}

/** The one that signed the new one stays until a connection has worked with the new one; older ones go at once. */
function replaced(
  roots: readonly InstalledRoot[],
  entry: InstalledRoot,
  issuer: X509Certificate | null,
  known: number,
): Checked<readonly InstalledRoot[]> {
  if (known > 0 && issuer === null) return { refused: 'the root that it replaces has not signed it' }
  const kept = roots.flatMap((one): readonly InstalledRoot[] => {
    if (one.use !== 'csms-root') return [one]
    return issuer !== null && isSame(one, issuer) ? [{ ...one, isFallback: true }] : []
  })
  return { value: [...kept, entry] }
}

/** As a CSMS names it. */
export function hashOfRoot(
  { certificate, issuer }: Pick<InstalledRoot, 'certificate' | 'issuer'>,
  algorithm: CertificateHash['algorithm'],
): CertificateHash {
  const root = new X509Certificate(certificate)
  return certificateHash(root, issuer === null ? root : new X509Certificate(issuer), algorithm)
}

/** Of a CA file that was checked before. */
export function certificatesOf(pem: string | null): readonly X509Certificate[] {
  const blocks = pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

function isSame({ certificate }: InstalledRoot, root: X509Certificate): boolean {
  return new X509Certificate(certificate).fingerprint256 === root.fingerprint256
}
