/** `transfers`: files that a CSMS has sent or fetched. */
import { list, section, text } from '../fields.ts'
import { pemFile } from './pem-file.ts'

export const transfersSection = section({
  allow: list(text(50, 'a network'), 50, 'list networks: `[192.168.7.0/24]`')
    .default([])
    .describe(
      'Private networks that a CSMS may send files to or have them fetched from, such as `[192.168.7.0/24]`. The address of the CSMS itself and public addresses need no entry.',
    ),
  ca: pemFile('a certificate').describe(
    'PEM file with the certificate authority of file servers. Without it: the well-known ones.',
  ),
})
