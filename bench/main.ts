/** `npm run bench [-- P6 P7] [--quick] [--json]`: each benchmark beside its peer or limit in the same run. */
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { isMet } from './benchmark.ts'
import { machineFacts } from './machine.ts'
import { machineLine, reportText, type Report } from './report.ts'

/** Loaded when chosen, so that none carries another's modules. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  P2: async () => (await import('./p2-ocpp-out.ts')).p2OcppOut,
  P3: async () => (await import('./p3-memory.ts')).p3Memory,
  P4: async () => (await import('./p4-cpu-per-call.ts')).p4CpuPerCall,
  P6: async () => (await import('./p6-modbus-poll.ts')).p6ModbusPoll,
  P7: async () => (await import('./p7-rtu-bus.ts')).p7RtuBus,
  P8: async () => (await import('./p8-reaction.ts')).p8Reaction,
  P9: async () => (await import('./p9-journal.ts')).p9Journal,
  P10: async () => (await import('./p10-backlog.ts')).p10Backlog,
  P11: async () => (await import('./p11-start.ts')).p11Start,
  P13: async () => (await import('./p13-allocation.ts')).p13Allocation,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
const wanted = positionals.map((name) => name.toUpperCase())
const known = Object.keys(BENCHMARKS)
const unknown = wanted.filter((id) => !known.includes(id))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`)
  process.exit(2)
}
const chosen = Object.entries(BENCHMARKS).filter(([id]) => wanted.length === 0 || wanted.includes(id))
const before = machineFacts()
if (!values.json) {
  console.log(machineLine(before))
  if (before.load > before.cores / 2)
    console.log('The machine is busy: believe ratios only, and repeat at a quiet moment.')
}
const reports: Report[] = []
for (const [id, load] of chosen) {
  const { title, run } = await load()
  const progress = (text: string): void => {
    if (process.stderr.isTTY && !values.json) process.stderr.write(`\r\u001B[K${id} ${text}`)
  }
  let report: Report
  try {
    report = { id, title, rows: await run({ quick: values.quick, progress }), failure: null }
  } catch (error) {
    report = { id, title, rows: [], failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  progress('')
  reports.push(report)
  if (!values.json) console.log(reportText(report))
}
const after = machineFacts()
if (values.json) {
  const benchmarks = reports.map((report) => ({
    ...report,
    rows: report.rows.map((row) => ({ ...row, met: isMet(row) })),
  }))
  console.log(JSON.stringify({ machine: before, loadAfter: after.load, quick: values.quick, benchmarks }, null, 2))
} else {
  const rows = reports.flatMap((report) => report.rows)
  const held = rows.filter((row) => row.target !== null)
  console.log(
    `\n${held.filter((row) => isMet(row)).length} of ${held.length} targets met; load at the end ${after.load.toFixed(1)}`,
  )
}
process.exit(reports.some(({ failure }) => failure !== null) ? 1 : 0)
