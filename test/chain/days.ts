/** Random days in the car park: what happens, and how it is played against a running site. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { RunningSite } from '../../src/site/facade.ts'
import { startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { StallingClock } from '../peers/stalling-clock.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'
import { forbidden, type BoxFault } from './box.ts'
import { CarPark, HOUSE_AMPS, type MeterFault } from './car-park.ts'
import { memoryLog, registry, siteConfig, until } from './chain.ts'
import { Oracle } from './oracle.ts'

export type Happening =
  | { readonly kind: 'building'; readonly amps: readonly [number, number, number] }
  | { readonly kind: 'plug'; readonly bay: number; readonly phases: 1 | 3; readonly amps: number; readonly wh: number }
  | { readonly kind: 'unplug'; readonly bay: number }
  | { readonly kind: 'box'; readonly bay: number; readonly fault: BoxFault | null }
  /** A silent meter misses that the building then takes all it may. */
  | { readonly kind: 'meter'; readonly fault: MeterFault | null; readonly rises: boolean }
  | { readonly kind: 'csms'; readonly away: boolean }
  | { readonly kind: 'profile'; readonly bay: number; readonly amps: number }
  | { readonly kind: 'restart'; readonly seconds: number }
  /** The process gets no time (SIGSTOP, a machine that swaps). */
  | { readonly kind: 'stall'; readonly seconds: number }
  /** Cables are pulled and plugged in again. */
  | { readonly kind: 'cut'; readonly seconds: number }
  | { readonly kind: 'wall'; readonly hours: number }

export interface Moment {
  readonly seconds: number
  readonly happening: Happening
}

const bay = fc.integer({ min: 0, max: 3 })
const load = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: HOUSE_AMPS }))

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('building' as const), amps: fc.tuple(load, load, load) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('plug' as const),
      bay,
      phases: fc.constantFrom(1 as const, 3 as const),
      amps: fc.constantFrom(10, 16, 32),
      wh: fc.constantFrom(300, 20_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unplug' as const), bay }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('box' as const),
      bay,
      fault: fc.constantFrom(null, 'refuses' as const, 'ignores' as const, 'silent' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('meter' as const),
      rises: fc.boolean(),
      fault: fc.constantFrom(null, 'silent' as const, 'frozen' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('csms' as const), away: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('profile' as const),
      bay,
      amps: fc.constantFrom(0, 3, 5.9, 6, 7.3, 13.5, 32),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('restart' as const, 'stall' as const, 'cut' as const),
      seconds: fc.constantFrom(0, 5, 30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wall' as const), hours: fc.constantFrom(-3, 1, 24 * 400) }) },
)

/** A day that begins with cars at all bays. */
export const randomDay = (most: number): fc.Arbitrary<readonly Moment[]> =>
  fc.array(fc.record({ seconds: fc.integer({ min: 2, max: 25 }), happening }), { minLength: most / 2, maxLength: most })

export interface Verdict {
  readonly faults: readonly string[]
  readonly mostAmps: number
  readonly busyMs: number
  readonly playedMs: number
  /** All faults mended at the end: amps that the cars then get. */
  readonly finallyAmps: number
}

/** Plays a day at `speed`, then mends everything and looks whether the cars charge again. */
export async function play(day: readonly Moment[], speed: number): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-fuse-'))
  const clock = new FastClock(speed)
  const bridgeClock = new StallingClock(clock)
  const csms = await startScriptedCsms()
  const friendly = ({ action }: { readonly action: string }) => {
    const currentTime = new Date(clock.now()).toISOString()
    if (action === 'BootNotification') return { answer: { status: 'Accepted', currentTime, interval: 300 } }
    return action === 'Heartbeat' ? { answer: { currentTime } } : undefined
  }
  csms.react(friendly)
  const park = new CarPark(clock)
  await park.open()
  const oracle = new Oracle(park, clock)
  const config = await siteConfig(park.siteFile(csms.url), folder)
  const log = memoryLog()
  const start = (): Promise<RunningSite> => {
    oracle.bridgeIs(true)
    return startSite(config, {
      registry,
      stateFolder: join(folder, 'state'),
      log,
      clock: bridgeClock,
      random: () => 0.5,
    })
  }
  const pass = (seconds: number): Promise<void> => clock.sleep(seconds * 1000, new AbortController().signal)
  const began = clock.monotonic()
  let site = await start()

  const happen = async (what: Happening): Promise<void> => {
    const box = 'bay' in what ? park.boxes[what.bay] : undefined
    switch (what.kind) {
      case 'building': {
        // A frozen meter cannot tell, and a silent one leaves only what the site file says: the building keeps to that.
        if (park.meterFault === 'frozen') return
        park.building = what.amps
        if (park.meterFault === 'silent') park.limitBuilding()
        return
      }
      case 'plug':
        return box?.charger.plug({ phases: what.phases, maxAmps: what.amps, energyWantedWh: what.wh })
      case 'unplug':
        return box?.charger.unplug()
      case 'box':
        if (box !== undefined) box.fault = what.fault
        return
      case 'meter':
        if (what.fault !== null) park.limitBuilding()
        park.meterFault = what.fault
        if (what.fault !== 'silent' || !what.rises) return
        await pass(2)
        park.building = [HOUSE_AMPS, HOUSE_AMPS, HOUSE_AMPS]
        park.limitBuilding()
        return
      case 'csms':
        csms.refuse(() => (what.away ? { status: 503 } : null))
        if (what.away) csms.dropAll()
        return
      case 'profile': {
        const schedule = { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: what.amps }] }
        const csChargingProfiles = {
          chargingProfileId: 1,
          stackLevel: 0,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Relative',
          chargingSchedule: schedule,
        }
        if (box !== undefined && csms.socket(box.id) !== null)
          void csms.call(box.id, 'SetChargingProfile', { connectorId: 0, csChargingProfiles })
        return
      }
      case 'restart':
        oracle.bridgeIs(false)
        await site.stop()
        await pass(what.seconds)
        site = await start()
        return
      case 'stall':
        oracle.bridgeIs(false)
        bridgeClock.stall()
        await pass(what.seconds)
        oracle.bridgeIs(true)
        return bridgeClock.goOn()
      case 'cut':
        oracle.bridgeIs(false)
        await park.unplugNetwork()
        await pass(what.seconds)
        await park.plugNetwork()
        oracle.bridgeIs(true)
        return
      case 'wall':
        clock.jumpWall(what.hours * 3_600_000)
    }
  }

  try {
    // Boxes fresh from the factory allow all they can until they were met once.
    await until('the free boxes are paused', () => park.boxes.every((box) => box.connector.orders.paused))
    for (const [index] of park.boxes.entries())
      await happen({ kind: 'plug', bay: index, phases: 3, amps: 32, wh: 20_000 })
    for (const { seconds, happening: what } of day) {
      await pass(seconds)
      await happen(what)
      if (oracle.faults.length > 0) break
    }
    await pass(40)
    await happen({ kind: 'csms', away: false })
    // It knocks again after 300 s at the latest; until then it keeps to the profiles that it has.
    await until('the CSMS has them all', () => park.boxes.every(({ id }) => csms.socket(id) !== null), 30_000)
    for (const [index, box] of park.boxes.entries()) {
      box.fault = null
      await happen({ kind: 'unplug', bay: index })
      await happen({ kind: 'profile', bay: index, amps: 32 })
    }
    park.meterFault = null
    park.building = [3, 4, 5]
    // A charger that was given up is asked again every 30 s.
    await pass(45)
    for (const [index] of park.boxes.entries())
      await happen({ kind: 'plug', bay: index, phases: 3, amps: 16, wh: 20_000 })
    let finallyAmps = 0
    // Nothing starts on room that the building took within the last 4 minutes; who was paused rests for 2.
    for (let look = 0; look < 36 && finallyAmps < 30; look++) {
      await pass(10)
      finallyAmps = Math.max(...park.truth().garage)
    }
    const early = park.boxes.flatMap((box) => forbidden(box).map(({ amps }) => `${box.id} was told ${amps} A`))
    const internal = log.lines
      .filter(({ level, text }) => level === 'error' && !text.includes('over'))
      .map(({ text }) => text)
    return {
      faults: [...oracle.faults, ...early, ...internal],
      mostAmps: oracle.mostAmps,
      busyMs: oracle.busyMs,
      playedMs: clock.monotonic() - began,
      finallyAmps,
    }
  } finally {
    await site.stop()
    await park.close()
    await csms.close()
    clock.stop()
    await rm(folder, { recursive: true })
  }
}
