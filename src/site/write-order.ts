/** In which order set-points go on the wire: decreases first, so that no sum is too high in between (design, section 5). Pure. */
import type { Allocation, Outlet } from '../model/balance-input.ts'

type InForce = Pick<Outlet, 'id' | 'confirmedAmps' | 'pendingAmps'>

/** The greatest decrease first; what is not known counts as the most that there is. Among equals by name. */
export function decreasesFirst<Ordered extends Pick<Allocation, 'outletId' | 'amps'>>(
  allocations: readonly Ordered[],
  outlets: readonly InForce[],
): readonly Ordered[] {
  const inForce = new Map(
    outlets.map(({ id, confirmedAmps, pendingAmps }) => [id, pendingAmps ?? confirmedAmps ?? Infinity]),
  )
  const change = ({ outletId, amps }: Ordered): number => amps - (inForce.get(outletId) ?? 0)
  return allocations.toSorted((a, b) => change(a) - change(b) || a.outletId.localeCompare(b.outletId))
}
