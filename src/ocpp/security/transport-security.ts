/**
 * The OCPP security profiles (OCPP 1.6 security whitepaper, OCPP 2.x A00): how a station shows who it is, and how it
 * checks who the CSMS is.
 *
 * | profile | transport | the station shows |
 * |---|---|---|
 * | 0 | ws, or wss | nothing |
 * | 1 | ws, or wss | a password |
 * | 2 | wss | a password |
 * | 3 | wss | a certificate |
 */
import { X509Certificate } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { BridgeError } from '../../model/errors.ts'
import type { SecurityProfile } from '../../model/upstream-access.ts'
import { secureContextFor } from './secure-contexts.ts'
import { explainTlsError } from './tls-errors.ts'

/** The material is PEM text and bytes that the caller has read: nothing is opened here. */
export interface SecuritySettings {
  readonly profile: SecurityProfile
  readonly url: string
  readonly stationId: string
  /** Profiles 1 and 2; any byte may be in it (OCPP's AuthorizationKey). */
  readonly password: Uint8Array | null
  /** The upstream's own CA certificates, PEM; null: those that Node.js trusts. */
  readonly ca: string | null
  /** Profile 3, PEM. */
  readonly certificate: string | null
  readonly privateKey: string | null
  /** `ca` holds a root that is not self-signed: a new one that the old one has signed. */
  readonly partialChain?: boolean
}

/** Fits what `connectRpc` takes as `transport`. Holds secrets: not for logs. */
export interface TransportSecurity {
  readonly authorization: string | null
  /** Empty for ws. */
  readonly tls: { readonly secureContext?: SecureContext }
  explain(error: Error): string | null
}

const MAX_PASSWORD_BYTES = 64

/** Throws CONFIG_INVALID naming the setting that does not fit the profile; never its value. */
export function transportSecurity(settings: SecuritySettings): TransportSecurity {
  const { profile } = settings
  const isTls = /^wss:/i.test(settings.url)
  if (profile >= 2 && !isTls) throw invalid(`security profile ${profile} needs an address that begins with wss://`)
  return {
    authorization: profile === 1 || profile === 2 ? basicAuth(settings.stationId, settings.password) : null,
    tls: isTls ? { secureContext: checkedContext(settings) } : {},
    explain: explainTlsError,
  }
}

/** A wrong file is an error at start, not at the first connection. */
function checkedContext(settings: SecuritySettings): SecureContext {
  const { profile, ca, certificate, privateKey, partialChain = false } = settings
  if (ca !== null) checkCertificates(ca, 'the CA file')
  if (profile !== 3) return secureContextFor({ ca, cert: null, key: null, partialChain })
  if (certificate === null || privateKey === null) {
    throw invalid('security profile 3 needs the station’s certificate and private key')
  }
  checkCertificates(certificate, 'the station’s certificate')
  try {
    return secureContextFor({ ca, cert: certificate, key: privateKey, partialChain })
  } catch (error) {
    throw invalid('the station’s private key is not PEM, or not that of its certificate', error)
  }
}

/** `Basic base64(stationId:password)`. The password is bytes: OCPP keys need not be text (whitepaper A00.FR.205). */
function basicAuth(stationId: string, password: Uint8Array | null): string {
  if (password === null || password.length === 0) throw invalid('security profiles 1 and 2 need a password')
  if (password.length > MAX_PASSWORD_BYTES) throw invalid(`the password is longer than ${MAX_PASSWORD_BYTES} bytes`)
  if (stationId.includes(':')) throw invalid('a station id with basic auth holds no colon (RFC 7617)')
  return `Basic ${Buffer.concat([Buffer.from(`${stationId}:`), password]).toString('base64')}`
}

function checkCertificates(pem: string, what: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw invalid(`${what} holds no PEM certificate`)
  for (const block of blocks) {
    try {
      void new X509Certificate(block)
    } catch (error) {
      throw invalid(`${what} holds a certificate that cannot be read`, error)
    }
  }
}

function invalid(message: string, cause?: unknown): BridgeError {
  return new BridgeError('CONFIG_INVALID', message, { cause })
}
