/** `run` as a process: a site of one simulated charger without a CSMS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PACKAGE_FOLDER } from '../../src/cli/context.ts'
import { ampbridge } from './command.ts'
import { start } from './process.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-run-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('runs a site until SIGTERM, serves the page, and ends with 0', async () => {
  const simulator = start(['simulate', '--mapping', 'keba-p30', '--listen', 'tcp://127.0.0.1:0', '--json'])
  const { url } = JSON.parse(await simulator.line('"url"')) as { url: string }
  await writeFile(
    join(folder, 'site.yaml'),
    `site: {name: Test}
circuits: {house: {limit: 63 A}}
stations: {CP-1: {mapping: keba-p30, connect: "${url}", circuit: house, authorize: free}}
web: {listen: "127.0.0.1:0"}
`,
  )
  // through npm: the working folder is the package's, INIT_CWD the caller's
  const site = start(['run', '--config', 'site.yaml', '--state', 'state', '--log', 'json'], {
    folder: PACKAGE_FOLDER,
    // a debugger in the unit's environment is a door for everyone (H15)
    env: { INIT_CWD: folder, JOURNAL_STREAM: undefined, NODE_OPTIONS: '--inspect=0' },
  })
  await site.line('the debugger was open and has been closed')
  const { page } = JSON.parse(await site.line('Test runs')) as { page: string }
  const answer = await fetch(`${page}/api/v1/site`)
  expect(await answer.json()).toMatchObject({ name: 'Test', stations: [{ id: 'CP-1' }] })
  site.kill('SIGTERM')
  const { code, err } = await site.ended
  expect(code).toBe(0)
  expect(err).toMatch(/^Debugger listening[^\n]*\nFor help[^\n]*$/)
  simulator.kill('SIGINT')
  expect(await simulator.ended).toMatchObject({ code: 0 })
})

it('starts nothing from a wrong site file, tells every mistake, and ends with 78', async () => {
  await writeFile(join(folder, 'wrong.yaml'), 'circuits: {house: {limit: 63}}\nstations: {CP:1: {}}\n')
  const { code, out, err } = await ampbridge(['run', '--config', 'wrong.yaml', '--state', 'state'], { folder })
  expect({ code, out }).toEqual({ code: 78, out: '' })
  expect(err).toContain(`${join(folder, 'wrong.yaml')}:1:27: circuits.house.limit: the unit is missing`)
  expect(err).toContain('stations.CP:1: this id holds a `:`')
  expect(err).toContain('CONFIG_INVALID')
})
