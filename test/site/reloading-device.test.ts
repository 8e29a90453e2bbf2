/** A mapping that a person saves while the bridge runs. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SHIPPED_MAPPINGS } from '../../src/mapping/index.ts'
import { simulatedSite } from './simulated-site.ts'

it('takes a changed mapping over without ending a session, and keeps the old one when the new one is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ampbridge-reload-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'own-keba.yaml')
  copyFileSync(join(SHIPPED_MAPPINGS, 'chargers/keba-p30.yaml'), file)
  const site = await simulatedSite([{ id: 'house', limit: 63 }], [{ id: 'A', circuit: 'house', mapping: file }])
  const evse = () => site.bridge.snapshot().stations[0]?.evses[0]
  const worries = (): readonly string[] => site.log.filter(({ level }) => level !== 'info').map(({ text }) => text)
  site.world.box('A').plug({ maxAmps: 16 })
  await site.run(60_000)
  const before = evse()
  expect(before).toMatchObject({ status: 'charging' })
  const power = before?.powerW ?? 0
  expect(power).toBeGreaterThan(3000)
  const logged = worries().length

  // The same words now mean half of it.
  writeFileSync(file, readFileSync(file, 'utf8').replace(/unit: mW/u, 'unit: 0.5 mW'))
  await site.run(10_000, () => expect(site.world.box('A').drawnAmps).toBe(16))
  expect(evse()).toMatchObject({ status: 'charging', transaction: { id: before?.transaction?.id } })
  expect(evse()?.powerW).toBeCloseTo(power / 2, 0)
  expect(worries().slice(logged)).toEqual([expect.stringMatching(/own-keba\.yaml has changed; the device is met anew/)])

  writeFileSync(file, readFileSync(file, 'utf8').replace(/unit: 0\.5 mW/u, 'unit: 0.5 mWatt'))
  await site.run(30_000, () => expect(site.world.box('A').drawnAmps).toBe(16))
  expect(evse()?.powerW).toBeCloseTo(power / 2, 0)
  expect(worries().slice(logged + 1)).toEqual([
    expect.stringMatching(/^A: the changed mapping is not used: .*own-keba\.yaml:\d+:\d+: read\.power\.unit: /),
  ])
})
