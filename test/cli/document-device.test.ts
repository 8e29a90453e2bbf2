/** Devices that speak in texts on the command line: `simulate` as a process, `read` and `set` against it, over each wire that there is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { mosquitto, startBroker } from '../peers/mosquitto.ts'
import { ampbridge } from './command.ts'
import { run, start, type Started } from './process.ts'

/** Serves the device of a mapping until the test ends. */
async function simulated(mapping: string, listen: string, ...more: readonly string[]): Promise<string> {
  const simulator: Started = start(['simulate', '--mapping', mapping, '--listen', listen, ...more, '--json'])
  onTestFinished(async () => {
    simulator.kill('SIGTERM')
    expect(await simulator.ended).toMatchObject({ code: 0, err: '' })
  })
  const told: unknown = JSON.parse(await simulator.line('"url"'))
  expect(told).toMatchObject({ mapping, unit: null })
  return typeof told === 'object' && told !== null && 'url' in told ? String(told.url) : ''
}

/** The simulated car takes a moment to plug in, and to obey. */
async function shows(argv: readonly string[], values: object): Promise<void> {
  await expect.poll(() => readValues(argv), { timeout: 5000 }).toMatchObject(values)
}

async function readValues(argv: readonly string[]): Promise<unknown> {
  const { code, out, err } = await ampbridge(['read', ...argv, '--json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return (JSON.parse(out) as { values: unknown }).values
}

describe('simulate, read and set', () => {
  it('a charger over HTTP', async () => {
    const url = await simulated('go-e-http', 'http://127.0.0.1:0')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const box = ['--mapping', 'go-e-http', '--connect', url]
    await shows(box, { state: 'C', enabled: true })
    expect(await run(['set', ...box, '--current', '9', '--yes'])).toEqual({
      code: 0,
      out: 'GET /api/set?amp=9: current 9 A',
      err: '',
    })
    await shows(box, { limit: 9 })
    // the password of an address is in nothing that is printed or kept
    const locked = ['--mapping', 'go-e-http', '--connect', url.replace('//', '//me:hush@')]
    const watched = await ampbridge(['mappings', 'watch', ...locked, '--once'])
    expect(watched.out).toMatch(/^status\.amp +9 +limit 9/m)
    const recorded = await ampbridge(['mappings', 'record', ...locked])
    expect(recorded.out).toContain(`recorded at ${url}`)
    expect(watched.out + watched.err + recorded.out + recorded.err).not.toContain('hush')
  })

  it('a charger over UDP', async () => {
    const url = await simulated('keba-p30-udp', 'udp://127.0.0.1:0')
    const box = ['--mapping', 'keba-p30-udp', '--connect', url]
    await shows(box, { state: 'C' })
    const { code, out } = await ampbridge(['set', ...box, '--current', '9', '--yes'])
    expect({ code, last: out.split('\n').at(-1) }).toEqual({ code: 0, last: 'send currtime 9000 1: current 9 A' })
    await shows(box, { limit: 9 })
  })

  it('a meter that sends telegrams', async () => {
    const url = await simulated('dsmr-p1', 'dsmr+tcp://127.0.0.1:0')
    const meter = ['--mapping', 'dsmr-p1', '--connect', url]
    await shows(meter, { current: [5, 6, 7], voltage: [230, 230, 230] })
    const { code, err } = await ampbridge(['set', ...meter, '--current', '9', '--yes'])
    expect(code).toBe(1)
    expect(err).toContain('DEVICE_COMMAND_UNKNOWN')
  })

  it('a meter that encrypts, its key from a file', async () => {
    const key = '00112233445566778899aabbccddeeff'
    const url = await simulated('dsmr-p1', `dsmr+tcp://127.0.0.1:0?key=${key}`)
    expect(url).toMatch(/key=\*\*\*$/)
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-key-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'key'), `${key}\n`, { mode: 0o600 })
    const connect = url.replace(/\?.*/, '')
    const reading = ['read', '--mapping', 'dsmr-p1', '--connect', connect, '--key-file', 'key', '--json']
    const { code, out, err } = await ampbridge(reading, { folder })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ values: { current: [5, 6, 7] } })
  })

  it.skipIf(!mosquitto.available)(
    `a charger at a broker${mosquitto.available ? '' : `: ${mosquitto.reason}`}`,
    async () => {
      const login = { user: 'bridge', password: 'hush: @/' }
      const broker = await startBroker({ login })
      onTestFinished(() => broker.remove())
      const folder = await mkdtemp(join(tmpdir(), 'ampbridge-password-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      await writeFile(join(folder, 'password'), `${login.password}\n`, { mode: 0o600 })

      const inUrl = `mqtt://bridge:${encodeURIComponent(login.password)}@127.0.0.1:${broker.port}`
      const url = await simulated('go-e-mqtt', inUrl, '--option', 'serial=123456')
      expect(url).toBe(`mqtt://127.0.0.1:${broker.port}`)
      const box = ['--mapping', 'go-e-mqtt', '--connect', url, '--option', 'serial=123456', '--login', 'bridge']
      const env = { AMPBRIDGE_PASSWORD: login.password }
      const { code, out } = await ampbridge(['set', ...box, '--current', '9', '--yes'], { env })
      expect({ code, last: out.split('\n').at(-1) }).toEqual({
        code: 0,
        last: expect.stringContaining('go-eCharger/123456/amp/set'),
      })
      // The car takes a second to follow.
      const stateFromFile = async (): Promise<unknown> => {
        const { out: read } = await ampbridge(['read', ...box, '--password-file', 'password', '--json'], { folder })
        return JSON.parse(read)
      }
      await expect.poll(stateFromFile, { timeout: 10_000, interval: 200 }).toMatchObject({ values: { state: 'C' } })

      const wrong = await ampbridge(['read', ...box], { env: { AMPBRIDGE_PASSWORD: 'wrong-hush' } })
      expect(wrong.code).toBe(69)
      expect(wrong.err).not.toContain('hush')
    },
  )
})

describe('what to connect to', () => {
  it.each([
    [
      'go-e-http',
      'http://127.0.0.1:0',
      /^go-e-http listens at http:\/\/127\.0\.0\.1:\d+; read it with --connect "http:/,
    ],
    [
      'keba-p30-udp',
      'udp://127.0.0.1:0',
      /^keba-p30-udp listens at udp:\/\/127\.0\.0\.1:\d+\?local=0; read it with --connect "udp:/,
    ],
    [
      'dsmr-p1',
      'dsmr+tcp://127.0.0.1:0',
      /^dsmr-p1 sends at dsmr\+tcp:\/\/127\.0\.0\.1:\d+; read it with --connect "dsmr/,
    ],
  ])('is told of %s', async (mapping, listen, expected) => {
    const stop = new AbortController()
    const ended = ampbridge(['simulate', '--mapping', mapping, '--listen', listen], { stop: stop.signal })
    setTimeout(() => stop.abort(), 50)
    expect((await ended).out).toMatch(expected)
  })

  it.each([
    ['go-e-http', 'tcp://127.0.0.1:0', 'go-e Charger (HTTP API v2) speaks http; it is served at http:'],
    ['go-e-http', 'https://me:hush@127.0.0.1:0', 'https://127.0.0.1:0: go-e'],
    ['keba-p30', 'http://127.0.0.1:0', 'speaks modbus; it is served at tcp:, rtu+tcp:, ascii+tcp:, rtu:, ascii:'],
    ['dsmr-p1', 'mqtt://127.0.0.1', 'speaks dsmr; it is served at dsmr:, dsmr+tcp:'],
    ['go-e-http', 'gopher:', 'it is served at http:'],
  ])('%s is not served at %s', async (mapping, listen, expected) => {
    const { code, out, err } = await ampbridge(['simulate', '--mapping', mapping, '--listen', listen])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(expected)
    expect(err).not.toContain('hush')
  })

  it('a unit id is not known to a device that speaks in texts', async () => {
    const reading = await ampbridge([
      'read',
      '--mapping',
      'go-e-http',
      '--connect',
      'http://127.0.0.1:1',
      '--unit',
      '1',
    ])
    expect(reading).toMatchObject({ code: 78, err: expect.stringContaining('speaks http, which knows no unit id') })
    const serving = await ampbridge([
      'simulate',
      '--mapping',
      'go-e-http',
      '--listen',
      'http://127.0.0.1:0',
      '--unit',
      '1',
    ])
    expect(serving).toMatchObject({ code: 78, err: expect.stringContaining('speaks http, which knows no unit id') })
  })
})

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('a login', () => {
  /** What the device was told about who asks. */
  const heard: (string | undefined)[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization)
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="box"' }).end()
  })
  let folder: string
  let box: readonly string[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ampbridge-login-'))
    await writeFile(join(folder, 'password'), 'hush-file\n', { mode: 0o600 })
    await writeFile(join(folder, 'open'), 'hush-file\n', { mode: 0o644 })
    await writeFile(join(folder, 'empty'), '')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const bound = server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    box = ['--mapping', 'go-e-http', '--connect', `http://127.0.0.1:${port}`]
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })

  it.each([
    ['the environment', [], { AMPBRIDGE_PASSWORD: 'hush-env' }, basic('me:hush-env')],
    ['a file', ['--password-file', 'password'], { AMPBRIDGE_PASSWORD: 'hush-env' }, basic('me:hush-file')],
  ])('has its password from %s, and a refusal does not repeat it', async (_, more, env, expected) => {
    heard.length = 0
    const { code, err } = await ampbridge(['read', ...box, '--login', 'me', ...more], { env, folder })
    expect(code).toBe(1)
    expect(heard).toContain(expected)
    expect(err).toContain('DEVICE_EXCEPTION')
    expect(err).not.toContain('hush')
  })

  it.each([
    [['--login', 'me'], 2, 'the password is missing: name --password-file FILE, or set AMPBRIDGE_PASSWORD'],
    [['--password-file', 'password'], 2, '--password-file goes with --login USER'],
    [['--login', 'me', '--password-file', 'none'], 78, 'SECRET_UNREADABLE: none: does not exist'],
    [['--login', 'me', '--password-file', 'empty'], 78, 'SECRET_UNREADABLE: empty: holds not one line'],
    [['--login', 'me', '--password-file', '.'], 78, 'SECRET_UNREADABLE'],
    [['--key-file', 'password'], 2, 'a connection of http knows no key'],
    [['--connect', 'http://me:hush@box'], 2, '--connect: It is given twice.'],
    [['--login', 'me', '--password-file', 'open'], 1, 'open: every user of this machine can read this file'],
  ])('%j ends with %s', async (more, expected, reason) => {
    const { code, err } = await ampbridge(['read', ...box, ...more], { folder })
    expect(code).toBe(expected)
    expect(err).toContain(reason)
    expect(err).not.toContain('hush')
  })

  it.each(['tcp://me:hush@box', 'https://me:hush@box?x=1', 'dsmr://me:hush@box', 'ftp://me:hush@box'])(
    'in %s is not repeated when the address is wrong',
    async (connect) => {
      for (const mapping of ['go-e-http', 'keba-p30', 'dsmr-p1']) {
        const { code, err } = await ampbridge(['read', '--mapping', mapping, '--connect', connect])
        expect(code).toBe(2)
        expect(err).not.toContain('hush')
      }
      for (const argv of [
        ['scan', connect],
        ['mappings', 'draft', '--connect', connect],
      ]) {
        expect((await ampbridge(argv)).err).not.toContain('hush')
      }
    },
  )

  it('in the address is seen by others, says the help', async () => {
    const { out } = await ampbridge(['read', '--help'])
    expect(out.replaceAll(/\s+/g, ' ')).toContain('but other users of this machine see it there: better is --login')
  })
})
