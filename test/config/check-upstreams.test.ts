/** Passwords, certificates and how an upstream is protected (H12, H13). */
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/config/problem.ts'
import { KNOWN, load, siteText } from './site-text.ts'

const PASSWORD = 'correct-horse-battery'
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ampbridge-secrets-'))
  const put = async (path: string, content: string, mode = 0o600): Promise<void> => {
    await writeFile(join(root, path), content)
    await chmod(join(root, path), mode)
  }
  for (const folder of ['etc/secrets', 'state', 'credentials', 'other', 'etcetera'])
    await mkdir(join(root, folder), { recursive: true })
  await put('etc/secrets/op', `${PASSWORD}\n`)
  await put('etc/secrets/open', `${PASSWORD}\r\n`, 0o644)
  await put('etc/secrets/short', 'hunter2')
  await put('etc/secrets/empty', '\n')
  await put('etc/secrets/long', 'x'.repeat(65))
  await put('etc/secrets/huge', 'x'.repeat(5000))
  await put('etc/secrets/lines', 'one\ntwo\n')
  await put('etc/ca.pem', CERTIFICATE)
  await put('etc/client.pem', CERTIFICATE)
  await put('etc/client.key', KEY)
  await put('etc/locked.key', KEY.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'))
  await put('state/pw', PASSWORD)
  await put('credentials/from-systemd', 'systemd-knows-this-one')
  await put('credentials/op', 'the-credential-comes-first')
  await put('other/pw', 'not-for-our-eyes-1')
  await put('etcetera/pw', 'not-for-our-eyes-2')
  await symlink(join(root, 'other/pw'), join(root, 'etc/link'))
  await symlink(join(root, 'other'), join(root, 'etc/linked'))
  execFileSync('mkfifo', [join(root, 'etc/secrets/fifo')])
})
afterAll(() => rm(root, { recursive: true }))

async function judge(upstream: string, credentials = false) {
  const options = {
    ...KNOWN,
    stateFolder: join(root, 'state'),
    ...(credentials ? { credentialsFolder: join(root, 'credentials') } : {}),
  }
  const text = siteText({
    upstreams: `{u: {${upstream}}}`,
    stations: '{A: {mapping: keba-p30, connect: "tcp://10.0.0.1:502", circuit: house, authorize: free, upstream: u}}',
  })
  const result = await load(text, options, join(root, 'etc/site.yaml'))
  return {
    upstream: result.config?.upstreams[0] ?? null,
    problems: result.problems.map(formatProblem).join('\n'),
    warnings: result.warnings.map(formatProblem).join('\n'),
  }
}
const WSS = 'url: "wss://csms.example.com/ocpp"'

describe('a password', () => {
  it.each([
    ['{secret: op}', false, PASSWORD],
    ['{secret: op}', true, 'the-credential-comes-first'],
    ['{secret: from-systemd}', true, 'systemd-knows-this-one'],
    ['{file: secrets/op}', false, PASSWORD],
    ['{file: ../state/pw}', false, PASSWORD],
  ])('%s (credentials: %s) comes from its file, without the line break', async (password, credentials, expected) => {
    const { upstream, problems } = await judge(`${WSS}, password: ${password}`, credentials)
    expect(problems).toBe('')
    expect(Buffer.from(upstream?.password?.reveal() ?? []).toString()).toBe(expected)
  })

  it('shows nowhere', async () => {
    const { upstream } = await judge(`${WSS}, password: {secret: op}`)
    for (const shown of [
      inspect(upstream, { depth: 9, showHidden: true }),
      JSON.stringify(upstream),
      String(upstream?.password),
    ]) {
      expect(shown).not.toContain(PASSWORD)
      expect(shown).not.toContain(Buffer.from(PASSWORD).toString('hex').slice(0, 12))
    }
  })

  it.each([
    ['hunter2', 'a password is not written in the site file'],
    ['[hunter2]', 'a password is not written in the site file'],
    ['{secrt: hunter2}', 'did you mean `secret`?'],
    ['{}', 'names no file, or two'],
    ['{secret: op, file: x}', 'names no file, or two'],
    ['{secret: none}', 'this secret does not exist'],
    ['{secret: ../hunter2}', 'is not the name of a secret'],
    ['{secret: fifo}', 'is not a regular file'],
    ['{secret: empty}', 'this file is empty'],
    ['{secret: long}', 'this file holds no password'],
    ['{secret: lines}', 'this file holds no password'],
    ['{secret: huge}', 'is too large (at most 4 KiB)'],
    ['{file: ../../etc/shadow}', 'is outside the configuration and state folders'],
    ['{file: /etc/shadow}', 'is outside the configuration and state folders'],
    ['{file: /dev/zero}', 'is outside the configuration and state folders'],
    ['{file: ../etcetera/pw}', 'is outside the configuration and state folders'],
    ['{file: ../credentials/op}', 'is outside the configuration and state folders'],
    ['{file: link}', 'is a symbolic link'],
    ['{file: linked/pw}', 'is outside the configuration and state folders'],
    ['{file: secrets}', 'is not a regular file'],
    ['{file: none}', 'does not exist'],
    ['{file: "a\\0b"}', 'is outside'],
  ])('%s is refused', async (password, expected) => {
    const { upstream, problems } = await judge(`${WSS}, password: ${password}`)
    expect(upstream).toBeNull()
    expect(problems).toContain(expected)
    expect(problems).toContain('u.password')
    expect(problems).not.toMatch(/hunter2|not-for-our-eyes/)
  })

  it('that every user can read, or that is short, is told as a warning', async () => {
    expect((await judge(`${WSS}, password: {secret: open}`)).warnings).toContain('every user of this machine can read')
    const short = await judge(`${WSS}, password: {secret: short}`)
    expect(short.warnings).toContain('this password is short')
    expect(short.warnings).not.toContain('hunter2')
  })
})

describe('the security profile', () => {
  const P = 'password: {secret: op}'
  const C = 'certificate: client.pem, key: client.key'
  const local = 'url: "ws://127.0.0.1:9000/ocpp"'
  const lan = 'url: "ws://192.168.1.2/ocpp"'

  it.each([
    [`${WSS}, ${P}`, 2],
    [`${WSS}, ${P}, security-profile: 2, ca: ca.pem`, 2],
    [`${WSS}, ${C}`, 3],
    [`${WSS}, security-profile: 0`, 0],
    [local, 0],
    [`${local}, ${P}`, 1],
    [`${lan}, insecure: true`, 0],
    [`${lan}, ${P}, insecure: true, security-profile: 1`, 1],
  ])('{%s} is %s', async (text, expected) => {
    const { upstream, problems } = await judge(text)
    expect(problems).toBe('')
    expect(upstream?.securityProfile).toBe(expected)
  })

  it('reads certificates from the configuration folder', async () => {
    expect((await judge(`${WSS}, ${C}, ca: ca.pem`)).upstream).toMatchObject({
      certificateAuthorityFile: join(root, 'etc/ca.pem'),
      clientCertificateFile: join(root, 'etc/client.pem'),
      clientKeyFile: join(root, 'etc/client.key'),
    })
  })

  it.each([
    [lan, 'is not encrypted'],
    [`${lan}, ${P}`, 'is not encrypted'],
    [`${lan}, ${P}, security-profile: 2`, 'security profile 2 needs TLS'],
    [WSS, '`password` is missing'],
    [`${WSS}, security-profile: 2`, '`password` is missing'],
    [`${WSS}, ${P}, security-profile: 1`, 'profile 1 is without TLS'],
    [`${WSS}, ${P}, security-profile: 0`, 'security profile 0 has no password'],
    [`${WSS}, security-profile: 3`, '`certificate` and `key` are missing'],
    [`${WSS}, ${P}, ${C}`, 'security profile 3 has no password'],
    [`${WSS}, ${P}, ${C}, security-profile: 2`, 'security profile 2 has no client certificate'],
    [`${WSS}, certificate: client.pem`, '`key` is missing'],
    [`${WSS}, ${P}, security-profile: 4`, 'is out of range'],
    [`${WSS}, certificate: client.key, key: client.pem`, 'holds no certificate in PEM form'],
    [`${WSS}, certificate: client.pem, key: locked.key`, 'holds no private key in PEM form (decrypt the key'],
    [`${WSS}, ${P}, ca: ../other/ca.pem`, 'is outside the configuration and state folders'],
    [`${local}, ca: ca.pem`, '`ws:` has no certificates'],
    ['url: "https://csms.example.com"', 'is not the address of a WebSocket'],
    ['url: csms', 'is not an address'],
    ['url: "wss://me:hunter2@csms.example.com"', 'holds a user name or password'],
    ['url: "wss://csms.example.com/?id=1"', 'has a `?` or `#`'],
    [`${local}, ocpp: "1.5"`, 'OCPP 1.5 is not spoken here (did you mean `1.6`?)'],
  ])('{%s} is refused', async (text, expected) => {
    const { upstream, problems } = await judge(text)
    expect(upstream).toBeNull()
    expect(problems).toContain(expected)
    expect(problems).not.toContain('hunter2')
  })

  it('takes the OCPP version without quotes too', async () => {
    expect((await judge(`${local}, ocpp: 1.6`)).upstream?.ocpp).toBe('1.6')
  })
})

describe('what a CSMS may change later', () => {
  it('has an address of its own when the file names one', async () => {
    const { upstream, problems } = await judge(
      'url: "ws://127.0.0.1:9000/ocpp", secure-url: "wss://csms.example.com:9001/ocpp/", password: {secret: op}, ca: ca.pem, key-type: rsa, additional-root-check: true',
    )
    expect(problems).toBe('')
    expect(upstream).toMatchObject({
      secureUrl: 'wss://csms.example.com:9001/ocpp',
      certificateAuthorityFile: join(root, 'etc/ca.pem'),
      keyType: 'rsa',
      additionalRootCheck: true,
    })
  })

  it.each([
    ['url: "ws://127.0.0.1:9000", secure-url: "ws://127.0.0.1:9001"', 'is not encrypted'],
    ['url: "ws://127.0.0.1:9000", secure-url: "csms"', 'is not an address'],
    ['url: "ws://127.0.0.1:9000", secure-url: "wss://a:hunter2@csms.example.com"', 'holds a user name or password'],
    [`${WSS}, password: {secret: op}, secure-url: "wss://csms.example.com"`, '`url` is encrypted already'],
    ['url: "ws://127.0.0.1:9000", key-type: dsa', 'is not one of ec, rsa'],
  ])('%s', async (upstream, problem) => {
    const { problems } = await judge(upstream)
    expect(problems).toContain(problem)
    expect(problems).not.toContain('hunter2')
  })
})
