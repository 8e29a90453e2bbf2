import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PACKAGE_FOLDER } from '../../src/cli/context.ts'
import { loadTariffFile } from '../../src/config/load-tariff-file.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { everyPhase } from '../../src/model/phase.ts'
import { ampbridge, type Ran } from './command.ts'

const SITE = `site: {name: Parkhaus Nord, timezone: Europe/Zurich}
circuits:
  house: {limit: 63 A, meter: grid, fail-safe: 20 A}
  garage: {parent: house, limit: 32 A}
meters:
  grid: {mapping: janitza-umg604, connect: "tcp://192.168.1.5:502", unit: 1}
stations:
  CP-1: {mapping: keba-p30, connect: "tcp://192.168.1.11:502", circuit: garage, authorize: free, fail-safe: {current: 6 A, after: 30 s}}
  CP-2: {mapping: keba-p30, connect: "tcp://192.168.1.12:502", circuit: garage, phases: L2L3L1, authorize: free, fail-safe: {current: 6 A, after: 30 s}}
  CP-3: {mapping: keba-p30, connect: "tcp://192.168.1.13:502", circuit: garage, phases: L3L1L2, authorize: free, fail-safe: {current: 6 A, after: 30 s}}
`
const TARIFF = `tariff: {currency: CHF, windows: [{from: "00:00", to: "24:00", price: 0.25}], demand-charge: 60}\n`

/** 2026-11-20 00:00 in Zurich. */
const MIDNIGHT = Date.UTC(2026, 10, 19, 23)
const HOUR = 3_600_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-whatif-'))
  await writeFile(join(folder, 'site.yaml'), SITE)
  await writeFile(join(folder, 'tariff.yaml'), TARIFF)
  await writeFile(join(folder, 'broken.yaml'), 'tariff: {windows: [{from: "7", to: "24:00", price: cheap}]}\n')
  await mkdir(join(folder, 'state'))
  await mkdir(join(folder, 'empty'))
  await (await openLedger(join(folder, 'empty'))).close()
  const ledger = await openLedger(join(folder, 'state'))
  const minutes = Array.from({ length: 4 * 60 }, (_, index) => ({
    at: MIDNIGHT + 8 * HOUR + index * 60_000,
    circuitId: 'house',
    meanAmps: everyPhase(20),
    highestAmps: everyPhase(24),
  }))
  await ledger.recordSiteSamples(minutes)
  for (const [index, stationId] of ['CP-1', 'CP-2', 'CP-3'].entries())
    await ledger.saveVisit({
      sessionId: `session-${index}`,
      stationId,
      evse: 1,
      circuitId: 'garage',
      arrivedAt: MIDNIGHT + 8 * HOUR + index * 600_000,
      leftAt: MIDNIGHT + 11 * HOUR,
      energyWh: 12_000,
      full: true,
      phases: 3,
      highestAmps: 16,
      wantedWh: null,
      departsAt: null,
      commitment: null,
      priority: 1,
      pauses: 0,
    })
  await ledger.close()
})
afterAll(() => rm(folder, { recursive: true }))

function whatif(...more: readonly string[]): Promise<Ran> {
  return ampbridge(['whatif', '--config', 'site.yaml', ...more], { folder })
}

const DAY = ['--state', 'state', '--from', '2026-11-20', '--tick', '60s']

describe('a recorded day', () => {
  it('is compared with another fuse and another tariff, logged and drawn', async () => {
    const files = ['--log', 'log.tsv', '--picture', 'day.svg', '--picture-of', 'garage', '--show-log', '3']
    const { code, out, err } = await whatif(
      ...DAY,
      '--fuse',
      '80A',
      '--fuse',
      'garage=50 A',
      '--tariff',
      'tariff.yaml',
      ...files,
    )
    expect({ code, err }).toEqual({ code: 0, err: 'playing 24 h as it is ...\nplaying 24 h with the change ...' })
    expect(out).toContain('Parkhaus Nord: recorded days, 2026-11-20')
    expect(out).toContain('Change: fuse of circuit house: 63 A -> 80 A\n        fuse of circuit garage: 32 A -> 50 A')
    expect(out).toMatch(/served as they should \(session integrity\) +[\d.]+ % +[\d.]+ %/)
    expect(out).toMatch(/over a limit \(must be 0\) +0 s +0 s/)
    expect(out).toMatch(/delivered cost of a kWh in a battery +– +0\.\d{3} CHF/)
    expect(out).toMatch(/peak sessions per installed kVA +0\.\d\d +0\.\d\d/)
    expect(out).toMatch(/run {2}time {2}station {2}set-point {2}why\nas it is {2}2026-11-20 08:/)
    const log = await readFile(join(folder, 'log.tsv'), 'utf8')
    expect(log.split('\n')[0]).toBe('run\ttime\tstation\tset-point\twhy')
    expect(log).toMatch(/\nwith the change\t2026-11-20 08:\d\d:\d\d\tCP-1\t/)
    expect(await readFile(join(folder, 'day.svg'), 'utf8')).toContain('circuit garage')
  }, 30_000)

  it('is told as JSON', async () => {
    const { code, out } = await whatif(...DAY, '--strategy', 'first-come', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      site: 'Parkhaus Nord',
      days: { kind: 'recorded', from: '2026-11-19T23:00:00.000Z', until: '2026-11-20T23:00:00.000Z' },
      changes: ['strategy: fair -> first-come'],
      asItIs: { visits: 3, overSeconds: 0, costPerKWh: null },
      changed: { visits: 3, overSeconds: 0 },
    })
  }, 30_000)
})

describe('a rush hour', () => {
  it('is played when nothing is recorded, and it says so', async () => {
    const { code, out } = await whatif('--state', 'empty', '--tick', '60s')
    expect(code).toBe(0)
    expect(out).toContain('Parkhaus Nord: a rush hour, 2026-01-12')
    expect(out).toContain('Nothing is recorded yet: a rush hour is played instead.')
    expect(out).toMatch(/ came +3\n/)
  }, 30_000)

  it('is played for a day when no state folder is named, and it says why', async () => {
    const { code, out } = await whatif('--from', '2026-11-20', '--tick', '60s')
    expect(code).toBe(0)
    expect(out).toContain('a rush hour, 2026-11-20')
    expect(out).toContain('No recorded day is played, for no state folder is named (--state FOLDER)')
  }, 30_000)

  it('is the same for the same seed', async () => {
    const rush = ['--rush-hour', '--cars', '5', '--seed', 'spring', '--tick', '60s', '--json']
    const [one, other] = [await whatif(...rush), await whatif(...rush)]
    expect(one.code).toBe(0)
    expect(one.out).toBe(other.out)
  }, 30_000)
})

it('the files of docs/what-if.md are right', async () => {
  const examples = join(PACKAGE_FOLDER, 'docs/examples')
  expect(await ampbridge(['check', '--config', 'car-park.yaml'], { folder: examples })).toMatchObject({
    code: 0,
    err: '',
  })
  const { tariff, warnings } = await loadTariffFile(join(examples, 'night-tariff.yaml'))
  expect({ currency: tariff?.currency, warnings }).toEqual({ currency: 'EUR', warnings: [] })
})

describe('is refused, and says why', () => {
  it.each<[string, readonly string[], string]>([
    [
      'a circuit that is not there',
      [...DAY, '--fuse', 'roof=80A'],
      'there is no circuit roof; there are house, garage',
    ],
    ['a fuse below any car', [...DAY, '--fuse', '3A'], 'a fuse of 3 A for circuit house: it goes from 6 A to 10000 A'],
    ['a fuse that is no current', [...DAY, '--fuse', '80kW'], 'Write amps, 80A, or a circuit and amps, garage=80A.'],
    ['a fuse twice', [...DAY, '--fuse', '80A', '--fuse', '90A'], 'is given twice'],
    [
      'a fuse by two names',
      [...DAY, '--fuse', '80A', '--fuse', 'house=90A'],
      'the fuse of circuit house is given twice',
    ],
    [
      'a picture of a circuit that is not there',
      [...DAY, '--picture', 'x.svg', '--picture-of', 'roof'],
      '--picture-of: there is no circuit roof; there are house, garage',
    ],
    [
      'days in the wrong order, with nothing recorded',
      ['--from', '2026-11-20', '--to', '2026-11-19'],
      '--to 2026-11-19 is before --from 2026-11-20',
    ],
    [
      'a day of which nothing is recorded',
      ['--state', 'state', '--from', '2026-11-22'],
      'nothing is recorded of 2026-11-22; recorded: 2026-11-20',
    ],
    [
      'a day that is none',
      ['--state', 'state', '--from', '2026-02-30'],
      '2026-02-30 is no day; write for example 2026-11-20',
    ],
    [
      'no day though some are recorded',
      ['--state', 'state'],
      '--from DAY is missing, or --rush-hour; recorded: 2026-11-20',
    ],
    ['days in the wrong order', [...DAY, '--to', '2026-11-19'], '--to 2026-11-19 is before --from 2026-11-20'],
    ['too many days', [...DAY, '--to', '2027-11-19'], 'at most 31 days are played at once'],
    ['an unknown strategy', [...DAY, '--strategy', 'luck'], 'there is no strategy luck; there are fair, commitments'],
    ['fewer stations', [...DAY, '--stations', '-3'], 'Write how many more, for example +10'],
    ['cars without a rush hour', [...DAY, '--cars', '9'], '--cars is for --rush-hour'],
    ['no cars', ['--rush-hour', '--cars', '0'], 'It is a whole number from 1 to 5000.'],
    ['half a second', ['--rush-hour', '--tick', '500ms'], 'It is a whole number of seconds from 1s to 60s.'],
    ['a log within JSON', [...DAY, '--json', '--show-log', '3'], '--show-log does not go with --json'],
    ['a circuit of no picture', [...DAY, '--picture-of', 'garage'], '--picture-of needs --picture'],
  ])('%s', async (_, options, text) => {
    const { code, out, err } = await whatif(...options)
    expect(err).toContain(text)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  it('a tariff with mistakes, each with its place', async () => {
    const { code, err } = await whatif(...DAY, '--tariff', 'broken.yaml')
    expect(code).toBe(78)
    expect(err).toContain('broken.yaml:1:')
    expect(err).toContain('is no time of day')
  })

  it('a tariff that is not there', async () => {
    const { code, err } = await whatif(...DAY, '--tariff', 'nowhere.yaml')
    expect({ code, first: err.split('\n')[0] }).toMatchObject({
      code: 78,
      first: expect.stringContaining('CONFIG_UNREADABLE'),
    })
  })

  it('a state folder without a ledger', async () => {
    const { code, err } = await whatif('--state', 'nowhere', '--from', '2026-11-20')
    expect(code).toBe(1)
    expect(err).toContain('LEDGER_UNREADABLE')
  })

  it('a file that cannot be written', async () => {
    const { code, err } = await whatif('--rush-hour', '--cars', '1', '--tick', '60s', '--log', 'nowhere/log.tsv')
    expect(code).toBe(1)
    expect(err).toContain('FILE_UNWRITABLE')
  }, 30_000)
})
