import { describe, expect, test } from 'vitest'
import { mappingLibrary } from '../../src/mapping/index.ts'
import { mappingContract } from './mapping-contract.ts'

const library = mappingLibrary()
const entries = library.list()

test('the shipped folder is not empty', () => {
  expect(entries.length).toBeGreaterThanOrEqual(8)
})

for (const { name } of entries) describe(name, () => mappingContract(library, name))
