/**
 * P9, journal: how fast messages become durable, beside the disk's own limit (write over the same block, then fdatasync). Only the
 * ratios travel: another disk has other rates. With strace, also the event loop while every sync hangs.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Ledger } from '../src/ledger/ledger.ts'
import { openLedger } from '../src/ledger/open-ledger.ts'
import { atLeast, atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { startChild } from './child.ts'
import { closedLoops } from './cpu.ts'
import { withDiskFolder } from './folder.ts'
import { METER_VALUES } from './meter-message.ts'
import { interleaved, percentile } from './statistics.ts'

const PRODUCERS = 32
const ROW_BYTES = 600
const HANG_MS = 500

interface Folder {
  readonly folder: string
}

/** The disk's own limit. Returns syncs per second. */
export async function overwriter({ folder }: Folder) {
  const file = openSync(join(folder, 'overwrite'), 'w+')
  const row = Buffer.alloc(ROW_BYTES, 0x61)
  writeSync(file, row, 0, ROW_BYTES, 0)
  return {
    run: async (ms: number) => {
      const started = performance.now()
      let count = 0
      for (; performance.now() - started < ms; count++) {
        writeSync(file, row, 0, ROW_BYTES, 0)
        fdatasyncSync(file)
      }
      return (count / (performance.now() - started)) * 1000
    },
    close: async () => closeSync(file),
  }
}

function store(ledger: Ledger, lane: number): Promise<void> {
  const stationId = `CP-${lane}`
  return ledger.recordSamples({ stationId, evse: 1, lastRegisterWh: 1_284_540, offsetWh: 0 }, [
    {
      upstreamId: 'csms',
      stationId,
      messageId: crypto.randomUUID(),
      transactionId: 'transaction',
      message: METER_VALUES,
    },
  ])
}

export async function journal({ folder }: Folder) {
  const ledger = await openLedger(join(folder, `ledger-${process.pid}`))
  const rate = async (producers: number, ms: number): Promise<number> => {
    const started = performance.now()
    const count = await closedLoops(producers, ms, (lane) => store(ledger, lane))
    return (count / (performance.now() - started)) * 1000
  }
  return {
    single: (ms: number) => rate(1, ms),
    group: (ms: number) => rate(PRODUCERS, ms),
    /** Delay of the loop's turns (p99, ms) while 32 producers wait for the disk, and the slowest commit. */
    hanging: async (ms: number) => {
      const delay = monitorEventLoopDelay({ resolution: 1 })
      const commits: number[] = []
      delay.enable()
      await closedLoops(PRODUCERS, ms, async (lane) => {
        const started = performance.now()
        await store(ledger, lane)
        commits.push(performance.now() - started)
      })
      delay.disable()
      return { delayMs: delay.percentile(99) / 1e6, commitMs: percentile(commits, 0.5) }
    },
  }
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  const windowMs = quick ? 500 : 2000
  return withDiskFolder(async (folder) => {
    const disk = await startChild(import.meta.url, overwriter, { folder })
    const ledger = await startChild(import.meta.url, journal, { folder })
    progress('commits')
    await ledger.ask('group', windowMs)
    const medians = await interleaved(quick ? 2 : 7, {
      single: () => ledger.ask('single', windowMs),
      overwrite: () => disk.ask('run', windowMs),
      group: () => ledger.ask('group', windowMs),
    })
    await ledger.stop()
    await disk.stop()
    const rows: Row[] = [
      {
        what: 'one message per commit',
        ours: { value: medians.single, unit: 'commits/s' },
        beside: { name: 'fdatasync overwrite', value: medians.overwrite, unit: '' },
        ratio: medians.single / medians.overwrite,
        target: atLeast(0.75),
      },
      {
        what: `${PRODUCERS} producers, group commit`,
        ours: { value: medians.group, unit: 'messages/s' },
        beside: { name: 'one per commit', value: medians.single, unit: '' },
        ratio: medians.group / medians.single,
        target: atLeast(4),
      },
    ]
    progress('hanging syncs')
    if (spawnSync('strace', ['-V']).status !== 0) return rows
    const slow = await startChild(import.meta.url, journal, { folder }, { under: [...hangingDisk()] })
    const { delayMs, commitMs } = await slow.ask('hanging', quick ? 3000 : 10_000)
    await slow.stop()
    return [
      ...rows,
      {
        what: `event loop, each sync hangs ${HANG_MS} ms`,
        ours: { value: delayMs, unit: 'ms p99' },
        beside: { name: 'commit', value: commitMs, unit: 'ms p50' },
        ratio: null,
        target: atMost(10, 'ms'),
      },
    ]
  })
}

function hangingDisk(): readonly [string, ...string[]] {
  const calls = 'fsync,fdatasync'
  return [
    'strace',
    '-f',
    '-qq',
    '--seccomp-bpf',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:delay_enter=${HANG_MS * 1000}`,
  ]
}

export const p9Journal: Benchmark = { id: 'P9', title: 'Journal: durable messages', run }
