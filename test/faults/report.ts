/** Keeps docs/faults-last-run.md: one line per long run with its last result. A run of some files leaves the lines of the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { versions } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Reporter, TestModule } from 'vitest/node'
import './note.ts'

const PAGE = fileURLToPath(new URL('../../docs/faults-last-run.md', import.meta.url))
const HEAD = `# The last long run of the fault list

<!-- Written by \`npm run faults\` (test/faults/report.ts); not by hand. Lines of runs that were left out keep their older date. -->

What each row means stands in [faults.md](faults.md). Figures are of one machine and tell an order of magnitude.

| Test | Result | Found | Took | When, on what |
|---|---|---|---|---|
`

export class FaultReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = new Map<string, string>()
    for (const line of existsSync(PAGE) ? readFileSync(PAGE, 'utf8').split('\n') : []) {
      const title = /^\| (?!Test |---)(.*?) \|/.exec(line)?.[1]
      if (title !== undefined) lines.set(title, line)
    }
    const when = `${new Date().toISOString().slice(0, 16)}Z, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${versions.node}`
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        if (state === 'pending') continue
        const found = test.meta().found ?? ''
        const reason = state === 'failed' ? (errors[0]?.message ?? '') : ''
        const took = seconds(test.diagnostic()?.duration ?? 0)
        const title = cell(test.fullName)
        // left out by a filter: its older line stays
        if (state === 'skipped' && lines.has(title)) continue
        const result = state === 'skipped' ? 'not run here' : state
        lines.set(
          title,
          `| ${title} | ${result} | ${cell([reason, found].filter(Boolean).join('; '))} | ${took} | ${when} |`,
        )
      }
    }
    const rows = [...lines].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })).map(([, line]) => line)
    writeFileSync(PAGE, `${HEAD}${rows.join('\n')}\n`)
  }
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`
}

function cell(text: string): string {
  return text
    .replaceAll(/\p{Cc}\[[0-9;]*m/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '/')
    .replaceAll(/(?:\/[\w.+-]+){2,}/g, '…')
    .slice(0, 300)
    .trim()
}
