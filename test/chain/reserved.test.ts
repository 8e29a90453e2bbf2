/** A reservation of the CSMS on the charger's own display (KEBA P30 by UDP), on real sockets. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'
import { every, memoryLog, registry, siteConfig, until } from './chain.ts'
import { Stand } from './stand.ts'

it('is shown while it stands', async () => {
  await using cleaning = new AsyncDisposableStack()
  const clock = new FastClock(20)
  cleaning.defer(() => clock.stop())
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-reserved-'))
  cleaning.defer(() => rm(folder, { recursive: true }))
  const csms = await startScriptedCsms({
    react: ({ action }) => {
      const currentTime = new Date(clock.now()).toISOString()
      if (action === 'Heartbeat') return { answer: { currentTime } }
      return action === 'BootNotification' ? { answer: { status: 'Accepted', currentTime, interval: 300 } } : undefined
    },
  })
  cleaning.defer(() => csms.close())
  const stand = await Stand.open(registry.mappings.load('keba-p30-udp'), null, clock, null)
  cleaning.defer(() => stand.close())
  cleaning.defer(every(clock, 250, () => stand.tick()))
  const config = await siteConfig(
    `site: {name: Reserved, timezone: Europe/Zurich}
circuits: {house: {limit: 63 A}}
stations: {CP-001: {${stand.entry}, circuit: house, authorize: remote, upstream: operator}}
upstreams: {operator: {url: "${csms.url}", ocpp: "1.6", security-profile: 0}}
`,
    folder,
  )
  const stateFolder = join(folder, 'state')
  const site = await startSite(config, { registry, stateFolder, log: memoryLog(), clock, random: () => 0.5 })
  cleaning.defer(() => site.stop())
  const statusIs = (status: string): Promise<unknown> =>
    csms.waitFor(({ payload }) => payload['connectorId'] === 1 && payload['status'] === status)
  await statusIs('Available')

  const expiryDate = new Date(clock.now() + 3_600_000).toISOString()
  const reserve = { connectorId: 1, expiryDate, idTag: 'GUEST', reservationId: 7 }
  expect(await csms.call('CP-001', 'ReserveNow', reserve)).toEqual([3, expect.any(String), { status: 'Accepted' }])
  await statusIs('Reserved')
  await until('the display says so', () => stand.connector.orders.showsReserved)
  expect(await csms.call('CP-001', 'CancelReservation', { reservationId: 7 })).toEqual([
    3,
    expect.any(String),
    { status: 'Accepted' },
  ])
  await until('the display says so no longer', () => !stand.connector.orders.showsReserved)
})
