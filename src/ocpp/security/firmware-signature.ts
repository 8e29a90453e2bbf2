/** Signed firmware (whitepaper L01): who may sign, and whether the file is what was signed. */
import { type KeyObject, X509Certificate, constants, createVerify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { ACCESS_LIMITS } from '../../model/upstream-access.ts'
import { type Checked, isSignedBy, keyProblem, parseCertificates, timeProblem } from './certificates.ts'
import { certificateParts } from './der.ts'

/** The signer's certificate, when a manufacturer root (PEM) vouches for it; intermediates may follow it. */
export function checkSigner(pem: string, roots: readonly string[], nowMs: number): Checked<X509Certificate> {
  const parsed = parseCertificates(pem, {
    characters: ACCESS_LIMITS.certificateCharacters,
    certificates: ACCESS_LIMITS.chainCertificates,
  })
  if ('refused' in parsed) return parsed
  const [signer, ...issuers] = parsed.value
  if (signer === undefined) return { refused: 'no certificate' }
  if (roots.length === 0) return { refused: 'no root certificate of a manufacturer is installed' }
  if (signer.ca) return { refused: 'it is one of a CA' }
  if (!certificateParts(signer.raw).maySign) return { refused: 'its key usage is not to sign' }
  for (const one of parsed.value) {
    const weak = keyProblem(one)
    if (weak !== null) return { refused: `it has ${weak}` }
    const when = timeProblem(one, nowMs)
    if (when !== null) return { refused: when === 'expired' ? 'it has expired' : 'it is not valid yet' }
  }
  return isTrusted(signer, issuers, roots, nowMs)
    ? { value: signer }
    : { refused: 'no installed root certificate of a manufacturer vouches for it' }
}

function isTrusted(
  signer: X509Certificate,
  issuers: readonly X509Certificate[],
  roots: readonly string[],
  nowMs: number,
): boolean {
  let top = signer
  for (const issuer of issuers) {
    if (!issuer.ca || !isSignedBy(top, issuer)) return false
    top = issuer
  }
  return roots.some((pem) => {
    const root = new X509Certificate(pem)
    const isRoot = top !== signer && root.fingerprint256 === top.fingerprint256
    return timeProblem(root, nowMs) === null && (isRoot || isSignedBy(top, root))
  })
}

const MAX_SIGNATURE_CHARACTERS = 800

/**
 * Whether the signature (base64) over the file is the signer's, with SHA-256: ECDSA, RSA-PSS as the whitepaper wants it, or RSA PKCS#1 v1.5,
 * which many tools make. The file is read as a stream. Rejects with the signal's reason, and with the fault of the file.
 */
export async function isSignedFile(
  path: string,
  signature: string,
  signer: X509Certificate,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted()
  const bytes = readSignature(signature)
  const paddings =
    signer.publicKey.asymmetricKeyType === 'rsa'
      ? [constants.RSA_PKCS1_PSS_PADDING, constants.RSA_PKCS1_PADDING]
      : [null]
  const attempts = paddings.map((padding) => ({ padding, verify: createVerify('sha256') }))
  for await (const chunk of createReadStream(path, { signal })) {
    if (Buffer.isBuffer(chunk)) for (const { verify } of attempts) verify.update(chunk)
  }
  if (bytes === null) return false
  return attempts.some(({ padding, verify }) => verify.verify(keyWith(signer.publicKey, padding), bytes))
}

function keyWith(key: KeyObject, padding: number | null): KeyObject | { key: KeyObject; padding: number } {
  return padding === null ? key : { key, padding }
}

function readSignature(text: string): Buffer | null {
  const plain = text.replaceAll(/\s/g, '')
  if (plain.length === 0 || plain.length > MAX_SIGNATURE_CHARACTERS) return null
  return /^[A-Za-z0-9+/]+={0,2}$/.test(plain) ? Buffer.from(plain, 'base64') : null
}
