/** Needs root (mount) and strace; a run without them fails and says so. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { isBridgeError } from '../../../src/model/errors.ts'
import type { LedgerAlarm } from '../../../src/ledger/options.ts'
import {
  ended,
  endDraft,
  meter,
  openFor,
  sampleDraft,
  started,
  startDraft,
  temporaryFolder,
  UPSTREAM,
} from '../../ledger/records.ts'
import { delivered } from '../../ledger/one-by-one.ts'

const WRITER = fileURLToPath(new URL('./slow-writer.ts', import.meta.url))

function smallDisk(bytes: number): string {
  const folder = temporaryFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'ampbridge-test', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}

test('a disk of 3 MiB that fills up: alarm, ballast, transactions before samples, recovery by itself (F55)', async () => {
  const disk = smallDisk(3 * 1024 ** 2)
  const folder = join(disk, 'state')
  const alarms: LedgerAlarm[] = []
  const ledger = await openFor(folder, { ballastBytes: 512 * 1024, onAlarm: (alarm) => alarms.push(alarm) })
  writeFileSync(join(disk, 'other'), Buffer.alloc(512 * 1024, 1))
  let stored = 0
  for (let refused = 0; refused < 50;) {
    try {
      await ledger.recordSamples(meter(), [sampleDraft('T0', stored + 1)])
      stored += 1
    } catch (error) {
      expect(isBridgeError(error, 'LEDGER_FULL')).toBe(true)
      refused += 1
    }
  }
  expect(existsSync(join(folder, 'ballast'))).toBe(false)
  expect(alarms.some(({ text }) => /[89]\d % full/.test(text))).toBe(true)
  for (let number = 1; number <= 100; number += 1) {
    await ledger.beginTransaction(started(`T${number}`), meter(), [startDraft(`T${number}`)])
    expect(await ledger.endTransaction(ended(started(`T${number}`)), meter(), [endDraft(`T${number}`)])).toBe(true)
  }
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(stored + 200)

  // somebody frees space: nothing has to be done by hand
  rmSync(join(disk, 'other'))
  await Promise.all(Array.from({ length: stored }, (_, index) => delivered(ledger, index + 1, null)))
  await ledger.recordSamples(meter(), [sampleDraft('T0', 1_000_000)])
  expect(alarms.at(-1)).toMatchObject({ code: 'LEDGER_FULL', active: false })
  await ledger.close()
  const again = await openFor(folder, { ballastBytes: 512 * 1024 })
  expect(again.findings).toEqual([])
  expect(await again.backlog(UPSTREAM, 'CP-1')).toBe(201)
})

interface Told {
  readonly lines: readonly string[]
  readonly stored: number
}

/** Runs the writer under strace, which makes its syncs fail or hang. */
function writeWith(folder: string, injection: string, count: number): Told {
  const log = `${folder}.log`
  writeFileSync(log, '')
  onTestFinished(() => rmSync(log, { force: true }))
  const trace = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    `inject=fsync,fdatasync:${injection}`,
  ]
  const { status, stderr } = spawnSync('strace', [...trace, execPath, WRITER, folder, log, String(count)])
  expect([status, stderr?.toString()]).toEqual([0, ''])
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  return { lines, stored: lines.filter((line) => line.startsWith('stored ')).length }
}

test('syncs that fail (EIO): nothing is acknowledged that is not stored; it goes on in a new file by itself (F56)', async () => {
  const folder = temporaryFolder()
  const { lines, stored } = writeWith(folder, 'error=EIO:when=40..50', 200)
  expect(stored).toBe(200)
  expect(lines.some((line) => line.startsWith('refused '))).toBe(true)
  expect(lines.some((line) => line.startsWith('alarm LEDGER_FAILED true'))).toBe(true)
  expect(lines.some((line) => line.startsWith('alarm LEDGER_FAILED false'))).toBe(true)
  const ledger = await openFor(folder)
  expect(ledger.findings).toEqual([])
  expect(await ledger.backlog(UPSTREAM, 'CP-1')).toBe(200)
})

test('syncs that hang: the main loop does not notice (F57)', async () => {
  const folder = temporaryFolder()
  const { lines, stored } = writeWith(folder, 'delay_enter=500000', 20)
  expect(stored).toBe(20)
  const loop = Number(/^loop (\d+)$/.exec(lines.at(-1) ?? '')?.[1])
  expect(loop).toBeLessThanOrEqual(50)
})
