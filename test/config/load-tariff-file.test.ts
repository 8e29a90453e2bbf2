/** A tariff in a file of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTariffFile } from '../../src/config/load-tariff-file.ts'
import { formatProblem } from '../../src/config/problem.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-tariff-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function loaded(text: string) {
  const path = join(folder, 'tariff.yaml')
  await writeFile(path, text)
  const { tariff, problems, warnings } = await loadTariffFile(path)
  const shown = (problem: (typeof problems)[number]): string => formatProblem(problem).slice(path.length + 1)
  return { tariff, problems: problems.map(shown), warnings: warnings.map(shown) }
}

const WINDOWS = 'windows: [{from: "00:00", to: "24:00", price: 0.2}]'
const WHOLE = { fromMinute: 0, toMinute: 1440, days: [1, 2, 3, 4, 5, 6, 0], price: 0.2 }

describe('a tariff file', () => {
  it.each([
    ['the section as in a site file', `tariff: {${WINDOWS}}\n`],
    ['its keys alone', `${WINDOWS}\n`],
  ])('holds %s', async (_, text) => {
    expect(await loaded(text)).toEqual({
      tariff: { currency: 'EUR', windows: [WHOLE], demandChargePerKWYear: null },
      problems: [],
      warnings: [],
    })
  })

  it.each([
    ['', '1:1: (file): is empty'],
    ['- a\n', '1:1: (file): is a list, not a section'],
    ['tariff:\n', '1:8: tariff: is empty (write keys and values below it)'],
    ['currency: EUR\n', '1:1: windows: is missing'],
    ['windows: [{from: "07:00", to: "20:00", price: 1}]\n', '1:1: windows: has no price on mon from 00:00 to 07:00'],
    ['tariff: {\n', 'is not YAML'],
    [`${WINDOWS}\nprices: 3\n`, '2:1: prices: unknown key `prices`'],
    [`${WINDOWS}\ncurency: EUR\n`, '2:1: curency: unknown key `curency` (did you mean `currency`?)'],
    // a site file without a tariff
    ['circuits: {house: {limit: 63 A}}\n', 'unknown key `circuits` (known: currency, windows, demand-charge)'],
    ['windows: [{from: "00:00", to: "24:00", price: .nan}]\n', 'windows.0.price: is out of range'],
  ])('%j is refused with its place', async (text, expected) => {
    const { tariff, problems } = await loaded(text)
    expect(tariff).toBeNull()
    expect(problems.join('\n')).toContain(expected)
  })

  it('must be there', async () => {
    const { tariff, problems } = await loadTariffFile(join(folder, 'none.yaml'))
    expect(tariff).toBeNull()
    expect(problems.map(({ code, message }) => [code, message])).toEqual([['CONFIG_UNREADABLE', 'does not exist']])
  })
})
