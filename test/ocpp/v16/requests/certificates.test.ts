import { expect, test } from 'vitest'
import { decodeRequest } from '../../../../src/ocpp/v16/from-ocpp.ts'
import { pem } from '../samples.ts'

/** Sizes of the whitepaper: what is longer is refused before anything looks into it (H47). */
const SIZED: readonly (readonly [string, string, number, (text: string) => object])[] = [
  ['CertificateSigned', 'certificateChain', 10_000, (certificateChain) => ({ certificateChain })],
  [
    'InstallCertificate',
    'certificate',
    5500,
    (certificate) => ({ certificateType: 'CentralSystemRootCertificate', certificate }),
  ],
  ['SignedUpdateFirmware', 'signingCertificate', 5500, (signingCertificate) => signed({ signingCertificate })],
  ['SignedUpdateFirmware', 'signature', 800, (signature) => signed({ signature })],
]

function signed(changes: object): object {
  const firmware = {
    location: 'https://host/fw',
    retrieveDateTime: '2026-03-01T12:00:00Z',
    signingCertificate: 'c',
    signature: 's',
    ...changes,
  }
  return { requestId: 1, firmware }
}

test.each(SIZED)('%s: %s of %d characters, and no more', (action, _, size, payload) => {
  expect(decodeRequest(action, payload(pem('CERTIFICATE', size)))).not.toHaveProperty('refused')
  for (const tooLong of [size + 1, 1_000_000]) {
    expect(decodeRequest(action, payload(pem('CERTIFICATE', tooLong)))).toMatchObject({
      refused: true,
      code: 'PropertyConstraintViolation',
      description: expect.stringMatching(new RegExp(`must NOT have more than ${size} characters`)),
    })
  }
})

test('what is in a certificate is not looked at here', () => {
  expect(decodeRequest('CertificateSigned', { certificateChain: 'no PEM at all' })).toEqual({
    kind: 'certificate-signed',
    chain: 'no PEM at all',
  })
})

test.each([
  ['00', '0'],
  ['0', '0'],
  ['', ''],
  ['000aBc', 'abc'],
])('serial number %j is %j', (serialNumber, plain) => {
  const certificateHashData = { hashAlgorithm: 'SHA384', issuerNameHash: 'A', issuerKeyHash: 'B', serialNumber }
  expect(decodeRequest('DeleteCertificate', { certificateHashData })).toEqual({
    kind: 'delete-certificate',
    hash: { algorithm: 'SHA384', issuerNameHash: 'a', issuerKeyHash: 'b', serialNumber: plain },
  })
})

test.each(['V2GRootCertificate', 'centralsystemrootcertificate', ''])('use %j is none of 1.6', (certificateType) => {
  expect(decodeRequest('GetInstalledCertificateIds', { certificateType })).toMatchObject({
    refused: true,
    code: 'PropertyConstraintViolation',
  })
})
