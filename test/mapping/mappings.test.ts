import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mappingLibrary } from '../../src/mapping/index.ts'
import { mappingContract } from './mapping-contract.ts'

const entries = mappingLibrary().list()

test('the shipped folder is not empty', () => {
  expect(entries.length).toBeGreaterThanOrEqual(8)
})

for (const { name, path } of entries) {
  describe(name, () => mappingContract(readFileSync(path, 'utf8'), path))
}
