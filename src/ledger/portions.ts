/** A long answer crosses in bounded parts, so that neither thread is held up for long. */
import type { Portion } from './operations.ts'

/**
 * All rows of the answer, asked for part by part. `ask` is told behind which place to go on (null: from the beginning) and how many rows
 * there are already.
 */
export async function portions<Row, Place>(
  ask: (after: Place | null, had: number) => Promise<Portion<Row, Place>>,
  limit = Infinity,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let place: Place | null = null; ;) {
    const portion: Portion<Row, Place> = await ask(place, rows.length)
    for (const row of portion.rows) rows.push(row)
    if (portion.next === null || rows.length >= limit) return rows
    place = portion.next
  }
}
