/** The station's own certificate as the CSMS sends it back (whitepaper A02, A03): believed only when it is ours and of use. Pure. */
import { type X509Certificate, createPrivateKey } from 'node:crypto'
import { ACCESS_LIMITS } from '../../model/upstream-access.ts'
import { type Checked, isSelfSigned, isSignedBy, keyProblem, parseCertificates, timeProblem } from './certificates.ts'

/** PEM texts. */
export interface ClientPair {
  /** Leaf first. */
  readonly certificate: string
  readonly privateKey: string
}

/** Checks the answer to a signing request against the keys that wait for one (PEM). A certificate of tomorrow is taken: it is used from then on. */
export function checkClientChain(chain: string, keys: readonly string[], nowMs: number): Checked<ClientPair> {
  const { chainCharacters: characters, chainCertificates: certificates } = ACCESS_LIMITS
  const parsed = parseCertificates(chain, { characters, certificates })
  if ('refused' in parsed) return parsed
  const [leaf, ...issuers] = parsed.value
  if (leaf === undefined) return { refused: 'no certificate' }
  const key = keys.find((pem) => leaf.checkPrivateKey(createPrivateKey(pem)))
  if (key === undefined) return { refused: 'it is not for a key that this station made' }
  if (leaf.ca) return { refused: 'it is one of a CA' }
  for (const one of parsed.value) {
    const problem = keyProblem(one)
    if (problem !== null) return { refused: `${one === leaf ? 'it' : 'its chain'} has ${problem}` }
    if (timeProblem(one, nowMs) === 'expired') return { refused: `${one === leaf ? 'it' : 'its chain'} has expired` }
  }
  const broken = brokenLink(leaf, issuers)
  if (broken !== null) return { refused: broken }
  // A root has no place in what is shown to the CSMS, but some send it.
  const shown = parsed.value.filter((one) => one === leaf || !isSelfSigned(one))
  return { value: { certificate: shown.map((one) => one.toString()).join(''), privateKey: key } }
}

function brokenLink(leaf: X509Certificate, issuers: readonly X509Certificate[]): string | null {
  let below = leaf
  for (const issuer of issuers) {
    if (!issuer.ca) return 'its chain holds a certificate that is none of a CA'
    if (!isSignedBy(below, issuer)) return 'its chain is not in order, or a signature in it is wrong'
    below = issuer
  }
  return null
}

const MONTH_MS = 30 * 24 * 3600_000

/** Wall ms: when a month of its life is left, or a third of a short life (a month is all that some have). */
export function renewalAt(leaf: X509Certificate): number {
  const end = leaf.validToDate.getTime()
  const life = end - leaf.validFromDate.getTime()
  return end - Math.min(MONTH_MS, life / 3)
}
