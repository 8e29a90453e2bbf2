/** A key pair for a station's certificate and the request to sign it (PKCS#10, RFC 2986), as OCPP's SignCertificate carries it. */
import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { der } from './der.ts'

export type KeyType = 'ec' | 'rsa'

export interface SigningRequest {
  /** PEM (PKCS#8). */
  readonly privateKey: string
  /** PEM. */
  readonly request: string
}

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const UTF8_STRING = 0x0c
const ATTRIBUTES = 0xa0

const COMMON_NAME = Buffer.from('0603550403', 'hex')
const ORGANISATION = Buffer.from('060355040a', 'hex')
/** Algorithm identifiers: ecdsa-with-SHA256 (RFC 5758) has no parameters, sha256WithRSAEncryption (RFC 8017) has NULL. */
const SIGNATURES: Readonly<Record<KeyType, Buffer>> = {
  ec: Buffer.from('300a06082a8648ce3d040302', 'hex'),
  rsa: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
}

const generate = promisify(generateKeyPair)

/** A new key (EC P-256, or RSA 2048) and its request: CN is the station's id, O the operator's name (CpoName; whitepaper A02). */
export async function newSigningRequest(
  stationId: string,
  organisation: string | null,
  keyType: KeyType,
): Promise<SigningRequest> {
  const { privateKey, publicKey } = await (keyType === 'ec'
    ? generate('ec', { namedCurve: 'P-256' })
    : generate('rsa', { modulusLength: 2048 }))
  const name = der(
    SEQUENCE,
    ...(organisation === null || organisation === '' ? [] : [attribute(ORGANISATION, organisation)]),
    attribute(COMMON_NAME, stationId),
  )
  const version = der(INTEGER, Buffer.of(0))
  const body = der(SEQUENCE, version, name, publicKey.export({ type: 'spki', format: 'der' }), der(ATTRIBUTES))
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', body, privateKey))
  const request = der(SEQUENCE, body, SIGNATURES[keyType], signature)
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    request: pem('CERTIFICATE REQUEST', request),
  }
}

function attribute(type: Buffer, value: string): Buffer {
  return der(SET, der(SEQUENCE, type, der(UTF8_STRING, Buffer.from(value, 'utf8'))))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
