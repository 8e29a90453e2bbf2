import { describe, expect, it } from 'vitest'

import { collect, obisGroups, parseObis } from '../../../drivers/telegram/obis.ts'

const entry = (text: string, value: number) => {
  const code = parseObis(text)
  if (code === null) throw new Error(`${text} is no code`)
  return { code, value: { value, unit: null } }
}

const names = (...entries: ReturnType<typeof entry>[]) => {
  const values = collect(entries)
  return typeof values === 'string' ? values : Object.fromEntries([...values].map(([key, { value }]) => [key, value]))
}

describe('an OBIS code', () => {
  it.each([
    ['1-0:1.8.0', '1-0:1.8.0', null],
    ['1-0:1.8.0*255', '1-0:1.8.0', 255],
    ['1.8.0', '1-0:1.8.0', null],
    ['1-1:1.8.1*04', '1-1:1.8.1', 4],
    ['1.8.1&02', '1-0:1.8.1', 2],
    ['1.8', '1-0:1.8.0', null],
    ['0-1:24.2.1', '0-1:24.2.1', null],
    // IEC 62056-61, 6.4: letters for service, error, list and profile entries.
    ['F.F', '1-0:97.97.0', null],
    ['C.1.0', '1-0:96.1.0', null],
    ['0.9.1', '1-0:0.9.1', null],
    ['ET0PE', 'ET0PE', null],
  ])('%s has the name %s', (text, key, instance) => {
    const code = parseObis(text)
    const own = code?.instance === 255 && !text.includes('*') ? null : code?.instance
    expect({ key: code?.key, instance: own }).toEqual({ key, instance })
  })

  it.each(['1-0:1.8.256', '', 'a b', 'x'.repeat(33), '1-0:1.8.0)'])('"%s" is none', (text) => {
    expect(parseObis(text)).toBeNull()
  })

  it('of six groups can be written, other names cannot', () => {
    expect(obisGroups('1-0:1.8.0')).toEqual([1, 0, 1, 8, 0, 255])
    expect(obisGroups('1-0:1.8.0*4')).toEqual([1, 0, 1, 8, 0, 4])
    expect(obisGroups('1-0:1.8.999')).toBeNull()
    expect(obisGroups('ET0PE')).toBeNull()
  })
})

describe('values of a telegram', () => {
  it('of last month are not the values of now', () => {
    expect(names(entry('1.8.0*01', 1), entry('1.8.0', 2))).toEqual({ '1-0:1.8.0': 2, '1-0:1.8.0*1': 1 })
    expect(names(entry('1.8.0*01', 1))).toEqual({ '1-0:1.8.0*1': 1 })
  })

  it('that describe the meter have their short name also', () => {
    expect(names(entry('1-0:96.50.1*1', 1), entry('1-0:0.2.0*0', 2))).toEqual({
      '1-0:96.50.1*1': 1,
      '1-0:96.50.1': 1,
      '1-0:0.2.0*0': 2,
      '1-0:0.2.0': 2,
    })
  })

  it('said twice are said once', () => {
    expect(names(entry('1.8.0', 1), entry('1-0:1.8.0*255', 2))).toEqual({ '1-0:1.8.0': 1 })
  })

  it('are not without end', () => {
    expect(names(...Array.from({ length: 1001 }, () => entry('1.8.0', 1)))).toBe('more than 1000 values')
    expect(names()).toBe('no value in it')
  })
})
