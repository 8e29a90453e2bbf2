/** Who may sign firmware and whether a file is what was signed, with keys and signatures made by OpenSSL's own program. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Issued, OPENSSL, SIGNER, TestAuthority } from '../../peers/tls/authority.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { type AccessRig, accessRig } from './access-rig.ts'

describeWithPeers('signed firmware', [OPENSSL], () => {
  let authority: TestAuthority
  let maker: Issued
  let here: AccessRig
  let firmware: string
  const signal = new AbortController().signal

  beforeAll(async () => {
    authority = new TestAuthority()
    maker = authority.issue({ subject: '/O=Maker/CN=root' })
    here = accessRig()
    await here.access.installCertificate('manufacturer-root', maker.cert)
    firmware = authority.file('firmware.bin', Buffer.alloc(300_000, 'firmware'))
  })
  afterAll(() => {
    here.close()
    authority.close()
  })

  const signer = (key: string): Issued =>
    authority.issue({ subject: '/O=Maker/CN=signing', issuer: maker, extensions: SIGNER, key })

  const signed = (by: Issued, ...options: readonly string[]): string =>
    authority.openssl('dgst', '-sha256', '-sign', by.keyFile, ...options, firmware).toString('base64')

  test.each([
    ['ECDSA on P-256', 'P-256', []],
    ['ECDSA on P-384', 'P-384', []],
    ['RSA-PSS', 'rsa:2048', ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32']],
    ['RSA PKCS#1 v1.5, as many tools make it', 'rsa:2048', []],
  ])('%s', async (_, key, options) => {
    const by = signer(key)
    const signature = signed(by, ...options)
    expect(await here.access.checkSigningCertificate(by.cert)).toEqual({ accepted: true })
    expect(await here.access.checkFirmware(firmware, signature, by.cert, signal)).toEqual({ accepted: true })
    expect(
      await here.access.checkFirmware(firmware, `${signature.slice(0, 60)}\n${signature.slice(60)}`, by.cert, signal),
    ).toEqual({ accepted: true })
    const other = authority.file('other.bin', Buffer.alloc(300_000, 'firmwarf'))
    for (const [path, shown] of [
      [other, signature],
      [firmware, signed(signer(key), ...options)],
      [firmware, ''],
      [firmware, 'not base64 !'],
      [firmware, 'A'.repeat(801)],
    ] as const) {
      expect(await here.access.checkFirmware(path, shown, by.cert, signal)).toEqual({
        accepted: false,
        reason: 'the signature does not fit the firmware',
        event: 'InvalidFirmwareSignature',
      })
    }
  })

  test('is read as a stream that can be given up, and a missing file is no wrong signature', async () => {
    const by = signer('P-256')
    const signature = signed(by)
    const stop = new AbortController()
    const checking = here.access.checkFirmware(firmware, signature, by.cert, stop.signal)
    stop.abort(new Error('given up'))
    await expect(checking).rejects.toThrow('given up')
    expect(await here.access.checkFirmware(`${firmware}.gone`, signature, by.cert, signal)).toMatchObject({
      accepted: false,
      event: null,
    })
  })

  describe('certificates that may not sign', () => {
    test('are refused with InvalidFirmwareSigningCertificate', async () => {
      const subject = '/O=Maker/CN=signing'
      const stranger = authority.issue({ subject: '/CN=stranger' })
      const middle = authority.issue({ subject: '/CN=middle', issuer: maker })
      const of = (changes: object): string =>
        authority.issue({ subject, issuer: maker, extensions: SIGNER, ...changes }).cert
      for (const [pem, reason] of [
        ['hello', 'no PEM certificate'],
        [maker.cert, 'it is one of a CA'],
        [
          of({ extensions: ['basicConstraints=CA:FALSE', 'keyUsage=critical,keyEncipherment'] }),
          'its key usage is not to sign',
        ],
        [of({ extensions: ['keyUsage=keyAgreement'] }), 'its key usage is not to sign'],
        [of({ key: 'rsa:1024' }), 'it has an RSA key of 1024 bits; 2048 is the least'],
        [of({ from: '20200101000000Z', to: '20210101000000Z' }), 'it has expired'],
        [of({ from: '20990101000000Z' }), 'it is not valid yet'],
        [of({ issuer: stranger }), 'no installed root certificate of a manufacturer has signed it'],
        [of({ issuer: middle }), 'no installed root certificate of a manufacturer has signed it'],
        [of({ issuer: middle }) + middle.cert, 'more than 1 certificates'],
      ] as const) {
        const refusal = {
          accepted: false,
          reason: `the signing certificate: ${reason}`,
          event: 'InvalidFirmwareSigningCertificate',
        }
        expect(await here.access.checkSigningCertificate(pem), reason).toEqual(refusal)
        expect(await here.access.checkFirmware(firmware, 'AAAA', pem, signal), reason).toEqual(refusal)
      }
    })

    test('are all when the CSMS has installed no root, also when it has one for itself', async () => {
      const bare = accessRig()
      await bare.access.installCertificate('csms-root', maker.cert)
      expect(await bare.access.checkSigningCertificate(signer('P-256').cert)).toMatchObject({
        reason: 'the signing certificate: no root certificate of a manufacturer is installed',
      })
      bare.close()
    })
  })
})
