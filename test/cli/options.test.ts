import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  mappingOption,
  parseChargingAmps,
  parseDurationMs,
  parseFailSafe,
  parseWhole,
  single,
} from '../../src/cli/options.ts'

function parseConfig(...argv: string[]): unknown {
  return new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addOption(single('--config <file>', 'the file'))
    .parse(argv, { from: 'user' })
    .opts()
}

describe('values of options', () => {
  it.each([
    [parseChargingAmps, '13.5', 13.5],
    [parseChargingAmps, '6A', 6],
    [parseChargingAmps, '16 A', 16],
    [parseDurationMs, '10s', 10_000],
    [parseDurationMs, '500ms', 500],
    [parseDurationMs, '1.5 min', 90_000],
    [parseDurationMs, '24h', 86_400_000],
    [parseFailSafe, '6,30', { amps: 6, timeoutSeconds: 30 }],
    [parseFailSafe, '0,30', { amps: 0, timeoutSeconds: 30 }],
    [parseFailSafe, '7.5 A, 30 s', { amps: 7.5, timeoutSeconds: 30 }],
    [parseWhole(1, 247), '247', 247],
  ])('%o reads %s', (parse, text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  it.each([
    [
      parseChargingAmps,
      ['0', '3', '5.99', '-16', '1e1', '0x10', 'NaN', 'Infinity', '16 V', '501', '16,5', ' ', '99999'],
    ],
    [parseDurationMs, ['10', '-1s', '25h', '1e3s', 's', '10 days', '99999999s']],
    [parseFailSafe, ['6', '6,', ',30', '3,30', '6,0', '6,-1', '6,30,1', '6;30', '501,30', '6,1e3']],
    [parseWhole(1, 247), ['0', '248', '1.5', '-1', '0x1', '', '1e1', '٣']],
  ])('%o refuses all of %j', (parse, texts) => {
    for (const text of texts) expect(() => parse(text)).toThrow()
  })

  it('are given once, and not empty (H15)', () => {
    expect(parseConfig('--config', 'a')).toEqual({ config: 'a' })
    expect(() => parseConfig('--config', 'a', '--config', 'a')).toThrow('given twice')
    expect(() => parseConfig('--config', '')).toThrow('empty')
  })
})

const parse = (...argv: string[]): unknown =>
  new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addOption(mappingOption())
    .parse(argv, { from: 'user' })
    .opts()

describe('--option', () => {
  it('may be repeated, for different names', () => {
    expect(parse('--option', 'ct_ratio=40', '--option', 'token=a=b c')).toEqual({
      option: { ct_ratio: '40', token: 'a=b c' },
    })
  })

  it.each([['ct_ratio'], ['=4'], ['ct_ratio='], ['Ratio=4']])('refuses %s', (text) => {
    expect(() => parse('--option', text)).toThrow('NAME=VALUE')
  })

  it('refuses one name twice', () => {
    expect(() => parse('--option', 'a=1', '--option', 'a=2')).toThrow('given twice')
  })
})
