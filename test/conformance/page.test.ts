/** docs/conformance.md tells the truth about which cases there are. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FOLDER = new URL('./', import.meta.url)
const PAGE = new URL('../../docs/conformance.md', import.meta.url)
const ROW = /^\| (TC_\w+_CS) \| .+ \| (passed|open|not applicable) \| (.*?) ?\|$/gm

const rows = [...readFileSync(PAGE, 'utf8').matchAll(ROW)].map(([, id = '', result, remark = '']) => ({
  id,
  result,
  remark,
}))

test('each case of the page that applies is a test, and each test stands in the page', () => {
  const tested = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.test.ts') && file !== 'page.test.ts')
    .flatMap((file) => readFileSync(new URL(file, FOLDER), 'utf8').match(/\bTC_\d+(?:_\d)?_CS\b/g) ?? [])
  const applying = rows.filter(({ result }) => result !== 'not applicable').map(({ id }) => id)
  expect(applying.toSorted()).toEqual([...new Set(tested)].toSorted())
})

test('a case that does not pass has its reason', () => {
  for (const { remark } of rows.filter(({ result }) => result !== 'passed')) expect(remark.length).toBeGreaterThan(20)
})

test('no case stands in the page twice', () => {
  const ids = rows.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
