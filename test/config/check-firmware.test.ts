/** The program that installs firmware runs with our rights: nobody else may have put it there. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load, problemsOf, siteText } from './site-text.ts'

let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-hook-'))
  await mkdir(at('open'))
  for (const name of ['install', 'plain', 'shared', 'open/install']) await writeFile(at(name), '#!/bin/sh\n')
  await symlink(at('install'), at('link'))
  for (const [name, mode] of Object.entries({
    install: 0o755,
    plain: 0o644,
    shared: 0o775,
    'open/install': 0o755,
    open: 0o777,
  }))
    await chmod(at(name), mode)
})
afterAll(() => rm(folder, { recursive: true }))

describe('firmware.hook', () => {
  it('is the program, by its absolute path', async () => {
    const { config } = await load(siteText({ firmware: `{hook: ${at('install')}}` }))
    expect(config?.firmwareHook).toBe(at('install'))
  })

  it('is nothing where the site has none', async () => {
    expect((await load(siteText())).config?.firmwareHook).toBeNull()
  })

  it.each([
    ['install', 'is not an absolute path'],
    ['/nowhere/../tmp/install', 'is not an absolute path'],
    ['FOLDER/gone', 'does not exist'],
    ['FOLDER/open', 'is not a regular file'],
    ['FOLDER/link', 'is not a regular file (name the program itself'],
    ['/dev/null', 'is not a regular file'],
    ['FOLDER/plain', 'is not executable (chmod 755 FILE)'],
    ['FOLDER/shared', 'can be changed by other users'],
    ['FOLDER/open/install', 'lies in a folder of other users'],
  ])('refuses %s', async (hook, expected) => {
    const [problem = '', ...rest] = await problemsOf(
      siteText({ firmware: `{hook: ${hook.replace('FOLDER', folder)}}` }),
    )
    expect(problem).toContain(`3:18: firmware.hook: ${expected}`)
    expect(rest).toEqual([])
  })

  it('is required in its section', async () => {
    expect(await problemsOf(siteText({ firmware: '{}' }))).toEqual([
      '3:1: firmware.hook: is missing (write the path of a program)',
    ])
  })
})
