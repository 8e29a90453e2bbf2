/** Keys of the API: from files of their own, long enough, each its own, for stations that exist; never shown. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/config/problem.ts'
import { KNOWN, load, siteText, station } from './site-text.ts'

const KEY = 'kiosk-0123456789'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-keys-'))
  await mkdir(join(folder, 'secrets'))
  const files = {
    kiosk: `${KEY}\n`,
    twin: KEY,
    short: 'tooshort',
    spaced: 'sixteen letters and spaces',
    app: 'A'.repeat(128),
  }
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, 'secrets', name), text, { mode: 0o600 })
})
afterAll(() => rm(folder, { recursive: true }))

const SIGNALS =
  '{ems: {source: ems, circuit: house}, ripple: {source: dso, circuit: house, connect: "tcp://10.0.0.8:502", at: 0, power: 1 kW}}'

async function read(api: string, web: string | undefined = '{}', more: Record<string, string> = {}) {
  const stations = `{A: ${station('')}, B: ${station('connect: "tcp://10.0.0.2:502"').replace(', authorize: free', '')}, garage: {members: [B], authorize: free}}`
  const result = await load(siteText({ stations, api, web, ...more }), KNOWN, join(folder, 'site.yaml'))
  const told = [...result.problems, ...result.warnings].map((one) => formatProblem(one).replace(/^.*site\.yaml:/, ''))
  return { config: result.config, told }
}

describe('keys of the API', () => {
  it('are read, with what they may and where', async () => {
    const { config, told } = await read(
      '{keys: {kiosk: {secret: kiosk, allow: [token, stop], stations: [garage]}, app: {file: secrets/app, allow: [unlock]}}}',
    )
    expect(told).toEqual([])
    expect(config?.apiKeys.map(({ name, allow, stationIds }) => ({ name, allow, stationIds }))).toEqual([
      { name: 'kiosk', allow: ['token', 'stop'], stationIds: ['garage'] },
      { name: 'app', allow: ['unlock'], stationIds: null },
    ])
    expect(Buffer.from(config?.apiKeys[0]?.key.reveal() ?? []).toString()).toBe(KEY)
    expect(JSON.stringify(config)).not.toContain(KEY)
  })

  it.each([
    [
      'a short one',
      '{keys: {k: {secret: short, allow: [stop]}}}',
      '3:26: api.keys.k.secret: this file holds no key (16 to 128',
    ],
    [
      'one with spaces',
      '{keys: {k: {secret: spaced, allow: [stop]}}}',
      '3:26: api.keys.k.secret: this file holds no key',
    ],
    [
      'one in the file',
      '{keys: {k: {key: abc, secret: kiosk, allow: [stop]}}}',
      '3:18: api.keys.k.key: unknown key `key`',
    ],
    ['none', '{keys: {k: {allow: [stop]}}}', '3:17: api.keys.k: names no file, or two'],
    ['a missing file', '{keys: {k: {secret: gone, allow: [stop]}}}', 'api.keys.k.secret: this secret does not exist'],
    ['nothing allowed', '{keys: {k: {secret: kiosk}}}', '3:14: api.keys.k.allow: is missing (list what it may'],
    ['an empty list', '{keys: {k: {secret: kiosk, allow: []}}}', '3:40: api.keys.k.allow: is empty'],
    [
      'an unknown action',
      '{keys: {k: {secret: kiosk, allow: [stopp]}}}',
      '3:41: api.keys.k.allow.0: is not one of token, stop, unlock, limit, parameters, wishes (did you mean `stop`?)',
    ],
    [
      'a station that is not there',
      '{keys: {k: {secret: kiosk, allow: [stop], stations: [C]}}}',
      'api.keys.k.stations.0: there is no station `C`',
    ],
    [
      'a member',
      '{keys: {k: {secret: kiosk, allow: [stop], stations: [B]}}}',
      'api.keys.k.stations.0: is a member of `garage` (name `garage`)',
    ],
    [
      'the key of another',
      '{keys: {a: {secret: kiosk, allow: [stop]}, k: {secret: twin, allow: [stop]}}}',
      'api.keys.k.secret: is the key of `a`',
    ],
    [
      'what is of the whole site, at some stations',
      '{keys: {k: {secret: kiosk, allow: [token, limit], stations: [A]}}}',
      'api.keys.k.allow.1: is for the whole site, but the key names stations',
    ],
    [
      'signals for who may not limit',
      '{keys: {k: {secret: kiosk, allow: [stop], signals: [ems]}}}',
      'api.keys.k.signals: goes with `allow: [limit]`',
    ],
    [
      'a signal that is not there',
      '{keys: {k: {secret: kiosk, allow: [limit], signals: [esm]}}}',
      'api.keys.k.signals.0: there is no signal `esm` (did you mean `ems`?)',
    ],
    [
      'a contact',
      '{keys: {k: {secret: kiosk, allow: [limit], signals: [ems, ripple]}}}',
      'api.keys.k.signals.1: is a contact or a topic',
    ],
    ['no keys at all', '{}', '3:1: api.keys: is missing'],
  ])('refuse %s', async (_, api, expected) => {
    const { config, told } = await read(api, undefined, { signals: SIGNALS })
    const problems = told.filter((one) => !one.includes('warning'))
    expect(config).toBeNull()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
    expect(told.join()).not.toContain(KEY)
  })

  it('speak for some signals, or for all', async () => {
    const { config } = await read(
      '{keys: {ems: {secret: kiosk, allow: [limit], signals: [ems]}, all: {secret: app, allow: [limit]}}}',
      undefined,
      { signals: SIGNALS },
    )
    expect(config?.apiKeys.map(({ signalIds }) => signalIds)).toEqual([['ems'], null])
  })

  it('need an API', async () => {
    const stations = `{A: ${station('')}}`
    const text = siteText({ stations, api: '{keys: {k: {secret: kiosk, allow: [stop]}}}' })
    const { problems } = await load(text, KNOWN, join(folder, 'site.yaml'))
    expect(problems.map(({ line, path, message }) => `${line} ${path} ${message}`)).toEqual([
      '3 api there is no API that could be called',
    ])
  })

  it('warn where they can be overheard, and where others can read them', async () => {
    const open = await read('{keys: {k: {secret: kiosk, allow: [stop]}}}', '{listen: "0.0.0.0:8080"}')
    expect(open.config).not.toBeNull()
    expect(open.told.join()).toContain('api: warning: the keys cross this network unencrypted')
    await chmod(join(folder, 'secrets', 'app'), 0o644)
    const readable = await read('{keys: {k: {secret: app, allow: [stop]}}}')
    expect(readable.told.join()).toContain('every user of this machine can read this file')
  })
})
