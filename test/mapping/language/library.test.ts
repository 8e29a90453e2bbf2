import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mappingLibrary, SHIPPED_MAPPINGS } from '../../../src/mapping/index.ts'
import { CHARGER } from '../example-mappings.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mappings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('shipped files are found by name', () => {
  expect(mappingLibrary().load('keba-p30').device).toBe('KEBA KeContact P30')
})

test('a file of the user hides the shipped one, and is read again when it changes', () => {
  const own = join(folder, 'keba-p30.yaml')
  writeFileSync(own, CHARGER)
  const library = mappingLibrary([folder, SHIPPED_MAPPINGS])
  expect(library.load('keba-p30').device).toBe('Acme Box 11')
  expect(library.load('keba-p30')).toBe(library.load('keba-p30'))
  expect(library.list().filter(({ name }) => name === 'keba-p30')).toHaveLength(1)
  rmSync(own)
  expect(library.load('keba-p30').device).toBe('KEBA KeContact P30')
})

test('folders are looked through only for a name that is not known yet', () => {
  const shipped = join(folder, 'shipped')
  const own = join(folder, 'own')
  mkdirSync(shipped)
  mkdirSync(own)
  writeFileSync(join(shipped, 'box.yaml'), CHARGER)
  const library = mappingLibrary([own, shipped])
  const first = library.load('box')
  writeFileSync(join(own, 'box.yaml'), CHARGER.replace('Acme Box 11', 'My Box'))
  expect(library.load('box')).toBe(first)
  writeFileSync(join(own, 'later.yaml'), CHARGER)
  expect(library.load('later').name).toBe('later')
  expect(library.load('box').device).toBe('My Box')
})

test('a known file that changed is read again', () => {
  const own = join(folder, 'box.yaml')
  writeFileSync(own, CHARGER)
  const library = mappingLibrary([folder])
  expect(library.load('box').device).toBe('Acme Box 11')
  writeFileSync(own, CHARGER.replace('Acme Box 11', 'My Box'))
  utimesSync(own, 1, 1)
  expect(library.load('box').device).toBe('My Box')
})

test('a path is a path', () => {
  writeFileSync(join(folder, 'mine.yaml'), CHARGER)
  expect(mappingLibrary().load('./mine.yaml', folder).name).toBe('mine')
  expect(mappingLibrary().load(join(folder, 'mine.yaml')).name).toBe('mine')
})

test('an unknown name names the nearest', () => {
  expect(() => mappingLibrary().load('keba-p3')).toThrow('did you mean "keba-p30"?')
  expect(() => mappingLibrary().load('keba-p3')).toThrow(expect.objectContaining({ code: 'MAPPING_UNKNOWN' }))
  expect(() => mappingLibrary().load('./nothing.yaml', folder)).toThrow(
    expect.objectContaining({ code: 'MAPPING_UNKNOWN' }),
  )
})

test('a wrong file throws all its problems', () => {
  writeFileSync(join(folder, 'bad.yaml'), CHARGER.replace('unit: W}', 'unti: W}').replace('kind: charger', 'kind: box'))
  expect(() => mappingLibrary([folder]).load('bad')).toThrow(
    expect.objectContaining({ code: 'MAPPING_INVALID', message: expect.stringMatching(/bad.yaml:3:1: .*\n.*unti/u) }),
  )
  writeFileSync(join(folder, 'huge.yaml'), ' '.repeat(300_000))
  expect(() => mappingLibrary([folder]).load('huge')).toThrow('256 KiB')
})
