/** A certificate authority of a test, made by OpenSSL's own program in a folder that goes with the test. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peer } from '../require-peer.ts'

export const OPENSSL = peer('openssl', ['openssl', 'version'])

export interface Issued {
  /** PEM. */
  readonly cert: string
  readonly key: string
  /** Paths of both. */
  readonly certFile: string
  readonly keyFile: string
}

export interface IssueOptions {
  readonly subject: string
  /** Null: it signs itself. */
  readonly issuer?: Issued
  /** `P-256`, `rsa:2048`, `ed25519`, ... */
  readonly key?: string
  /** `openssl x509 -addext` lines; default: those of a CA. */
  readonly extensions?: readonly string[]
  /** `20260101000000Z`; default: now, for 100 years. */
  readonly from?: string
  readonly to?: string
  /** PEM of a request: its key is certified instead of a new one. */
  readonly request?: string
}

export const CA: readonly string[] = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
export const SERVER: readonly string[] = [
  'basicConstraints=CA:FALSE',
  'subjectAltName=DNS:localhost,IP:127.0.0.1',
  'extendedKeyUsage=serverAuth',
]
export const CLIENT: readonly string[] = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth']
export const SIGNER: readonly string[] = ['basicConstraints=CA:FALSE', 'keyUsage=critical,digitalSignature']

export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'ampbridge-ca-'))
  #count = 0

  close(): void {
    rmSync(this.folder, { recursive: true })
  }

  file(name: string, content: string | Buffer = ''): string {
    const path = join(this.folder, name)
    writeFileSync(path, content)
    return path
  }

  openssl(...args: readonly string[]): Buffer {
    return execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'ignore'] })
  }

  /** What it says, to both outputs. */
  said(...args: readonly string[]): string {
    const { stdout, stderr } = spawnSync('openssl', args, { cwd: this.folder, encoding: 'utf8' })
    return stdout + stderr
  }

  issue(options: IssueOptions): Issued {
    const name = `c${++this.#count}`
    const { subject, issuer, key = 'P-256', extensions = CA, from, to, request } = options
    const keyFile = join(this.folder, `${name}.key`)
    const certFile = join(this.folder, `${name}.crt`)
    const requestFile = join(this.folder, `${name}.csr`)
    if (request === undefined) {
      this.#key(key, keyFile)
      this.openssl('req', '-new', '-key', keyFile, '-subj', subject, '-out', requestFile)
    } else writeFileSync(requestFile, request)
    // `openssl ca` alone takes both dates in OpenSSL 3.0.
    const index = this.file(`${name}.index`)
    const config = this.file(
      `${name}.cnf`,
      `[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=${this.folder}\ndatabase=${index}\ndefault_md=sha256\npolicy=p\nrand_serial=yes\n` +
        `unique_subject=no\n[p]\ncommonName=optional\norganizationName=optional\n[x]\n${extensions.join('\n')}\n`,
    )
    const by =
      issuer === undefined ? ['-selfsign', '-keyfile', keyFile] : ['-cert', issuer.certFile, '-keyfile', issuer.keyFile]
    const dates = ['-startdate', from ?? '20200101000000Z', '-enddate', to ?? '21201231235959Z']
    this.openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      config,
      '-extensions',
      'x',
      ...by,
      ...dates,
      '-in',
      requestFile,
      '-out',
      certFile,
    )
    return { cert: read(certFile), key: request === undefined ? read(keyFile) : '', certFile, keyFile }
  }

  #key(kind: string, path: string): void {
    const [algorithm, bits] = kind.split(':')
    if (algorithm === 'rsa')
      this.openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, '-out', path)
    else if (algorithm === 'ed25519') this.openssl('genpkey', '-algorithm', 'ED25519', '-out', path)
    else this.openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${kind}`, '-out', path)
  }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}
