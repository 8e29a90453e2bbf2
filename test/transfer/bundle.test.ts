import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bundleFileName, writeBundle, type BundleEntry, type BundleLimits } from '../../src/transfer/bundle.ts'
import { describeWithPeers, peer } from '../peers/require-peer.ts'
import { NEVER_ABORTED, scratchFolder } from './ground.ts'

const PYTHON = '/usr/bin/python3'
const python = peer('python3', [PYTHON, '-c', 'import zipfile'])
const READ = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    json.dump([[i.filename, list(i.date_time), z.read(i).decode()] for i in z.infolist()], sys.stdout)
`
const MADE_AT = new Date('2026-11-21T08:15:00Z')
const limits: BundleLimits = { madeAt: MADE_AT, secrets: ['geheimnis'] }

/** As another program reads it: names and contents in their order. */
function unpacked(path: string): [string, string][] {
  const { stdout, status, stderr } = spawnSync(PYTHON, ['-c', READ, path], { maxBuffer: 1e9 })
  if (status !== 0) throw new Error(stderr.toString())
  return (JSON.parse(stdout.toString()) as [string, number[], string][]).map(([name, , content]) => [name, content])
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) {
    await Promise.resolve()
    yield text
  }
}

async function* failing(text: string): AsyncGenerator<string> {
  yield* pieces(text)
  throw new Error('no such file geheimnis')
}

describeWithPeers('a bundle', [python], () => {
  const folder = scratchFolder()
  const path = join(folder, 'bundle.zip')

  it('holds its entries in their order, and says how large it is', async () => {
    const entries: BundleEntry[] = [
      { name: 'log.txt', content: pieces('one\n', '', 'two\n') },
      { name: 'trace/CP 1.log', content: 'ü\n'.repeat(50_000) },
      { name: 'empty.json', content: '' },
    ]
    const result = await writeBundle(entries, path, limits, NEVER_ABORTED)
    expect(unpacked(path)).toEqual([
      ['log.txt', 'one\ntwo\n'],
      ['trace/CP_1.log', 'ü\n'.repeat(50_000)],
      ['empty.json', ''],
    ])
    const bytes = readFileSync(path)
    expect(result).toEqual({
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      entries: [
        { name: 'log.txt', bytes: 8, end: 'whole' },
        { name: 'trace/CP_1.log', bytes: 150_000, end: 'whole' },
        { name: 'empty.json', bytes: 0, end: 'whole' },
      ],
    })
  })

  it('holds no secret, also one that came in two pieces', async () => {
    const entries = [{ name: 'a', content: pieces('x geheim', 'nis y\npassword: ', 'abc\n') }]
    await writeBundle(entries, path, limits, NEVER_ABORTED)
    expect(unpacked(path)).toEqual([['a', 'x [redacted] y\npassword: [redacted]\n']])
  })

  it('cuts an entry at its limit, whole characters only, and the last ones at the limit of all; each says so', async () => {
    const entries = ['ö'.repeat(600), 'b'.repeat(600), 'c'.repeat(900), 'd'].map((content, at) => ({
      name: `e${at}`,
      content,
    }))
    const tight = { ...limits, entryBytesMax: 1001, totalBytesMax: 2000 }
    const result = await writeBundle(entries, path, tight, NEVER_ABORTED)
    expect(unpacked(path)).toEqual([
      ['e0', `${'ö'.repeat(500)}\n[cut here: more than 1001 bytes (entry limit)]\n`],
      ['e1', 'b'.repeat(600)],
      ['e2', `${'c'.repeat(400)}\n[cut here: more than 400 bytes (total limit)]\n`],
      ['e3', '\n[cut here: more than 0 bytes (total limit)]\n'],
    ])
    expect(result.entries.map(({ bytes, end }) => [bytes, end])).toEqual([
      [1000, 'entry limit'],
      [600, 'whole'],
      [400, 'total limit'],
      [0, 'total limit'],
    ])
  })

  it('stops reading a source at the limit, however long it would go on', async () => {
    let read = 0
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        await Promise.resolve()
        read += 1
        yield 'a line\n'.repeat(1000)
      }
    }
    await writeBundle([{ name: 'e', content: endless() }], path, { ...limits, entryBytesMax: 1e6 }, NEVER_ABORTED)
    expect(read).toBeLessThan(200)
  })

  it('goes on when a source fails, and says why without a secret', async () => {
    const entries = [
      { name: 'a', content: failing('first\n') },
      { name: 'b', content: 'b' },
    ]
    const { entries: ended } = await writeBundle(entries, path, limits, NEVER_ABORTED)
    expect(unpacked(path)).toEqual([
      ['a', 'first\n\n[ended early: no such file [redacted]]\n'],
      ['b', 'b'],
    ])
    expect(ended.map(({ end }) => end)).toEqual(['failed', 'whole'])
  })

  it('gives entries names that are safe to unpack, and no name twice', async () => {
    const names = ['../../etc/passwd', '/abs', String.raw`C:\x`, 'a.log', 'A.log', 'a.log', '..', '']
    await writeBundle(
      names.map((name) => ({ name, content: '' })),
      path,
      limits,
      NEVER_ABORTED,
    )
    expect(unpacked(path).map(([name]) => name)).toEqual([
      'etc/passwd',
      'abs',
      'C_/x',
      'a.log',
      'A-2.log',
      'a-3.log',
      'entry',
      'entry-2',
    ])
  })

  it('leaves nothing when the caller gives up', async () => {
    const into = join(folder, 'given-up')
    mkdirSync(into)
    const given = new AbortController()
    async function* endless(): AsyncGenerator<string> {
      for (let count = 0; ; count += 1) {
        if (count === 10) given.abort(new Error('given up'))
        yield* pieces(`${count} `.repeat(20_000))
      }
    }
    const ending = writeBundle([{ name: 'e', content: endless() }], join(into, 'b.zip'), limits, given.signal)
    await expect(ending).rejects.toThrow('given up')
    expect(readdirSync(into)).toEqual([])
  })
})

describe('its file name', () => {
  it('names station and time', () => {
    expect(bundleFileName('CP-001', MADE_AT)).toBe('ampbridge-CP-001-2026-11-21T08-15-00Z.zip')
    expect(bundleFileName('Garage/2 Süd', MADE_AT)).toBe('ampbridge-Garage_2_Su_d-2026-11-21T08-15-00Z.zip')
    expect(bundleFileName('../..', MADE_AT)).toBe('ampbridge-station-2026-11-21T08-15-00Z.zip')
  })

  it('is safe whatever the station is called, and fits fileName of OCPP 1.6 (255 characters)', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300, unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
        (station) => {
          expect(bundleFileName(station, MADE_AT)).toMatch(/^ampbridge-[\w][\w.-]{0,60}-2026-11-21T08-15-00Z\.zip$/)
        },
      ),
    )
  })
})
