/** What SQLite's result codes mean for the ledger. */

export const SQLITE = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notDatabase: 26,
} as const

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  // the upper bits say more exactly where, e.g. 1034: I/O error while syncing
  return error.errcode & 0xff
}

export function isSqliteFault(error: unknown, code: number): boolean {
  return resultCode(error) === code
}

export type StorageFault = 'full' | 'damaged' | 'failed'

/** Null: not a fault of the disk, so the one request is to blame. */
export function storageFault(error: unknown): StorageFault | null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return 'full'
  switch (resultCode(error)) {
    case SQLITE.full:
      return 'full'
    case SQLITE.corrupt:
    case SQLITE.notDatabase:
      return 'damaged'
    case SQLITE.ioError:
    case SQLITE.readOnly:
    case SQLITE.cannotOpen:
    case SQLITE.busy:
      return 'failed'
    default:
      return null
  }
}
