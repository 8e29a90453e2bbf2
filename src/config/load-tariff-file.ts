/** A tariff in a file of its own, for comparing one with another: what stands below `tariff` in a site file. */
import { checkTariff, tariffOf } from './check-tariff.ts'
import { tariffSection } from './entries/tariff-entry.ts'
import { error, formatPath, type ConfigProblem, type Finding } from './problem.ts'
import type { TariffConfig } from './site-config.ts'
import { readEntry } from './read-entry.ts'
import { readTextFile } from './source-text.ts'
import { parseYaml, type Place } from './yaml-source.ts'

export interface TariffFileResult {
  /** Null exactly when there are problems. */
  readonly tariff: TariffConfig | null
  readonly problems: readonly ConfigProblem[]
  readonly warnings: readonly ConfigProblem[]
}

/** Reads `tariff: {...}`, or its keys alone. Never throws for what the file holds. */
export async function loadTariffFile(path: string): Promise<TariffFileResult> {
  const read = await readTextFile(path)
  if ('problem' in read) {
    const { problem, hint, line, column } = read
    const finding: Finding = { ...error([], problem, hint), code: 'CONFIG_UNREADABLE' }
    return { tariff: null, problems: [placed(path, finding, { line, column })], warnings: [] }
  }
  const source = parseYaml(read.text)
  const { data, problems } = source
  if (problems.length > 0) {
    return { tariff: null, problems: problems.map((problem) => placed(path, problem, problem)), warnings: [] }
  }
  const isInside = typeof data === 'object' && data !== null && 'tariff' in data
  // the keys alone are read as what they would be in a site file, so that hints name keys of a tariff
  const { entry, findings } = readEntry(isInside ? data.tariff : data, tariffSection, ['tariff'])
  const all = [...findings, ...checkTariff(entry)].map((finding) =>
    isInside ? finding : { ...finding, path: finding.path.slice(1) },
  )
  const found = all.map((finding) => placed(path, finding, source.placeOf(finding.path, finding.at)))
  const failed = found.filter(({ severity }) => severity === 'error')
  const warnings = found.filter(({ severity }) => severity === 'warning')
  return { tariff: entry === null || failed.length > 0 ? null : tariffOf(entry), problems: failed, warnings }
}

function placed(
  file: string,
  { path, message, hint, severity, code }: Finding,
  { line, column }: Place,
): ConfigProblem {
  return { file, line, column, path: formatPath(path), message, hint, severity, code }
}
