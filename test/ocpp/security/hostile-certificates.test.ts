/** Certificates that were damaged or forged on the way: refused with a sentence, whatever is wrong with them. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCertificates } from '../../../src/ocpp/security/certificates.ts'
import { checkClientChain } from '../../../src/ocpp/security/client-certificate.ts'
import { certificateParts } from '../../../src/ocpp/security/der.ts'
import { checkSigner } from '../../../src/ocpp/security/firmware-signature.ts'
import { withRoot } from '../../../src/ocpp/security/root-certificates.ts'
import { newSigningRequest } from '../../../src/ocpp/security/signing-request.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { CLIENT, type Issued, OPENSSL, SIGNER, TestAuthority } from '../../peers/tls/authority.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const RULES = { nowMs: NOW, additionalCheck: false, ca: null }

function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function toDer(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
}

const damage = fc.array(fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
function damaged(pem: string, changes: readonly (readonly [number, number])[]): string {
  const der = toDer(pem)
  for (const [at, change] of changes) der[at % der.length] = (der[at % der.length] ?? 0) ^ change
  return toPem(der)
}

describeWithPeers('hostile certificates', [OPENSSL], () => {
  let authority: TestAuthority
  let root: Issued
  let signer: Issued
  let leaf: string
  let key: string
  beforeAll(async () => {
    authority = new TestAuthority()
    root = authority.issue({ subject: '/CN=root' })
    signer = authority.issue({ subject: '/CN=signer', issuer: root, extensions: SIGNER })
    const { request, privateKey } = await newSigningRequest('CP-1', null, 'ec')
    key = privateKey
    leaf = authority.issue({ subject: '/CN=CP-1', issuer: root, extensions: CLIENT, request }).cert
  })
  afterAll(() => authority.close())

  test('with any octets changed are refused or have no signature of their issuer', () => {
    fc.assert(
      fc.property(damage, (changes) => {
        const asSigner = damaged(signer.cert, changes)
        // Two changes may undo each other.
        if (asSigner !== toPem(toDer(signer.cert)))
          expect(checkSigner(asSigner, [root.cert], NOW)).toHaveProperty('refused')
        expect(checkClientChain(damaged(leaf, changes) + root.cert, [key], NOW)).toSatisfy(isAnswer)
        expect(withRoot([], 'csms-root', damaged(root.cert, changes), RULES)).toSatisfy(isAnswer)
      }),
      { numRuns: 400 },
    )
    expect(checkSigner(signer.cert, [root.cert], NOW)).toHaveProperty('value')
    expect(checkClientChain(leaf + root.cert, [key], NOW)).toHaveProperty('value')
    expect(withRoot([], 'csms-root', root.cert, RULES)).toHaveProperty('value')
  })

  test('of random octets are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(parseCertificates(toPem(octets), { characters: 10_000, certificates: 1 })).toHaveProperty('refused')
        expect(() => certificateParts(octets)).toThrow(RangeError)
      }),
    )
  })

  test('are refused when they nest or claim without end, in no time', () => {
    for (const hex of ['30843fffffff', '3080', '3082ffff'.repeat(500), '30', '3003020101', '308700000000000001'])
      expect(() => certificateParts(Buffer.from(hex, 'hex'))).toThrow(RangeError)
    const dashes = '-----BEGIN CERTIFICATE-----'.repeat(300)
    expect(parseCertificates(dashes, { characters: 10_000, certificates: 1 })).toEqual({
      refused: 'no PEM certificate',
    })
  })

  test('a chain of 100 levels is refused before any of it is read (H47)', () => {
    const levels = root.cert.repeat(100)
    expect(checkClientChain(leaf + levels, [key], NOW)).toEqual({ refused: 'longer than 10000 characters' })
    expect(parseCertificates(levels, { characters: 1_000_000, certificates: 10 })).toEqual({
      refused: 'more than 10 certificates',
    })
  })
})

function isAnswer(answer: object): boolean {
  return 'value' in answer || ('refused' in answer && typeof answer.refused === 'string')
}
