/** What the engine needs of a link: values at places, whether they are registers or stand in documents. */
import type { Clock } from '../../model/clock.ts'
import type { RegisterLink, RegisterMask, RequestOptions } from '../../model/driver.ts'
import { BridgeError } from '../../model/errors.ts'
import type { ReadTable, Word, WriteTable } from '../mapping.ts'

export interface CellRead {
  readonly unit: number
  readonly table: ReadTable
  readonly address: number
  readonly count: number
}

export interface CellWrite {
  readonly kind: 'cells'
  readonly unit: number
  readonly table: WriteTable
  readonly address: number
  readonly words: readonly number[]
  readonly functionCode: 5 | 6 | 15 | 16 | null
}

/** An order as a simulated device takes it. */
export type CellOrder = Pick<CellWrite, 'table' | 'address' | 'words' | 'functionCode'>

export interface Cells {
  /** Exactly `count` values and when they came (monotonic ms). Faults are those of a link. */
  read(request: CellRead, options: RequestOptions): Promise<{ readonly words: readonly Word[]; readonly at: number }>
  /** What was sent, in words, where it was not a register. */
  write(request: CellWrite | RegisterMask, options: RequestOptions): Promise<string | null>
}

/** Registers behind a link. */
export function registerCells(link: RegisterLink, clock: Clock): Cells {
  return {
    read: async ({ unit, table, address, count }, options) => {
      if (table === 'field') throw notHere('a document')
      const words = await link.read({ kind: 'registers', unit, table, address, count }, options)
      return { words, at: clock.monotonic() }
    },
    write: async (request, options) => {
      if (request.kind === 'mask') {
        await link.write(request, options)
        return null
      }
      const { unit, table, address, words, functionCode } = request
      if (table === 'message') throw notHere('a message')
      await link.write({ kind: 'registers', unit, table, address, words, functionCode }, options)
      return null
    },
  }
}

function notHere(what: string): BridgeError {
  return new BridgeError('REQUEST_INVALID', `${what} cannot be carried by a link of registers`)
}
