import { horizon } from './horizon.ts'
import { needOf } from './need.ts'
import type { Need } from './need.ts'
import type { PolicyInput, PolicyResult, PolicyState, Wait } from './policy-input.ts'
import { buildRoom, take } from './room.ts'

export interface PolicyMargins { readonly share: number; readonly order: string; readonly sticky: boolean; readonly slack: number }
export const TUNE: PolicyMargins = { share: 0.75, order: 'edf', sticky: false, slack: 0 }

export function policy(input: PolicyInput, state: PolicyState, tune: PolicyMargins = TUNE): PolicyResult {
  const needs = input.sessions.map((session) => needOf(session, input))
  const last = Math.max(input.at, ...needs.map(({ by }) => by))
  const slots = horizon(input.at, last, input.tariff)
  const price = slots.prices[0] ?? 0
  const cheaper = slots.prices.findIndex((one) => one < price * 0.98)
  const mayWait = new Map<string, Wait>()
  if (cheaper < 0) return { mayWait, state }
  const until = slots.edges[cheaper] ?? 0
  const room = buildRoom(input, slots, tune.share)
  const runs: Need[] = []
  const candidates: { need: Need; ratio: number }[] = []
  for (const need of needs) {
    if (need.session.running || need.session.priority > 1 || need.by <= until) { runs.push(need); continue }
    let hours = 0
    for (let s = cheaper; s < slots.count; s++)
      if ((slots.prices[s] ?? 0) < price * 0.98) hours += Math.max(0, Math.min(slots.edges[s + 1]!, need.by) - slots.edges[s]!) / 3.6e6
    candidates.push({ need, ratio: need.wh / Math.max(1, hours * need.watts) })
  }
  for (const need of runs) forward(need)
  if (tune.order === 'edf') candidates.sort((a, b) => a.need.by - b.need.by)
  else if (tune.order === 'ratio') candidates.sort((a, b) => a.ratio - b.ratio)
  else if (tune.order === 'ratio-desc') candidates.sort((a, b) => b.ratio - a.ratio)
  else if (tune.order === 'small') candidates.sort((a, b) => a.need.wh - b.need.wh)
  else if (tune.order === 'first') candidates.sort((a, b) => a.need.session.startedAt - b.need.session.startedAt)
  for (const { need, ratio } of candidates) {
    let wh = need.wh
    if (ratio < 1 - tune.slack) for (let s = slots.count - 1; s >= cheaper && wh > 1e-6; s--) if ((slots.prices[s] ?? 0) < price * 0.98) wh -= take(room, need, s, wh)
    if (wh <= need.wh * 0.01) mayWait.set(need.session.id, { until, reason: 'tariff' })
    else forward({ ...need, wh })
  }
  return { mayWait, state }

  function forward(need: Need): void {
    let wh = need.wh
    for (let s = 0; s < slots.count && wh > 1e-6; s++) wh -= take(room, need, s, wh)
  }
}
