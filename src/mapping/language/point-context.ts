/** What the lines of one file have in common while they are compiled. */
import type { RegisterTable } from '../../model/driver.ts'
import type { DocumentBook } from './document-book.ts'
import type { Poll } from '../mapping.ts'
import type { Order, ValueType } from '../values/number-codec.ts'
import type { Report } from './problem.ts'

/** What a line inherits when it says nothing. The order is Modbus' own, high byte and high word first. */
export interface Defaults {
  readonly table: RegisterTable
  readonly type: ValueType
  readonly order: Order
  readonly len: number | null
  readonly poll: Poll
}
export const LANGUAGE_DEFAULTS: Defaults = { table: 'holding', type: 'u16', order: 'ABCD', len: null, poll: 'fast' }

export interface PointContext {
  readonly defaults: Defaults
  readonly maxRead: number
  /** Names that an address may use beside {n}. */
  readonly optionNames: ReadonlySet<string>
  /** The device lists its models: `at: 203.W`. */
  readonly sunSpec: boolean
  /** Null: a device with registers. */
  readonly documents: DocumentBook | null
  readonly report: Report
}
