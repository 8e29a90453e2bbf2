/** Certificates of the tests; `make.sh` makes them. Their keys are public and open nothing. */
import { readFileSync } from 'node:fs'

export type TestCertificate = 'server' | 'expired' | 'wrong-name' | 'unknown-ca' | 'station'

/** PEM. */
export function certificate(name: TestCertificate): { readonly cert: string; readonly key: string } {
  return { cert: read(`${name}.crt`), key: read(`${name}.key`) }
}

/** The CA of all of them, except of `unknown-ca`. PEM. */
export function testCa(): string {
  return read('ca.crt')
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}
