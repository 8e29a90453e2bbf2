/** `ampbridge why` beside a ledger that is open, as beside a running bridge. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { decided, minute } from '../ledger/records.ts'
import { ampbridge } from './command.ts'

const AT = Date.parse('2026-03-22T17:05:30Z')
let folder: string
let ledger: Ledger

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-why-'))
  ledger = await openLedger(join(folder, 'state'))
  await ledger.recordDecisions([
    decided(AT - 86_400_000, 0, { binding: { kind: 'no-vehicle' }, sessionId: null, rank: null }),
    decided(AT - 3_600_000, 16, { binding: { kind: 'device' }, rank: null }),
    decided(AT - 60_000, 9),
    decided(AT, 9, { binding: { kind: 'turn', circuitId: 'garage' } }),
    decided(AT, 6, { stationId: 'CP-2', evse: 1 }),
    decided(AT, 7, { stationId: 'CP-2', evse: 2 }),
    decided(AT, 8, { stationId: 'odd/name', evse: 1 }),
  ])
  await ledger.recordSiteSamples([minute(Math.floor(AT / 60_000), 'garage', 12)])
  await writeFile(
    join(folder, 'site.yaml'),
    `site: {timezone: Europe/Zurich}
circuits: {house: {limit: 63 A}}
stations:
  CP-1: {mapping: keba-p30, connect: "tcp://192.168.1.2:502", circuit: house, authorize: free}
  CP-9: {mapping: keba-p30, connect: "tcp://192.168.1.3:502", circuit: house, authorize: free}
`,
  )
})

afterAll(async () => {
  await ledger.close()
  await rm(folder, { recursive: true })
})

function why(...argv: readonly string[]) {
  return ampbridge(['why', ...argv, '--state', 'state'], { folder })
}

test('one sentence, since when, what was measured, and what was before', async () => {
  const { code, out, err } = await why('CP-1/1', '--config', 'site.yaml', '--at', '2026-03-22 18:05:45')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.split('\n')).toEqual([
    'CP-1/1: 9 A: waits for its turn: others are served first on circuit garage; 3rd of 5 in the queue, paused once',
    '  since 2026-03-22 18:04:30, for this reason since 18:05:30, session S1',
    '  measured in that minute: the building on circuit garage took 12.0, 12.0, 12.0 A on L1, L2, L3 (at most 12.0, 13.0, 9.0 A)',
    '  before  18:04:30  9 A: circuit garage, phase L2: 63 A by its fuse, the building takes 12.5 A; 3rd of 5 in the queue, paused once',
    '          17:05:30  16 A: the charger’s own maximum',
    '          2026-03-21 18:05:30  no current: no vehicle',
  ])
})

test('any moment before, and without one the newest', async () => {
  expect((await why('CP-1/1', '--at', '2026-03-22T16:30:00Z')).out).toMatch(/^CP-1\/1: 16 A/)
  expect((await why('CP-1')).out).toMatch(/^CP-1\/1: 9 A: waits for its turn/)
  const early = await why('CP-1/1', '--at', '2026-03-01T00:00:00Z')
  expect(early.code).toBe(1)
  expect(early.out).toMatch(/nothing is stored of .* or before$/)
})

test('a station of several connectors tells of all; a name may have a slash', async () => {
  const { out } = await why('CP-2')
  expect(
    out
      .split('\n')
      .filter((line) => line.startsWith('CP-2/'))
      .map((line) => line.slice(0, 11)),
  ).toEqual(['CP-2/1: 6 A', 'CP-2/2: 7 A'])
  expect((await why('CP-2/2')).out).toMatch(/^CP-2\/2: 7 A/)
  expect((await why('odd/name')).out).toMatch(/^odd\/name\/1: 8 A/)
})

describe('when no bridge runs', () => {
  const STOPPED = 'stopped'
  beforeAll(async () => {
    const stopped = await openLedger(join(folder, STOPPED))
    await stopped.recordDecisions([decided(AT - 60_000, 16), decided(AT, 9), decided(AT, 6, { stationId: 'CP-2' })])
    await stopped.close()
  })
  const asked = (...argv: readonly string[]) => ampbridge(['why', ...argv, '--state', STOPPED], { folder })

  test('the last decision is not told as if it were now', async () => {
    const { code, out } = await asked('CP-1', '--config', 'site.yaml')
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toBe(
      'CP-1/1 (no bridge runs on this folder now; decided last, 2026-03-22 18:05:30): 9 A: circuit garage, phase L2: 63 A by its fuse, the building takes 12.5 A; 3rd of 5 in the queue, paused once',
    )
  })

  test('a moment that is named is told as it was', async () => {
    expect((await asked('CP-1', '--at', '2026-03-22T17:05:30Z')).out).toMatch(/^CP-1\/1: 9 A: circuit/)
  })

  test('a program is told too', async () => {
    expect(JSON.parse((await asked('CP-1', '--json')).out)).toMatchObject([{ bridgeRuns: false }])
    expect(JSON.parse((await why('CP-1', '--json')).out)).toMatchObject([{ bridgeRuns: true }])
    const [named] = JSON.parse((await asked('CP-1', '--json', '--at', '2026-03-22T17:05:30Z')).out) as [object]
    expect(named).not.toHaveProperty('bridgeRuns')
  })

  test('asking leaves the folder free for a bridge', async () => {
    const questions = Promise.all([asked('CP-1'), asked('CP-1'), asked('CP-1')])
    const started = await openLedger(join(folder, STOPPED))
    await started.close()
    for (const { code } of await questions) expect(code).toBe(0)
  })
})

test('as JSON', async () => {
  const { out } = await why('CP-2/2', '--json')
  expect(JSON.parse(out)).toMatchObject([
    {
      stationId: 'CP-2',
      evse: 2,
      since: '2026-03-22T17:05:30.000Z',
      decision: { amps: 7, rank: { position: 3 } },
      before: [],
    },
  ])
})

test.each([
  [['CP-3'], /there is no CP-3; did you mean CP-1\? Known: CP-1\/1, CP-2\/1, CP-2\/2, odd\/name\/1/],
  [['CP-2/3'], /there is no CP-2\/3; did you mean CP-2\/[12]\? Known/],
  [['nothing-like-it'], /there is no nothing-like-it\. Known: CP-1/],
  [['CP-9', '--config', 'site.yaml'], /nothing is stored of CP-9 yet/],
  [['CP-1', '--at', 'yesterday'], /write it as/],
  [['CP-1', '--at', '2999-01-01 10:00'], /not come yet/],
])('%j is wrong use', async (argv, words) => {
  const { code, err } = await why(...argv)
  expect(code).toBe(2)
  expect(err).toMatch(words)
})

test('without a state folder, or without a ledger in it, there is nothing to ask', async () => {
  expect(await ampbridge(['why', 'CP-1'], { folder })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--state'),
  })
  const { code, err } = await ampbridge(['why', 'CP-1', '--state', '.'], { folder })
  expect(code).toBe(1)
  expect(err).toContain('LEDGER_UNREADABLE: there is no ledger in')
})
