/** Tariff windows: read as minutes of the local day, every minute of the week with its price. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/config/problem.ts'
import { load, problemsOf, siteText } from './site-text.ts'

const ALWAYS = '{from: "00:00", to: "24:00", price: 0.22}'
const tariff = (windows: string, more = ''): string => siteText({ tariff: `{windows: [${windows}]${more}}` })

describe('a tariff', () => {
  it('is minutes of the day, days from Sunday on, and a price', async () => {
    const day = '{from: "07:00", to: "20:30", days: [mon, fri, sun], price: 0.32}'
    const { config } = await load(tariff(`${day}, ${ALWAYS}`, ', currency: CHF, demand-charge: 90'))
    expect(config?.tariff).toEqual({
      currency: 'CHF',
      windows: [
        { fromMinute: 420, toMinute: 1230, days: [1, 5, 0], price: 0.32 },
        { fromMinute: 0, toMinute: 1440, days: [1, 2, 3, 4, 5, 6, 0], price: 0.22 },
      ],
      demandChargePerKWYear: 90,
    })
  })

  it('has a window over midnight as two, the second on the day after', async () => {
    const night = '{from: "22:00", to: "06:00", days: [fri, sat], price: -0.01}'
    const { config } = await load(tariff(`${night}, ${ALWAYS}`))
    expect(config?.tariff?.windows.slice(0, 2)).toEqual([
      { fromMinute: 1320, toMinute: 1440, days: [5, 6], price: -0.01 },
      { fromMinute: 0, toMinute: 360, days: [6, 0], price: -0.01 },
    ])
  })

  it('may end a window at midnight, written either way', async () => {
    const late = '{from: "20:00", to: "00:00", price: 0.1}, {from: 0:00, to: 24:00, price: 0.2}'
    const { config } = await load(tariff(late))
    expect(config?.tariff?.windows[0]).toMatchObject({ fromMinute: 1200, toMinute: 1440 })
    expect(config?.tariff?.windows).toHaveLength(2)
  })

  it('is none where none is written', async () => {
    expect((await load(siteText())).config).toMatchObject({ tariff: null, plan: false, demandTarget: null })
  })

  it.each([
    ['{from: "07:00", to: "20:00", price: 0.3}', 'tariff.windows: has no price on mon from 00:00 to 07:00 (write last'],
    ['{from: "00:00", to: "24:00", days: [mon, tue, wed, thu, fri, sun], price: 1}', 'on sat from 00:00 to 24:00'],
    ['{from: "07:00", to: "07:00", price: 1}', 'tariff.windows.0: has no length (a whole day is from'],
    ['{from: "07:60", to: "08:00", price: 1}', 'tariff.windows.0.from: is no time of day'],
    ['{from: "07:00", to: "24:01", price: 1}', 'tariff.windows.0.to: is no time of day'],
    ['{from: 7, to: "08:00", price: 1}', 'tariff.windows.0.from: is no time of day'],
    ['{to: "08:00", price: 1}', 'tariff.windows.0.from: is missing'],
    ['{from: "00:00", to: "24:00"}', 'tariff.windows.0.price: is missing'],
    ['{from: "00:00", to: "24:00", price: 1001}', 'tariff.windows.0.price: is out of range'],
    ['{from: "00:00", to: "24:00", price: "0.3"}', 'tariff.windows.0.price: is a text, not a number'],
    ['{from: "00:00", to: "24:00", days: [monday], price: 1}', 'tariff.windows.0.days.0: is not one of mon, tue'],
    ['{from: "00:00", to: "24:00", days: [], price: 1}', 'tariff.windows.0.days: is empty'],
    ['', 'tariff.windows: is empty'],
  ])('refuses [%s]', async (windows, expected) => {
    const problems = await problemsOf(tariff(windows))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it.each([
    ['currency: euro', 'tariff.currency: is no currency (write its three letters'],
    ['currency: 3', 'tariff.currency:'],
    ['demand-charge: -1', 'tariff.demand-charge: is out of range'],
    ['demandcharge: 1', 'unknown key `demandcharge` (did you mean `demand-charge`?)'],
  ])('refuses {%s}', async (more, expected) => {
    expect((await problemsOf(tariff(ALWAYS, `, ${more}`))).join()).toContain(expected)
  })

  it('names a window that never counts', async () => {
    const { config, warnings } = await load(tariff(`${ALWAYS}, {from: "07:00", to: "20:00", price: 0.3}`))
    expect(config).not.toBeNull()
    expect(warnings.map(formatProblem).join()).toContain('tariff.windows.1: warning: never counts')
  })
})
