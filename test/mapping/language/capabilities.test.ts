import { expect, test } from 'vitest'
import { capabilitiesOf } from '../../../src/mapping/index.ts'
import { charger, mapped } from '../example-mappings.ts'

const withTag = (tag: string) => capabilitiesOf(mapped(charger(['  current:', `  tag: ${tag}\n  current:`])))

test('a reader that all connectors share is told as one', () => {
  expect(withTag('{at: 900, type: u32, as: hex, none: 0, shared: true}').sharedReader).toBe(true)
  expect(withTag('{at: 900, type: u32, as: hex, none: 0}').sharedReader).toBeUndefined()
  expect(capabilitiesOf(mapped(charger())).sharedReader).toBeUndefined()
})
