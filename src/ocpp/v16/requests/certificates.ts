/** Certificate requests of the security whitepaper. Sizes are the schema's; nothing is parsed here. */
import type * as wire from '../payloads.ts'
import { outOfRange } from '../refusal.ts'
import type { Decoder } from '../refusal.ts'
import { CERTIFICATE_USES } from '../words.ts'

export const CERTIFICATE_REQUESTS: readonly (readonly [string, Decoder])[] = [
  [
    'CertificateSigned',
    (payload) => ({ kind: 'certificate-signed', chain: (payload as wire.CertificateSignedReq).certificateChain }),
  ],
  [
    'InstallCertificate',
    (payload) => {
      const { certificateType, certificate } = payload as wire.InstallCertificateReq
      const use = CERTIFICATE_USES.get(certificateType)
      return use === undefined ? outOfRange('certificateType') : { kind: 'install-certificate', use, certificate }
    },
  ],
  [
    'GetInstalledCertificateIds',
    (payload) => {
      const use = CERTIFICATE_USES.get((payload as wire.GetInstalledCertificateIdsReq).certificateType)
      return use === undefined ? outOfRange('certificateType') : { kind: 'installed-certificates', use }
    },
  ],
  [
    'DeleteCertificate',
    (payload) => {
      const { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } = (payload as wire.DeleteCertificateReq)
        .certificateHashData
      return {
        kind: 'delete-certificate',
        hash: {
          algorithm: hashAlgorithm,
          // CiString: one CSMS writes hex in capitals, the next keeps the zero in front that DER has.
          issuerNameHash: issuerNameHash.toLowerCase(),
          issuerKeyHash: issuerKeyHash.toLowerCase(),
          serialNumber: serialNumber.toLowerCase().replace(/^0+(?=.)/, ''),
        },
      }
    },
  ],
]
