import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Anchor, readAnchor } from '../../src/ledger/anchor.ts'
import { temporaryFolder } from './records.ts'

const LEDGER_ID = '0d9f7a66-5a55-4c7c-9b6e-4a3a4c4f2b11'

function written(...records: number[]): string {
  const path = join(temporaryFolder(), 'anchor')
  const anchor = new Anchor(path)
  for (const record of records) anchor.write({ ledgerId: LEDGER_ID, record, sequence: record * 10 }, false)
  anchor.close()
  return path
}

test('the newest mark is read back, over any number of writes and openings', () => {
  const path = written(1, 2, 3)
  const again = new Anchor(path)
  again.write({ ledgerId: LEDGER_ID, record: 4, sequence: 40 }, true)
  again.close()
  expect(readAnchor(path)).toMatchObject({ state: 'good', mark: { ledgerId: LEDGER_ID, record: 4, sequence: 40 } })
})

test('a torn write leaves the mark before it', () => {
  const path = written(1, 2, 3)
  const bytes = readFileSync(path)
  // write 3 went to the second block
  bytes.fill(0xff, 4096 + 60, 4096 + 90)
  writeFileSync(path, bytes)
  expect(readAnchor(path)).toMatchObject({ state: 'good', mark: { record: 2 } })
})

test('a file without one good slot is damaged, none is missing', () => {
  const path = written(1, 2)
  writeFileSync(path, Buffer.alloc(8192))
  expect(readAnchor(path)).toEqual({ state: 'damaged' })
  writeFileSync(path, '')
  expect(readAnchor(path)).toEqual({ state: 'damaged' })
  expect(readAnchor(`${path}-none`)).toEqual({ state: 'missing' })
})
