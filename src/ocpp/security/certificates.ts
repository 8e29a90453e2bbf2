/** Certificates as others send them: PEM of limited size, checked before anything is believed. Pure. */
import { X509Certificate, hash } from 'node:crypto'
import type { CertificateHash } from '../../model/upstream-access.ts'
import { certificateParts, plainSerial } from './der.ts'

/** A refusal is a sentence. */
export type Checked<T> = { readonly value: T } | { readonly refused: string }

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** All certificates of a PEM text, which holds nothing else but white space. */
export function parseCertificates(
  pem: string,
  limits: { readonly characters: number; readonly certificates: number },
): Checked<readonly X509Certificate[]> {
  if (pem.length > limits.characters) return { refused: `longer than ${limits.characters} characters` }
  const blocks = pem.match(BLOCK) ?? []
  if (blocks.length === 0) return { refused: 'no PEM certificate' }
  if (blocks.length > limits.certificates) return { refused: `more than ${limits.certificates} certificates` }
  if (pem.replaceAll(BLOCK, '').trim() !== '') return { refused: 'more than certificates in the PEM text' }
  try {
    const certificates = blocks.map((block) => new X509Certificate(block))
    // What else can be wrong with one comes to light here, and not where it is believed.
    for (const certificate of certificates) void [certificateParts(certificate.raw), certificate.publicKey]
    return { value: certificates }
  } catch {
    return { refused: 'a certificate that cannot be read' }
  }
}

/** Why the certificate is not to be used at this moment (wall ms), or null. A date that is none is over. */
export function timeProblem(certificate: X509Certificate, nowMs: number): 'expired' | 'not-yet' | null {
  if (!(certificate.validToDate.getTime() > nowMs)) return 'expired'
  return certificate.validFromDate.getTime() <= nowMs ? null : 'not-yet'
}

const MIN_RSA_BITS = 2048
/** By OpenSSL's names of the curves. Whitepaper A00: at least 224 bits. */
const CURVES: ReadonlySet<string> = new Set([
  'secp224r1',
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'secp256k1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
])

/** Why the certificate's key is too weak or of a kind that OCPP does not know (whitepaper A00), or null. */
export function keyProblem(certificate: X509Certificate): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details?.modulusLength ?? 0
    return bits >= MIN_RSA_BITS ? null : `an RSA key of ${bits} bits; ${MIN_RSA_BITS} is the least`
  }
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'unknown'
    return CURVES.has(curve) ? null : `a key on the curve ${curve}`
  }
  return `a key of the kind ${type ?? 'unknown'}`
}

export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return isSignedBy(certificate, certificate)
}

/** Whether one of the roots is in the chain, or has signed one of it. */
export function isVouchedFor(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): boolean {
  return chain.some((one) => roots.some((root) => one.fingerprint256 === root.fingerprint256 || isSignedBy(one, root)))
}

/** As OCSP names it (RFC 6960 §4.1.1). `issuer` is the certificate itself for a root. */
export function certificateHash(
  certificate: X509Certificate,
  issuer: X509Certificate,
  algorithm: CertificateHash['algorithm'],
): CertificateHash {
  const parts = certificateParts(certificate.raw)
  const name = algorithm.toLowerCase()
  return {
    algorithm,
    issuerNameHash: hash(name, parts.issuer),
    issuerKeyHash: hash(name, certificateParts(issuer.raw).publicKey),
    serialNumber: parts.serialNumber,
  }
}

export function isSameHash(one: CertificateHash, other: CertificateHash): boolean {
  return (
    one.algorithm === other.algorithm &&
    one.issuerNameHash.toLowerCase() === other.issuerNameHash.toLowerCase() &&
    one.issuerKeyHash.toLowerCase() === other.issuerKeyHash.toLowerCase() &&
    plainSerial(one.serialNumber) === plainSerial(other.serialNumber)
  )
}
