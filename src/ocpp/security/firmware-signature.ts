/** Signed firmware (whitepaper L01): who may sign, and whether the file is what was signed. */
import { type KeyObject, X509Certificate, constants, createVerify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { ACCESS_LIMITS } from '../../model/upstream-access.ts'
import { type Checked, isSignedBy, keyProblem, parseCertificates, timeProblem } from './certificates.ts'
import { certificateParts } from './der.ts'

/** The signer's certificate, when a manufacturer root (PEM) has signed it itself: intermediates are not allowed here (L01, remarks). */
export function checkSigner(pem: string, roots: readonly string[], nowMs: number): Checked<X509Certificate> {
  const parsed = parseCertificates(pem, { characters: ACCESS_LIMITS.certificateCharacters, certificates: 1 })
  if ('refused' in parsed) return parsed
  const [signer] = parsed.value
  if (signer === undefined) return { refused: 'no certificate' }
  if (roots.length === 0) return { refused: 'no root certificate of a manufacturer is installed' }
  if (signer.ca) return { refused: 'it is one of a CA' }
  if (!certificateParts(signer.raw).maySign) return { refused: 'its key usage is not to sign' }
  const weak = keyProblem(signer)
  if (weak !== null) return { refused: `it has ${weak}` }
  const when = timeProblem(signer, nowMs)
  if (when !== null) return { refused: when === 'expired' ? 'it has expired' : 'it is not valid yet' }
  const isTrusted = roots
    .map((root) => new X509Certificate(root))
    .some((root) => timeProblem(root, nowMs) === null && isSignedBy(signer, root))
  return isTrusted ? { value: signer } : { refused: 'no installed root certificate of a manufacturer has signed it' }
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
