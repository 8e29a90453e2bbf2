/** Whether a planner's site makes sense: every name is there once, the circuits are a tree. Pure. */
import type { PlannerSite, TickMessage } from './line-messages.ts'

/** Null, or where and what is wrong. */
export function wrongSite({ circuits, chargers, meters, failsafe }: PlannerSite): string | null {
  const known = new Map(circuits.map((circuit) => [circuit.id, circuit]))
  const noCircuit = (where: string, id: string): string | null =>
    known.has(id) ? null : `${where}: there is no circuit ${id}`
  return (
    twice('circuits', circuits) ??
    twice('chargers', chargers) ??
    twice('meters', meters) ??
    first(circuits, ({ parent }, index) => (parent === null ? null : noCircuit(`circuits.${index}.parent`, parent))) ??
    circle(circuits, known) ??
    first(
      chargers,
      ({ circuit, minA, maxA }, index) =>
        noCircuit(`chargers.${index}.circuit`, circuit) ??
        (minA > maxA ? `chargers.${index}.minA: is more than maxA` : null),
    ) ??
    first(
      meters,
      ({ circuit }, index) =>
        noCircuit(`meters.${index}.circuit`, circuit) ??
        (meters.findIndex((meter) => meter.circuit === circuit) < index
          ? `meters.${index}.circuit: ${circuit} has a meter already`
          : null),
    ) ??
    (failsafe === null ? null : noCircuit('failsafe.circuit', failsafe.circuit))
  )
}

/** Whether a tick is of that site; null, or what is wrong. */
export function wrongTick(
  { chargers, limits }: TickMessage,
  known: PlannerSite['chargers'],
  circuits: ReadonlySet<string>,
): string | null {
  if (chargers.length !== known.length) return `chargers: ${chargers.length} are told, the site has ${known.length}`
  for (const [index, { id }] of known.entries()) {
    const told = chargers[index]?.id
    if (told !== id) return `chargers.${index}.id: is ${told}, not ${id}: they come in the order of the site`
  }
  return first(limits, ({ circuit }, index) =>
    circuits.has(circuit) ? null : `limits.${index}.circuit: there is no circuit ${circuit}`,
  )
}

function first<Item>(items: readonly Item[], wrong: (item: Item, index: number) => string | null): string | null {
  for (const [index, item] of items.entries()) {
    const found = wrong(item, index)
    if (found !== null) return found
  }
  return null
}

function twice(what: string, items: readonly { readonly id: string }[]): string | null {
  const seen = new Set<string>()
  return first(items, ({ id }, index) => {
    if (seen.has(id)) return `${what}.${index}.id: there is a ${id} already`
    seen.add(id)
    return null
  })
}

function circle(
  circuits: PlannerSite['circuits'],
  known: ReadonlyMap<string, PlannerSite['circuits'][number]>,
): string | null {
  const rooted = new Set<string>()
  return first(circuits, ({ id }, index) => {
    const way = new Set<string>()
    for (let at: string | null = id; at !== null && !rooted.has(at); at = known.get(at)?.parent ?? null) {
      if (way.has(at)) return `circuits.${index}.parent: ${id} feeds itself`
      way.add(at)
    }
    for (const one of way) rooted.add(one)
    return null
  })
}
