import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { PACKAGE_FOLDER } from '../../src/cli/context.ts'
import { ampbridge } from './command.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-check-'))
  await mkdir(join(folder, 'credentials'))
  await writeFile(join(folder, 'credentials/op'), 'a-password-of-length', { mode: 0o600 })
})
afterAll(() => rm(folder, { recursive: true }))

const SITE = `circuits: {house: {limit: 63 A}}
stations:
  CP-1: {mapping: keba-p30, connect: "tcp://192.168.1.2:502", circuit: house, authorize: remote, upstream: op, start-values: {MeterValueSampleInterval: 60}}
upstreams:
  op: {url: "wss://csms.example.com", password: {secret: op}}
`

async function check(text: string, ...more: readonly string[]) {
  await writeFile(join(folder, 'site.yaml'), text)
  const env = { CREDENTIALS_DIRECTORY: join(folder, 'credentials') }
  return ampbridge(['check', '--config', 'site.yaml', ...more], { folder, env })
}

it('says ok, with relative paths from the caller’s folder and secrets from systemd', async () => {
  const { code, out, err } = await check(SITE)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('ok: 1 stations, 0 meters, 1 circuits')
})

it.each(['example.yaml', 'garage.yaml', 'small.yaml'])(
  'config/%s is right when its secrets are there',
  async (name) => {
    const own = await mkdtemp(join(tmpdir(), 'ampbridge-example-'))
    onTestFinished(() => rm(own, { recursive: true }))
    await copyFile(join(PACKAGE_FOLDER, 'config', name), join(own, 'site.yaml'))
    await mkdir(join(own, 'secrets'))
    for (const secret of ['operator', 'broker', 'kiosk'])
      await writeFile(join(own, 'secrets', secret), 'a-password-of-length', { mode: 0o600 })
    const { code, out } = await ampbridge(['check', '--config', 'site.yaml'], { folder: own })
    expect({ code, lines: out.split('\n').length }).toEqual({ code: 0, lines: 1 })
    expect(out).toMatch(/^ok: /)
  },
)

it('tells that a mapping and its connection do not fit, with what does', async () => {
  const { code, out } = await check(SITE.replace('keba-p30', 'go-e-http'))
  expect(code).toBe(78)
  expect(out).toMatch(
    /:3:\d+: stations\.CP-1\.connect: is Modbus, but `go-e-http` speaks HTTP \(write `http:\/\/HOST` or `https:\/\/HOST`\)$/,
  )
  const free = SITE.replace('keba-p30', 'keba-p30-udp').replace('tcp://192.168.1.2:502', 'udp://192.168.1.2')
  expect(await check(free)).toMatchObject({ code: 0, err: '' })
})

it('lists every mistake as file:line:column: path: message, and ends with 78', async () => {
  const { code, out, err } = await check(
    SITE.replace('keba-p30', 'keba-p3').replace('63 A', '63').replace('SampleInterval', 'SampelInterval'),
  )
  const file = join(folder, 'site.yaml')
  expect(code).toBe(78)
  expect(out.split('\n')).toEqual([
    `${file}:1:27: circuits.house.limit: the unit is missing (write \`63 A\`)`,
    `${file}:3:19: stations.CP-1.mapping: there is no mapping \`keba-p3\` (did you mean \`keba-p30\`?)`,
    `${file}:3:126: stations.CP-1.start-values.MeterValueSampelInterval: OCPP 1.6 has no key \`MeterValueSampelInterval\` (did you mean \`MeterValueSampleInterval\`?)`,
  ])
  expect(err).toBe('3 mistakes')
})

it('prints JSON', async () => {
  const good = await check(SITE, '--json')
  expect(JSON.parse(good.out)).toMatchObject({ ok: true, problems: [] })
  const bad = await check('site: {nam: x}\n', '--json')
  expect(bad.code).toBe(78)
  expect(JSON.parse(bad.out)).toMatchObject({
    ok: false,
    problems: [{ line: 1 }, { line: 1 }, { line: 1, column: 8, path: 'site.nam', hint: 'did you mean `name`?' }],
  })
})

it('tells that a file is not there', async () => {
  const { code, out } = await ampbridge(['check', '--config', '/nowhere/site.yaml'])
  expect(code).toBe(78)
  expect(out).toBe('/nowhere/site.yaml:1:1: (file): does not exist (check the path)')
})

it('checks what a mapping leaves to the installer', async () => {
  await mkdir(join(folder, 'mappings'), { recursive: true })
  await writeFile(join(folder, 'mappings/own-meter.yaml'), OWN_METER)
  const at = 'mapping: own-meter, connect: "tcp://192.168.1.3:502"'
  // Two circuits of one device are two meters at one address.
  const good = await check(
    meters(`a: {${at}, meter: ct1, options: {ct_ratio: 40}}, b: {${at}, meter: ct2, options: {ct_ratio: 40}}`),
  )
  expect(good).toMatchObject({ code: 0, err: '' })
  const twice = await check(meters(`a: {${at}, options: {ct_ratio: 40}}, b: {${at}, options: {ct_ratio: 40}}`))
  expect(twice.out).toContain('has the unit id 1 of meters.a')
  const bad = await check(
    meters(
      `a: {${at}, meter: ct3, options: {ct_ratio: 0}},\n  b: {${at}},\n  c: {${at}, options: {ct_rato: 4, ct_ratio: 2}}`,
    ),
  )
  expect(bad.code).toBe(78)
  const lines = bad.out.split('\n').filter((line) => !line.includes('unit id') && !line.includes('warning'))
  expect(lines.map((line) => line.slice(line.indexOf('site.yaml')))).toEqual([
    expect.stringMatching(/^site\.yaml:6:\d+: meters\.a\.meter: there is no meter "ct3" \(did you mean "ct1"\?\)$/),
    expect.stringMatching(/^site\.yaml:6:\d+: meters\.a\.options\.ct_ratio: 0 is outside 1 to 2000/),
    expect.stringMatching(
      /^site\.yaml:7:\d+: meters\.b: the option `ct_ratio` must be set \(Ratio of the transformers\)$/,
    ),
    expect.stringMatching(/^site\.yaml:8:\d+: meters\.c\.options\.ct_rato: .*did you mean "ct_ratio"/),
  ])
})

const meters = (entries: string): string => `${SITE}meters: {${entries}}\n`

const OWN_METER = `
device: Own Meter
kind: meter
modbus: {tcp: 502}
options: {ct_ratio: {text: Ratio of the transformers, range: 1..2000}}
points: {raw: {at: 10}}
read: {power: {calc: raw * ct_ratio}}
meters:
  ct1: {points: {raw: {at: 20}}}
  ct2: {points: {raw: {at: 30}}}
`
