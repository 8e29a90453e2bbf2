/** `never:` registers that must not be written: factory settings, calibration, flash that nobody needs (H23). */
import { writePlaceOf } from '../values/address.ts'
import { BridgeError } from '../../model/errors.ts'
import { LANGUAGE_DEFAULTS } from './point-context.ts'
import type { Mapping, WriteTable } from '../mapping.ts'
import { wordsOf } from '../values/number-codec.ts'
import type { Path, Report } from './problem.ts'
import { everyWrite } from './safety.ts'
import type { RawMapping } from './schema.ts'

/** First and last register, on every unit id of the device. */
export interface ForbiddenRegisters {
  readonly table: WriteTable
  readonly first: number
  readonly last: number
}

/** A list is of the file's own table; other tables are named. */
export function compileNever(raw: RawMapping['never'], table: string, report: Report): readonly ForbiddenRegisters[] {
  if (raw === undefined) return []
  if (isList(raw)) return rangesOf(raw, table === 'coil' ? 'coil' : LANGUAGE_DEFAULTS.table, ['never'], report)
  return [
    ...rangesOf(raw.holding ?? [], 'holding', ['never', 'holding'], report),
    ...rangesOf(raw.coil ?? [], 'coil', ['never', 'coil'], report),
  ]
}

/** What the file itself would write there. Addresses that only an option or the device decides are left to `refuseForbidden`. */
export function reportForbidden(mapping: Mapping, report: Report): void {
  if (mapping.write === null || mapping.never.length === 0) return
  const { count } = mapping.connectors
  const connectors = typeof count === 'number' ? count : (count.range?.max ?? 1)
  for (const { point, path } of everyWrite(mapping.write)) {
    for (let connector = 1; connector <= connectors; connector++) {
      const { address } = writePlaceOf(point, mapping, mapping.transport.unit, connector)
      const registers = point.table === 'coil' ? 1 : wordsOf(point.type, point.len)
      const forbidden = find(mapping, point.table, address, registers)
      if (forbidden === undefined) continue
      report(path, `writes ${point.table} register ${address}, which \`never\` forbids`, 'one of the two is wrong')
      break
    }
  }
}

/** The last look before a frame goes out. Throws DEVICE_VALUE_REFUSED. */
export function refuseForbidden(mapping: Mapping, table: WriteTable, address: number, registers: number): void {
  if (find(mapping, table, address, registers) === undefined) return
  throw new BridgeError(
    'DEVICE_VALUE_REFUSED',
    `${mapping.device}: ${table} register ${address} must never be written (\`never\` in the mapping)`,
  )
}

function find(mapping: Mapping, table: WriteTable, address: number, registers: number): ForbiddenRegisters | undefined {
  return mapping.never.find(
    (range) => range.table === table && address <= range.last && range.first < address + registers,
  )
}

type RawRanges = Extract<NonNullable<RawMapping['never']>, readonly unknown[]>

function isList(raw: NonNullable<RawMapping['never']>): raw is RawRanges {
  return Array.isArray(raw)
}

function rangesOf(raw: RawRanges, table: string, path: Path, report: Report): readonly ForbiddenRegisters[] {
  return raw.flatMap((entry, index): readonly ForbiddenRegisters[] => {
    const [first = 0, last = first] =
      typeof entry === 'number' ? [entry] : entry.split('..').map((part) => Number(part.trim()))
    const inOrder = first <= last && last <= 65_535
    if (!inOrder) report([...path, index], `"${entry}" is not a range of registers`, 'e.g. 100..120')
    return inOrder ? [{ table: table === 'coil' ? 'coil' : 'holding', first, last }] : []
  })
}
