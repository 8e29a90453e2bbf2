/** Logins and keys of devices: where they may stand, and that what they are is told to nobody. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/config/problem.ts'
import { KNOWN, load, siteText, station } from './site-text.ts'

const PASSWORD = 'hu$h: @/? ü'
const KEY = '00112233445566778899AABBCCDDEEFF'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-logins-'))
  await mkdir(join(folder, 'secrets'))
  const secret = (name: string, content: string | Uint8Array, mode = 0o600): Promise<void> =>
    writeFile(join(folder, 'secrets', name), content, { mode })
  await secret('box', `${PASSWORD}\n`)
  await secret('open', PASSWORD, 0o644)
  await secret('meter', `${KEY}\n`)
  await secret('empty', '\n')
  await secret('lines', 'hush\nhush\n')
  await secret('long', 'h'.repeat(129))
  await secret('bytes', Uint8Array.from([0xff, 0xfe, 0x41]))
  await secret('control', 'hu\u0007sh')
})
afterAll(() => rm(folder, { recursive: true }))

const site = async (sections: { readonly [section: string]: string | undefined }) => {
  const { config, problems, warnings } = await load(siteText(sections), KNOWN, join(folder, 'site.yaml'))
  const told = [...problems, ...warnings].map((problem) => formatProblem(problem).replace(/^.*?site\.yaml:/, ''))
  return { config, told }
}
const box = (login: string, connect = 'http://box'): string =>
  station(`mapping: ${connect.startsWith('tcp') ? 'keba-p30' : 'go-e'}, connect: "${connect}", login: ${login}`)
const meter = (key: string, connect = 'dsmr:/dev/ttyUSB7'): string =>
  `{m: {mapping: ${connect.startsWith('tcp') ? 'sdm630' : 'p1'}, connect: "${connect}", key: ${key}}}`

describe('a login', () => {
  it('is read from its file, and prints as stars', async () => {
    const { config, told } = await site({ stations: `{A: ${box('{user: admin, password: {secret: box}}')}}` })
    expect(told).toEqual([])
    const address = config?.stations[0]?.chargers[0]?.address
    expect(address).toMatchObject({ connect: 'http://box:80', key: null, login: { user: 'admin' } })
    expect(new TextDecoder().decode(address?.login?.password.reveal())).toBe(PASSWORD)
    expect(JSON.stringify(config)).not.toContain('hu$h')
    expect(JSON.stringify(config)).toContain('"password":"***"')
  })

  it.each([
    [
      '{user: admin, password: {secret: none}}',
      'A.login.password.secret: this secret does not exist (put it in the file secrets/none',
    ],
    ['{user: admin, password: {secret: empty}}', 'this file is empty (write the password into it'],
    ['{user: admin, password: {secret: lines}}', 'this file holds no password (one line, at most 128 bytes)'],
    ['{user: admin, password: {secret: long}}', 'this file holds no password'],
    ['{user: admin, password: {secret: bytes}}', 'this file holds no password (one line of text (UTF-8))'],
    ['{user: admin, password: {secret: control}}', 'this file holds no password'],
    ['{user: admin, password: {secret: open}}', 'warning: every user of this machine can read this file'],
    ['{user: admin, password: {file: /etc/passwd}}', 'is outside the configuration and state folders'],
    ['{user: admin, password: {}}', 'names no file, or two'],
    ['{user: admin, password: hush}', 'a password is not written in the site file (write `{secret: NAME}`'],
    ['{user: admin}', 'A.login.password: is missing (write `{secret: NAME}` and put it in the file secrets/NAME)'],
    ['{password: {secret: box}}', 'A.login.user: is missing (write the user name)'],
    ['{user: "ad:min", password: {secret: box}}', 'A.login: cannot be used: the user is empty or has a colon'],
    ['{username: admin, password: {secret: box}}', 'unknown key `username` (did you mean `user`?)'],
    ['admin', 'A.login: is a text, not a section'],
  ])('%s', async (login, expected) => {
    const { told } = await site({ stations: `{A: ${box(login)}}` })
    expect(told.join('\n')).toContain(expected)
    expect(told.join('\n')).not.toMatch(/hu.?sh/)
  })

  it.each(['tcp://box', 'rtu:/dev/ttyUSB7'])('is not known at %s', async (connect) => {
    const entry = station(`connect: "${connect}", login: {user: me, password: {secret: box}}`)
    const { told } = await site({ stations: `{A: ${entry}}` })
    expect(told).toEqual([expect.stringMatching(/stations\.A\.login: a connection of `(tcp|rtu)` knows no login/)])
  })

  it('is asked for where a person writes its parts', async () => {
    const entry = station('mapping: go-e, connect: "http://box", user: me, password: hush')
    const { told } = await site({ stations: `{A: ${entry}}` })
    expect(told).toHaveLength(2)
    for (const line of told) expect(line).toContain('write `login: {user: NAME, password: {secret: NAME}}`')
  })

  it('is judged in an entry with other mistakes too', async () => {
    const entry = station(
      'mapping: go-e, connect: "http://box", phases: L9, login: {user: me, password: {secret: none}}',
    )
    const { told } = await site({ stations: `{A: ${entry}}` })
    expect(told.join('\n')).toContain('this secret does not exist')
  })
})

describe('a key', () => {
  it('is read from its file, and prints as stars', async () => {
    const { config, told } = await site({ meters: meter('{secret: meter}') })
    expect(told).toEqual([expect.stringContaining('no circuit uses this meter')])
    const address = config?.meters[0]?.address
    expect(address).toMatchObject({ connect: 'dsmr:/dev/ttyUSB7', login: null })
    expect(new TextDecoder().decode(address?.key?.reveal())).toBe(KEY)
    expect(JSON.stringify(config)).not.toContain(KEY)
  })

  it.each([
    ['{secret: box}', 'meters.m.key: cannot be used: the key is not 32 hexadecimal digits'],
    ['{secret: none}', 'meters.m.key.secret: this secret does not exist'],
    ['hush', 'meters.m.key: a key is not written in the site file'],
  ])('%s', async (key, expected) => {
    const { told } = await site({ meters: meter(key) })
    expect(told.join('\n')).toContain(expected)
    expect(told.join('\n')).not.toMatch(/hu.?sh/)
  })

  it.each(['tcp://box', 'sml:/dev/ttyUSB7'])('is not known at %s', async (connect) => {
    const { told } = await site({ meters: meter('{secret: meter}', connect) })
    expect(told.join('\n')).toMatch(/meters\.m\.key: a connection of `(tcp|sml)` knows no key/)
  })
})
