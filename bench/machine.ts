/** What the figures were measured on. No names and paths: they may be published. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memoryGiB: number
  readonly node: string
  readonly load: number
  readonly at: string
}

export function machineFacts(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    load: loadavg()[0] ?? 0,
    at: new Date().toISOString().slice(0, 16),
  }
}

/** Private memory of a process in KiB: what would be free if it ended. */
export function privateKiB(pid: number | 'self'): number {
  return sumOf(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), /^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)
}

export function residentKiB(pid: number): number {
  return sumOf(readFileSync(`/proc/${pid}/status`, 'utf8'), /^VmRSS:\s+(\d+) kB/gm)
}

function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, amount]) => sum + Number(amount), 0)
}
