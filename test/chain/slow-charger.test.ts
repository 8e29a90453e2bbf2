/** A charger that takes 20 s to follow, as its mapping says, and measures nothing: nobody else gets what it still draws. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { rotation } from '../../src/model/phase.ts'
import { createRegistry, startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { Box } from './box.ts'
import { every, memoryLog, serve, siteConfig, until } from './chain.ts'

const KEBA = new URL('../../mappings/chargers/keba-p30.yaml', import.meta.url)
const CAR = { phases: 3, maxAmps: 32, energyWantedWh: 40_000 } as const

it('the time that a mapping grants its charger is waited for before others get its current', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-slow-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'mappings'))
  const slow = (await readFile(KEBA, 'utf8'))
    .replace('timeout: 2s, retry: 1', 'timeout: 2s, retry: 1, settle: 20s')
    .replaceAll(/^ {2}(current|power): .*at: \[?10.*$/gm, '')
    .replace(/^examples:[^]*$/m, '')
  await writeFile(join(folder, 'mappings', 'slow-box.yaml'), slow)
  const registry = createRegistry([join(folder, 'mappings')])
  expect(registry.mappings.load('slow-box').transport.settleMs).toBe(20_000)
  expect(registry.mappings.load('slow-box').signals.has('current')).toBe(false)

  const clock = new FastClock(30)
  onTestFinished(() => clock.stop())
  const boxes = [
    new Box({ id: 'CP-1', mapping: 'keba-p30', registry, clock, rotation: rotation('L1L2L3'), followDelayMs: 19_000 }),
    new Box({ id: 'CP-2', mapping: 'keba-p30', registry, clock, rotation: rotation('L1L2L3'), followDelayMs: 500 }),
  ]
  let most = 0
  const stations: string[] = []
  for (const [index, box] of boxes.entries()) {
    const server = await serve('tcp://127.0.0.1:0', box.units, clock)
    onTestFinished(() => server.close())
    const mapping = index === 0 ? 'slow-box' : 'keba-p30'
    stations.push(`  ${box.id}: {mapping: ${mapping}, connect: "${server.url}", circuit: house, authorize: free}`)
  }
  const text = `site: {name: Slow}\ncircuits: {house: {limit: 32 A}}\nstations:\n${stations.join('\n')}\n`
  const config = await siteConfig(text, folder)
  const site = await startSite(config, { registry, stateFolder: join(folder, 'state'), log: memoryLog(), clock })
  onTestFinished(() => site.stop())
  await until('the free boxes are paused', () => boxes.every((box) => box.connector.orders.paused))
  const stop = every(clock, 250, () => {
    for (const box of boxes) box.tick()
    most = Math.max(
      most,
      boxes.reduce((sum, box) => sum + box.charger.drawnAmps, 0),
    )
  })
  onTestFinished(stop)

  const [first, second] = boxes
  first?.charger.plug(CAR)
  await until('the slow one draws all', () => first?.charger.drawnAmps === 32)
  second?.charger.plug(CAR)
  await until('both share', () => first?.charger.drawnAmps === 16 && second?.charger.drawnAmps === 16)
  expect(most).toBe(32)
})
