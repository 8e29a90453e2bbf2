/**
 * Every charger of the library charges a car: its registers, pages or topics on a real socket, the real driver, the balancing core, OCPP 1.6
 * to a real CSMS. All at once in one site, on a fast clock. What each can do (range, step, phases, reader, meter) is asked of its mapping.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capabilitiesOf } from '../../src/mapping/index.ts'
import type { Mapping } from '../../src/mapping/index.ts'
import { startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { mosquitto, startBroker } from '../peers/mosquitto.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'
import { every, memoryLog, registry, siteConfig } from './chain.ts'
import { ChargerSession } from './charger-session.ts'
import { schemeOf, shippedMappings, Stand, standName } from './stand.ts'

const SPEED = 40
const CIRCUIT_AMPS = 20
/** After the bridge has gone. */
const FAIL_SAFE = { amps: 6, afterSeconds: 60 }

const chargers = shippedMappings()
  .filter(({ kind }) => kind === 'charger')
  .flatMap((mapping) => {
    const variants = mapping.variants.map(({ name }) => name)
    return (variants.length === 0 ? [null] : variants).map((variant) => ({
      mapping,
      variant,
      name: standName(mapping, variant),
      title: variant === null ? mapping.name : `${mapping.name}, ${variant}`,
    }))
  })

/** Why a charger cannot take part; null: it can. */
function leftOut(mapping: Mapping): string | null {
  if (capabilitiesOf(mapping).current === null) return 'read only'
  const scheme = schemeOf(mapping)
  if (!hasDriver(scheme)) return `no driver for ${scheme}`
  return scheme === 'mqtt' && !mosquitto.available ? mosquitto.reason : null
}

function hasDriver(scheme: string): boolean {
  try {
    return registry.driverOf(`${scheme}:`) !== null
  } catch {
    return false
  }
}

/** What became of one charger. */
type Outcome = { readonly problems: readonly string[] }

describe('every charger of the library', () => {
  const outcomes = new Map<string, Outcome>()

  beforeAll(async () => {
    const taking = chargers.filter(({ mapping }) => leftOut(mapping) === null)
    await using cleaning = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-every-'))
    cleaning.defer(() => rm(folder, { recursive: true }))
    const clock = new FastClock(SPEED)
    cleaning.defer(() => clock.stop())
    const broker = taking.some(({ mapping }) => schemeOf(mapping) === 'mqtt') ? await startBroker() : null
    cleaning.defer(() => broker?.remove())
    const csms = await startScriptedCsms()
    cleaning.defer(() => csms.close())
    const currentTime = (): string => new Date(clock.now()).toISOString()
    csms.react(({ action }) => {
      if (action === 'BootNotification')
        return { answer: { status: 'Accepted', currentTime: currentTime(), interval: 300 } }
      return action === 'Heartbeat' ? { answer: { currentTime: currentTime() } } : undefined
    })
    const stands: Stand[] = []
    cleaning.defer(async () => void (await Promise.all(stands.map((stand) => stand.close()))))
    const brokerUrl = broker === null ? null : `mqtt://127.0.0.1:${broker.port}`
    for (const { mapping, variant } of taking) stands.push(await Stand.open(mapping, variant, clock, brokerUrl))
    cleaning.defer(every(clock, 1000, () => stands.forEach((stand) => stand.tick())))
    const config = await siteConfig(siteFile(stands, csms.url), folder)
    const log = memoryLog()
    const site = await startSite(config, {
      registry,
      stateFolder: join(folder, 'state'),
      log,
      clock,
      random: () => 0.5,
      fullPollMs: 10_000,
    })
    cleaning.defer(() => site.stop())
    const sessions = stands.map((stand) => ({
      stand,
      problems: [] as string[],
      session: new ChargerSession(stand, csms, clock),
    }))
    const inLanes = (part: (session: ChargerSession) => Promise<void>): Promise<unknown> =>
      Promise.all(
        sessions
          .filter(({ problems }) => problems.length === 0)
          .map(({ session, problems }) => part(session).catch((error: unknown) => problems.push(String(error)))),
      )
    await inLanes((session) => session.play())
    await inLanes((session) => session.chargeAgain())
    await site.stop()
    await clock.sleep((FAIL_SAFE.afterSeconds + 30) * 1000, new AbortController().signal)
    for (const { stand, problems } of sessions) {
      const odd = stand.offers.filter((amps) => (amps > 0 && amps < 6 - 1e-6) || amps > CIRCUIT_AMPS + 1e-6)
      if (odd.length > 0) problems.push(`it was offered ${odd.join(', ')} A`)
      if (problems.length === 0) problems.push(...failSafeProblems(stand))
      const own = log.lines.filter(({ level, text }) => level !== 'info' && text.includes(stand.name))
      if (problems.length > 0) problems.push(...own.map(({ text }) => text).slice(0, 10))
      outcomes.set(stand.name, { problems })
    }
  }, 120_000)

  for (const { mapping, name, title } of chargers) {
    const why = leftOut(mapping)
    if (why === null) it(title, () => expect(outcomes.get(name), title).toEqual({ problems: [] }))
    else it.skip(`${title} (left out: ${why})`)
  }

  afterAll(() => outcomes.clear())
})

function siteFile(stands: readonly Stand[], csms: string): string {
  const circuits = stands.map(({ name }) => `\n  c-${name}: {parent: supply, limit: ${CIRCUIT_AMPS} A}`)
  const stations = stands.map(
    (stand) =>
      `\n  ${stand.name}: {${stand.entry}, circuit: c-${stand.name}, authorize: ${hasReader(stand) ? 'card' : 'remote'}, ` +
      `fail-safe: {current: ${FAIL_SAFE.amps} A, after: ${FAIL_SAFE.afterSeconds} s}, ` +
      'upstream: operator, start-values: {MeterValueSampleInterval: 60, MinimumStatusDuration: 0}}',
  )
  return `site: {name: Library, timezone: Europe/Zurich}
circuits:
  supply: {limit: ${4 * CIRCUIT_AMPS * stands.length} A}${circuits.join('')}
stations:${stations.join('')}
upstreams:
  operator: {url: "${csms}", ocpp: "1.6", security-profile: 0}
`
}

function hasReader({ mapping }: Stand): boolean {
  return mapping.signals.has('tag')
}

/** A dead bridge is a safe site: who can be told a fail-safe was told it, and keeps to it now. */
function failSafeProblems({ mapping, connector, charger }: Stand): readonly string[] {
  const timeout = mapping.write?.failsafe?.timeout ?? null
  if (timeout === null) return []
  const { afterSeconds, amps } = FAIL_SAFE
  const codes = timeout.map === null ? null : [...timeout.map.keys()]
  const isPossible =
    (codes === null || codes.includes(afterSeconds)) &&
    (timeout.range === null || (timeout.range.min <= afterSeconds && afterSeconds <= timeout.range.max))
  if (!isPossible) return []
  if (connector.orders.failSafeTimeoutSeconds !== afterSeconds)
    return [`its fail-safe time-out is ${connector.orders.failSafeTimeoutSeconds} s`]
  return charger.offeredAmps <= amps + 1e-6 ? [] : [`it still offers ${charger.offeredAmps} A without the bridge`]
}
