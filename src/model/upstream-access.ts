/**
 * How a station shows itself to one CSMS and whom it believes: password, certificates, security profile (OCPP 1.6 security
 * whitepaper ed. 3). Kept in the state folder; private keys never leave it. `src/ocpp/security` implements it.
 */
import type { SecurityEventType } from './security-event.ts'

export type SecurityProfile = 0 | 1 | 2 | 3

/** Whose certificates a root certificate vouches for: the CSMS's, or those that sign firmware. */
export type CertificateUse = 'csms-root' | 'manufacturer-root'

/** What an access holds and takes at most. Lengths of PEM texts are in characters. */
export const ACCESS_LIMITS = {
  /** Root certificates that the CSMS has installed, of both uses together: CertificateStoreMaxLength of OCPP 1.6. */
  certificates: 20,
  /** Certificates in the answer to a signing request. */
  chainCertificates: 10,
  /** CertificateSignedMaxChainSize of OCPP 1.6. */
  chainCharacters: 10_000,
  certificateCharacters: 5500,
  /** AuthorizationKey. */
  minPasswordBytes: 16,
  maxPasswordBytes: 40,
} as const

/** Names a certificate without showing it (whitepaper CertificateHashDataType, as in OCSP, RFC 6960). Hex, serial number without leading zeros. */
export interface CertificateHash {
  readonly algorithm: 'SHA256' | 'SHA384' | 'SHA512'
  readonly issuerNameHash: string
  readonly issuerKeyHash: string
  readonly serialNumber: string
}

/** A refusal is a value; `reason` is a sentence for the log, without secrets. `event` is the security event that the standard wants for it. */
export type AccessOutcome =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: string; readonly event: SecurityEventType | null }

/** Faults of the state folder reject with STATE_UNWRITABLE. What was accepted is on disk. */
export interface UpstreamAccess {
  /** In force now: what the next connection tries first. Changes by itself when a new profile fails and the former works (told by `onEvent`). */
  readonly profile: SecurityProfile
  /**
   * Told of what comes to light while connecting (a CSMS that is not to be trusted or does not take us, a fall-back) and of each accepted
   * change (ReconfigurationOfSecurityParameters). Refusals are the caller's: their outcome names the event. Returns how to stop listening.
   */
  onEvent(listener: (type: SecurityEventType, techInfo: string) => void): () => void
  /** The next connection tries the new one; the old one stays as fall-back until the CSMS has taken the new one. */
  changePassword(password: Uint8Array): Promise<AccessOutcome>
  /** Only upward (H48), and only when password or certificates for it are there. In force with the next connection; falls back to the last working one. */
  changeProfile(profile: SecurityProfile): Promise<AccessOutcome>
  /** A new key pair and its certificate signing request, PEM. The old certificate stays in force until the new one is accepted. */
  signingRequest(organisation: string | null): Promise<string>
  /** The CSMS's answer to a signing request: leaf first, then its intermediates. */
  acceptCertificate(chain: string): Promise<AccessOutcome>
  installCertificate(use: CertificateUse, certificate: string): Promise<AccessOutcome & { readonly failed?: boolean }>
  installedCertificates(use: CertificateUse): Promise<readonly CertificateHash[]>
  /** Never the one that the open connection needs: then `failed`. */
  removeCertificate(hash: CertificateHash): Promise<'accepted' | 'failed' | 'not-found'>
  /** Wall ms from when the client certificate should be renewed, or null without one. */
  renewCertificateAt(): number | null
  /** Is this certificate, signed by a manufacturer root, one for firmware? (whitepaper L01) */
  checkSigningCertificate(certificate: string): Promise<AccessOutcome>
  /** Does the signature (base64) over the file fit the certificate? */
  checkFirmware(path: string, signature: string, certificate: string, signal: AbortSignal): Promise<AccessOutcome>
}
