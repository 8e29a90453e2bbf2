/** `upstreams`: CSMSs. */
import { z } from 'zod'
import { flag, integer, missing, oneOf, section, text } from '../fields.ts'
import { password } from './device-address.ts'
import { pemFile } from './pem-file.ts'

export const upstreamSection = section({
  url: text(500, 'the address of the CSMS').describe(
    'Address of the CSMS, `wss://csms.example.com/ocpp`, without the id of the station: it is appended.',
  ),
  // without quotes YAML reads a number
  ocpp: z
    .union([z.string(), z.number()], { error: (issue) => missing(issue.input, 'write `"1.6"`') })
    .transform(String)
    .default('1.6')
    .describe('OCPP version.'),
  'security-profile': integer(0, 3, 'the security profile')
    .optional()
    .describe(
      '0 nothing, 1 password, 2 TLS and password, 3 TLS and client certificate. Without it: 3 with `certificate`; with a password 2 on `wss:` and 1 on `ws:`; 0 on `ws:` without a password.',
    ),
  insecure: flag()
    .default(false)
    .describe(
      'True allows `ws:` (profiles 0 and 1) over a network: everything, the password included, can be read on the way.',
    ),
  'secure-url': text(500, 'the address of the CSMS')
    .optional()
    .describe(
      'Where a station goes when the CSMS raises its security profile to 2 or 3 and `url` begins with `ws:`. Without it: the same address with `wss:`.',
    ),
  password: password
    .optional()
    .describe(
      '`{secret: NAME}` or `{file: PATH}`; never the password itself. 16 to 40 bytes, sent as they are; 32 to 40 hex digits that the CSMS refuses are tried as the 16 to 20 bytes which they stand for. What the CSMS changes with `AuthorizationKey` wins until this value is edited; its hex digits are tried as bytes first.',
    ),
  ca: pemFile('a certificate').describe(
    'PEM file with the certificate authority of the CSMS. Without it: the well-known ones.',
  ),
  certificate: pemFile('a certificate').describe('PEM file with the client certificate (security profile 3).'),
  key: pemFile('a key').describe('PEM file with the private key of `certificate`.'),
  'key-type': oneOf(['ec', 'rsa'])
    .default('ec')
    .describe(
      'Kind of the keys that a station makes when the CSMS gives it a certificate: `ec` (P-256) or `rsa` (2048 bits).',
    ),
  'additional-root-check': flag()
    .default(false)
    .describe(
      'True: a root certificate that the CSMS installs must be signed by the one it replaces (OCPP `AdditionalRootCertificateCheck`).',
    ),
})
