/** F53: a second bridge on the same state folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { run, start } from './process.ts'

it('F53: ends with 1 and says who has the folder; the first one goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-twice-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(
    join(folder, 'site.yaml'),
    `site: {name: Twice}
circuits: {house: {limit: 63 A}}
stations: {CP-1: {mapping: keba-p30, connect: "tcp://127.0.0.1:1", circuit: house, authorize: free}}
web: {listen: "127.0.0.1:0"}
`,
  )
  const argv = ['run', '--config', 'site.yaml', '--state', 'state', '--log', 'json']
  const first = start(argv, { folder, env: { INIT_CWD: folder } })
  const { page } = JSON.parse(await first.line('Twice runs')) as { page: string }
  const { code, out, err } = await run(argv, { folder, env: { INIT_CWD: folder } })
  expect(code).toBe(1)
  expect(`${out}${err}`).toMatch(/STATE_LOCKED/)
  expect(`${out}${err}`).toMatch(/is in use by process \d+/)
  const answer = await fetch(`${page}/api/v1/site`)
  expect(await answer.json()).toMatchObject({ name: 'Twice' })
  first.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)
})
