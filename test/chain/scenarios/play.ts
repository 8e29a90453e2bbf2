/** Plays a scenario: real sockets, real ledger, injected time; judged every 10 ms. */
import { ManualClock } from '../../peers/manual-clock.ts'
import type { OrderWrite } from './bay.ts'
import { Bridge } from './bridge.ts'
import { buildingLoad, type BuildingPlan, type Load } from './building.ts'
import type { CarPlan } from './car.ts'
import { Chance } from './chance.ts'
import { EvenShare } from './even-share.ts'
import { Judge, type Limits, type Over } from './judge.ts'
import { Traffic } from './traffic.ts'
import { GRAIN_MS, Yard, type YardPlan } from './yard.ts'

export interface Stay {
  readonly bay: string
  readonly fromSecond: number
  readonly untilSecond: number
  readonly car: CarPlan
}

export interface Happening {
  readonly atSecond: number
  readonly what: (stage: Stage) => void | Promise<void>
}

export interface ScenarioPlan {
  readonly name: string
  readonly seconds: number
  readonly yard: YardPlan
  readonly building: BuildingPlan | null
  readonly stays: readonly Stay[]
  readonly happenings: readonly Happening[]
  /** See the judge. */
  readonly corrections?: number
}

export interface Stage {
  readonly yard: Yard
  readonly bridge: Bridge
  readonly judge: Judge
  readonly clock: ManualClock
  /** The meter answers or does not. */
  silenceMeter(silent: boolean): void
  /** Limits that somebody else asked the bridge for: they are judged. */
  limits: Limits
}

export interface Outcome {
  readonly name: string
  readonly simulatedSeconds: number
  readonly realSeconds: number
  readonly faults: readonly Over[]
  readonly worstOverAmps: number
  readonly worstOverOfCarsAmps: number
  readonly worstOfferOverAmps: number
  readonly worstUnbalanceAmps: number
  readonly overAmpSeconds: number
  readonly busyShare: number
  readonly disobeyedSeconds: number
  readonly fellBackSeconds: number
  readonly energyWh: number
  readonly evenShareWh: number
  /** Of sessions, by the car. */
  readonly pauses: number
  readonly sessions: number
  /** Orders of more than 0 and less than 6 A (IEC 61851-1 A.4). */
  readonly forbidden: readonly OrderWrite[]
  /** Set-points that changed what a box offers, per bay and hour. */
  readonly ordersPerHour: number
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Boxes fresh from the factory offer all they can until the bridge has met them: cars come after that. */
export const FIRST_CAR_SECOND = 15
const NO_LIMITS: Limits = { amps: new Map(), carsWatts: null }

export async function play(
  plan: ScenarioPlan,
  look: (stage: Stage, second: number) => void = () => {},
): Promise<Outcome> {
  const began = performance.now()
  await using cleaning = new AsyncDisposableStack()
  const traffic = new Traffic()
  cleaning.defer(() => traffic.close())
  const clock = new ManualClock(Date.parse('2026-03-02T18:00:00Z'), () => traffic.settle())
  const yard = new Yard(plan.yard, clock)
  await yard.open()
  cleaning.defer(() => yard.close())
  const bridge = await Bridge.install(yard.siteFile(), clock, traffic)
  cleaning.defer(() => bridge.remove())
  const judge = new Judge(yard, clock, plan.corrections)
  const even = new EvenShare(yard)
  let limits = NO_LIMITS
  let silent = false
  const stage: Stage = {
    yard,
    bridge,
    judge,
    clock,
    silenceMeter(now) {
      silent = now
      yard.meterIsSilent = now
      judge.meterIsSilent(now)
    },
    get limits() {
      return limits
    },
    set limits(next) {
      limits = next
      judge.limits = next
    },
  }
  const loads: readonly Load[] =
    plan.building === null ? [] : buildingLoad(plan.building, plan.seconds, new Chance(`${plan.name} building`))
  let pauses = 0
  let energyWh = 0
  const left = (bayId: string): void => {
    const car = yard.bay(bayId).unplug()
    pauses += car?.pauses ?? 0
    energyWh += car?.gotWh ?? 0
    even.leave(bayId)
  }
  const step = (): void => {
    yard.step()
    judge.look()
  }
  await bridge.start()
  for (let second = 0; second < plan.seconds; second++) {
    yard.building = loads[second] ?? yard.building
    for (const { bay, untilSecond } of plan.stays) if (untilSecond === second) left(bay)
    for (const { bay, fromSecond, car } of plan.stays) {
      if (fromSecond !== second) continue
      yard.bay(bay).plug(car)
      even.arrive(bay, car, yard.bay(bay).mostAmps)
    }
    for (const { atSecond, what } of plan.happenings) if (atSecond === second) await what(stage)
    even.second(limits, silent)
    await clock.advanceInSteps(1000, GRAIN_MS, step)
    look(stage, second)
  }
  for (const { id, car } of yard.bays) if (car !== null) left(id)
  const orders = yard.bays.flatMap((bay) => bay.orders)
  return {
    name: plan.name,
    simulatedSeconds: plan.seconds,
    realSeconds: (performance.now() - began) / 1000,
    faults: [...judge.faults.values()],
    worstOverAmps: judge.worstOverAmps,
    worstOverOfCarsAmps: judge.worstOverOfCarsAmps,
    worstOfferOverAmps: judge.worstOfferOverAmps,
    worstUnbalanceAmps: judge.worstUnbalanceAmps,
    overAmpSeconds: judge.overAmpSeconds,
    busyShare: judge.busyMs / 1000 / plan.seconds,
    disobeyedSeconds: judge.disobeyedMs / 1000,
    fellBackSeconds: judge.fellBackMs / 1000,
    energyWh,
    evenShareWh: even.energyWh,
    pauses,
    sessions: plan.stays.length,
    forbidden: orders.filter(({ amps }) => amps > 0 && amps < 6),
    ordersPerHour: orders.length / yard.bays.length / (plan.seconds / 3600),
    errors: bridge.log.lines.filter(({ level }) => level === 'error').map(({ text }) => text),
    warnings: bridge.log.lines.filter(({ level }) => level === 'warn').map(({ text }) => text),
  }
}
