/** Whom a station believes, with certificates of the tests: `ca` has signed `server`; `other-ca` and `unknown-ca` are strangers to it. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { CertificateHash } from '../../../src/model/upstream-access.ts'
import type { InstalledRoot } from '../../../src/ocpp/security/access-state.ts'
import { hashOfRoot } from '../../../src/ocpp/security/root-certificates.ts'
import {
  believedCa,
  hashesOf,
  manufacturerRoots,
  withoutFallback,
  withoutRoot,
} from '../../../src/ocpp/security/trust.ts'
import { certificate, testCa } from '../../peers/tls/certificates.ts'

const OTHER_CA = readFileSync(new URL('../../peers/tls/other-ca.crt', import.meta.url), 'utf8')
const SHOWN = [new X509Certificate(certificate('server').cert)]

function rootOf(pem: string, over: Partial<InstalledRoot> = {}): InstalledRoot {
  return { use: 'csms-root', certificate: pem, issuer: null, isFallback: false, ...over }
}

function hash(pem: string, algorithm: CertificateHash['algorithm'] = 'SHA256'): CertificateHash {
  return hashOfRoot({ certificate: pem, issuer: null }, algorithm)
}

test('the root on which the newest connection rests stays; another one goes (M04.FR.06)', () => {
  const roots = [rootOf(testCa()), rootOf(OTHER_CA)]
  expect(withoutRoot(null, roots, hash(testCa()), SHOWN)).toBe('failed')
  expect(withoutRoot(null, roots, hash(OTHER_CA), SHOWN)).toEqual([rootOf(testCa())])
  expect(withoutRoot(null, roots, hash(testCa()), [])).toEqual([rootOf(OTHER_CA)])
  const ofManufacturer = [rootOf(testCa(), { use: 'manufacturer-root' })]
  expect(withoutRoot(null, ofManufacturer, hash(testCa()), SHOWN)).toEqual([])
})

test('the site file’s own cannot be removed, and one that was never there is not found', () => {
  expect(withoutRoot(testCa(), [], hash(testCa()), [])).toBe('failed')
  expect(withoutRoot(testCa(), [], hash(OTHER_CA), [])).toBe('not-found')
})

test('a root is found by each of the three hashes', () => {
  for (const algorithm of ['SHA256', 'SHA384', 'SHA512'] as const)
    expect(withoutRoot(null, [rootOf(OTHER_CA)], hash(OTHER_CA, algorithm), []), algorithm).toEqual([])
})

test('a root that is replaced stays until the CSMS shows a certificate of the new one', () => {
  const roots = [rootOf(OTHER_CA, { isFallback: true }), rootOf(testCa())]
  expect(withoutFallback(roots, [])).toBe(roots)
  expect(withoutFallback(roots, [new X509Certificate(certificate('unknown-ca').cert)])).toBe(roots)
  expect(withoutFallback(roots, SHOWN)).toEqual([rootOf(testCa())])
  const plain = [rootOf(testCa())]
  expect(withoutFallback(plain, SHOWN)).toBe(plain)
})

test('a root that a manufacturer’s firmware needs proves nothing of the CSMS', () => {
  const roots = [rootOf(OTHER_CA, { isFallback: true }), rootOf(testCa(), { use: 'manufacturer-root' })]
  expect(withoutFallback(roots, SHOWN)).toBe(roots)
  expect(believedCa(null, [rootOf(testCa(), { use: 'manufacturer-root' })])).toBeNull()
})

test('the CSMS may be vouched for by the site file’s and the installed; without a CA file Node’s stay beside the installed', () => {
  expect(believedCa(null, [])).toBeNull()
  expect(believedCa(testCa(), [])).toBe(testCa())
  expect(believedCa(testCa(), [rootOf(OTHER_CA)])).toBe(`${testCa()}\n${OTHER_CA}`)
  const beside = believedCa(null, [rootOf(OTHER_CA)]) ?? ''
  expect(beside.endsWith(OTHER_CA)).toBe(true)
  expect(beside.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50)
})

test('a CSMS is told the site file’s and its own for itself, and of a manufacturer’s only the installed', () => {
  const roots = [rootOf(OTHER_CA), rootOf(OTHER_CA, { use: 'manufacturer-root' })]
  expect(hashesOf(testCa(), roots, 'csms-root')).toEqual([hash(testCa()), hash(OTHER_CA)])
  expect(hashesOf(testCa(), roots, 'manufacturer-root')).toEqual([hash(OTHER_CA)])
  expect(manufacturerRoots(roots)).toEqual([OTHER_CA])
})

test('a certificate in the site file that is no root is not told as one', () => {
  expect(hashesOf(certificate('server').cert, [], 'csms-root')).toEqual([])
})
