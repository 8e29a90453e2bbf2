/**
 * The policy of a running site: tells the balancing core who may wait (tariff, demand target, plan) and lowers what the cars may take
 * together where a demand target asks for it. It only shapes what the core is told; with nothing configured it does nothing.
 */
import { policyShaper, type InputShaper } from '../../balance/policy/shape-input.ts'
import type { DemandNow } from '../../balance/policy/policy-input.ts'
import type { SiteConfig } from '../../config/site-config.ts'
import type { BalanceInput } from '../../model/balance-input.ts'
import type { Clock } from '../../model/clock.ts'
import type { CircuitLimit } from '../../model/site-limit.ts'
import type { Log } from '../log.ts'
import type { LimitView } from '../signals/limit-operations.ts'
import { ownLimitView } from '../signals/limit-view.ts'
import { demandLimit } from './demand-target.ts'
import { LpPlan } from './lp-plan.ts'
import { headingFor, observeQuarter, QUARTER_MS, type QuarterHour } from './quarter-hour.ts'
import { pricesAhead } from './tariff.ts'

export interface SitePolicyOptions {
  readonly config: Pick<SiteConfig, 'balancing' | 'circuits' | 'tariff' | 'demandTarget' | 'plan' | 'timezone'>
  readonly clock: Clock
  readonly log: Log
  /** For tests. */
  readonly plan?: LpPlan
}

const DAYS_A_YEAR = 365

export class SitePolicy {
  readonly #options: SitePolicyOptions
  readonly #plan: LpPlan | null
  readonly #shape: InputShaper
  #quarter: QuarterHour | null = null
  #limit: CircuitLimit | null = null

  constructor(options: SitePolicyOptions) {
    this.#options = options
    const { config, clock, log } = options
    const { tariff, demandTarget, balancing, timezone } = config
    const hasAim = tariff !== null || demandTarget !== null
    const plan = config.plan && hasAim ? (options.plan ?? this.#newPlan(log)) : null
    this.#plan = plan
    this.#shape = !hasAim
      ? (input) => input
      : policyShaper({
          usualStayMs: balancing.usualStayMs,
          usualWh: balancing.usualWh,
          tariff: (at) => (tariff === null ? [] : pricesAhead(tariff, { timezone, wallAt: clock.now(), at })),
          demand: () => this.#demandNow(),
          ...(plan === null ? {} : { onDecided: (told) => plan.consider(told), plan: (at) => plan.waits(at) }),
        })
  }

  /** What the core is told, with who may wait and with the demand target's limit. */
  shape(input: BalanceInput): BalanceInput {
    this.#watchDemand(input)
    const limits = this.#limit === null ? input.limits : [...input.limits, this.#limit]
    return { ...this.#shape(input), limits }
  }

  /** The demand target's limit as people see it: in the next quarter hour it is reckoned anew. */
  limitViews(): readonly LimitView[] {
    if (this.#limit === null || this.#quarter === null) return []
    const { clock } = this.#options
    const since = clock.now() - (clock.monotonic() - this.#limit.since)
    return [ownLimitView(this.#limit, { by: 'the site file', since, until: this.#quarter.start + QUARTER_MS })]
  }

  async stop(): Promise<void> {
    await this.#plan?.stop()
  }

  #newPlan(log: Log): LpPlan {
    const { config, clock } = this.#options
    const perYear = config.tariff?.demandChargePerKWYear ?? 0
    return new LpPlan({ clock, log, demandPerKWDay: perYear / DAYS_A_YEAR })
  }

  #watchDemand(input: BalanceInput): void {
    const { config, clock } = this.#options
    const target = config.demandTarget
    if (target === null) return
    const wallAt = clock.now()
    this.#quarter = observeQuarter(this.#quarter, {
      wallAt,
      at: input.at,
      watts: this.#wattsOf(target.circuitId, input),
    })
    this.#limit = demandLimit(this.#limit, { target, quarter: this.#quarter, wallAt, input })
  }

  /** By its currents, so a bit more than what is billed; null: silent or stale. */
  #wattsOf(circuitId: string, { at, circuits, meters, settings }: BalanceInput): number | null {
    const meterId = circuits.find(({ id }) => id === circuitId)?.meterId ?? null
    const meter = meters.find((one) => one.meterId === meterId)
    if (meter === undefined || meter.amps === null || at - meter.takenAt > settings.meterStaleMs) return null
    const { L1, L2, L3 } = meter.amps
    return (L1 + L2 + L3) * settings.voltage
  }

  #demandNow(): DemandNow | null {
    const { config, clock } = this.#options
    const target = config.demandTarget
    if (target === null || this.#quarter === null) return null
    return { ...target, meanWatts15: headingFor(this.#quarter, clock.now()), throttles: true }
  }
}
