/** An access that keeps in memory what it is told, and answers as the test wants. */
import type { SecurityEventType } from '../../../src/model/security-event.ts'
import type {
  AccessOutcome,
  CertificateHash,
  CertificateUse,
  SecurityProfile,
  UpstreamAccess,
} from '../../../src/model/upstream-access.ts'

export class MemoryAccess implements UpstreamAccess {
  profile: SecurityProfile = 1
  outcome: AccessOutcome = { accepted: true }
  renewAt: number | null = null
  readonly passwords: string[] = []
  readonly chains: string[] = []
  readonly certificates: { readonly use: CertificateUse; readonly certificate: string }[] = []
  readonly #listeners = new Set<(type: SecurityEventType, techInfo: string) => void>()

  onEvent(listener: (type: SecurityEventType, techInfo: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(type: SecurityEventType, techInfo: string): void {
    for (const listener of this.#listeners) listener(type, techInfo)
  }

  changePassword(password: Uint8Array): Promise<AccessOutcome> {
    if (this.outcome.accepted) this.passwords.push(Buffer.from(password).toString())
    return Promise.resolve(this.outcome)
  }

  changeProfile(profile: SecurityProfile): Promise<AccessOutcome> {
    if (this.outcome.accepted) this.profile = profile
    return Promise.resolve(this.outcome)
  }

  signingRequest(organisation: string | null): Promise<string> {
    return Promise.resolve(`CSR of ${organisation ?? 'nobody'}`)
  }

  acceptCertificate(chain: string): Promise<AccessOutcome> {
    if (this.outcome.accepted) this.chains.push(chain)
    return Promise.resolve(this.outcome)
  }

  installCertificate(use: CertificateUse, certificate: string): Promise<AccessOutcome> {
    if (this.outcome.accepted) this.certificates.push({ use, certificate })
    return Promise.resolve(this.outcome)
  }

  installedCertificates(use: CertificateUse): Promise<readonly CertificateHash[]> {
    const hash = { algorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '1f' } as const
    return Promise.resolve(this.certificates.some((one) => one.use === use) ? [hash] : [])
  }

  removeCertificate({ serialNumber }: CertificateHash): Promise<'accepted' | 'failed' | 'not-found'> {
    return Promise.resolve(serialNumber === '1f' ? 'accepted' : 'not-found')
  }

  renewCertificateAt(): number | null {
    return this.renewAt
  }

  checkSigningCertificate(): Promise<AccessOutcome> {
    return Promise.resolve(this.outcome)
  }

  checkFirmware(): Promise<AccessOutcome> {
    return Promise.resolve(this.outcome)
  }
}
