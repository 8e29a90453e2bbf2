import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { callersFolder, PACKAGE_FOLDER, resolveMapping, stateFolderOf } from '../../src/cli/context.ts'
import { checkRuntime } from '../../src/cli/runtime.ts'
import { testContext } from './command.ts'

describe('relative paths', () => {
  it('start where the caller of npm stands', () => {
    expect(callersFolder({ INIT_CWD: '/home/anna' }, PACKAGE_FOLDER)).toBe('/home/anna')
  })
  it('start in the working folder when npm did not move us', () => {
    expect(callersFolder({ INIT_CWD: '/home/anna' }, '/srv/site')).toBe('/srv/site')
    expect(callersFolder({}, PACKAGE_FOLDER)).toBe(PACKAGE_FOLDER)
  })
  it('are told from names of mappings', () => {
    const { context } = testContext()
    expect(resolveMapping(context, 'keba-p30')).toBe('keba-p30')
    expect(resolveMapping(context, 'mine.yaml')).toBe(join(context.folder, 'mine.yaml'))
    expect(resolveMapping(context, './mine')).toBe(join(context.folder, 'mine'))
  })
})

describe('the state folder', () => {
  it.each([
    ['mine', undefined, '/nowhere/mine'],
    ['/mine', '/var/lib/a', '/mine'],
    [undefined, '/var/lib/a:/var/lib/b', '/var/lib/a'],
    [undefined, '', null],
    [undefined, undefined, null],
  ])('of --state %s and $STATE_DIRECTORY %s is %s', (option, variable, expected) => {
    const { context } = testContext({ env: { STATE_DIRECTORY: variable } })
    expect(stateFolderOf(context, option)).toBe(expected)
  })
})

describe('Node.js', () => {
  it.each(['24.0.0', '24.21.0'])('%s runs', (version) => expect(checkRuntime(version)).toBeNull())
  it.each(['20.20.2', '22.18.0', '25.0.0', '240.0.0'])('%s is refused', (version) => {
    expect(checkRuntime(version)).toContain('RUNTIME_UNSUPPORTED')
    expect(checkRuntime(version)).toContain(version)
  })
})
