import { expect, test } from 'vitest'
import { lintLibrary, mappingLibrary } from '../../../src/mapping/index.ts'
import { mapped } from '../example-mappings.ts'

function meter(device: string, more = ''): ReturnType<typeof mapped> {
  return mapped(
    `device: ${device}\nkind: meter\nstatus: from manual\nmodbus: {tcp: 502}\nread: {power: {at: 0, unit: W}}\n${more}`,
  )
}

test('the files that come with the bridge agree with each other', () => {
  const library = mappingLibrary()
  expect(lintLibrary(library.list().map(({ name }) => library.load(name)))).toEqual([])
})

test('one device in two files, and a file that does not say where its facts come from, are told', () => {
  const silent = mapped('device: Quiet\nkind: meter\nmodbus: {tcp: 502}\nread: {power: {at: 0, unit: W}}')
  const overHttp = mapped(
    'device: Acme\nkind: meter\nstatus: from manual\nhttp: {documents: {a: {get: /a}}}\nread: {power: {path: a.power, unit: W}}',
  )
  expect(lintLibrary([meter('Acme'), overHttp])).toEqual([])
  expect(lintLibrary([meter('Acme'), meter('Bolt', 'also: [ACME]'), silent])).toEqual([
    expect.stringMatching(/: ACME is in .+ already$/u),
    expect.stringMatching(/: `status` does not say where the facts come from$/u),
  ])
})

test('a fault whose words a CSMS would cut, or that are no sentence, is told', () => {
  const charger = mapped(
    [
      'device: Acme',
      'kind: charger',
      'status: from manual',
      'modbus: {tcp: 502}',
      'state: {at: 0, A: 1, B: 2, C: 3}',
      'read:',
      '  error:',
      '    at: 1',
      '    map:',
      `      1: {code: OtherError, text: ${'Much too long '.repeat(4)}now}`,
      '      2: {code: OtherError, text: too hot}',
      '      3: {code: OtherError, text: Too hot.}',
      '      4: {code: HighTemperature}',
    ].join('\n'),
  )
  expect(lintLibrary([charger])).toEqual([
    expect.stringContaining('now" has more than 50 characters'),
    expect.stringContaining('"too hot" is no sentence'),
    expect.stringContaining('"Too hot." is no sentence'),
  ])
})
