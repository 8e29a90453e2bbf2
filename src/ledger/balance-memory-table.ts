/** What the balancing core remembers over a restart: one row, in its own words. */
import type { DatabaseSync } from 'node:sqlite'
import { textOrNull } from './row.ts'

export interface BalanceMemoryTable {
  read(): string | null
  save(text: string): void
}

export function openBalanceMemory(database: DatabaseSync): BalanceMemoryTable {
  const read = database.prepare('SELECT body FROM balance_memory WHERE number = 1')
  const save = database.prepare(
    'INSERT INTO balance_memory (number, body) VALUES (1, ?) ON CONFLICT (number) DO UPDATE SET body = excluded.body',
  )
  return {
    read: () => textOrNull(read.get()?.['body']),
    save(text) {
      save.run(text)
    },
  }
}
