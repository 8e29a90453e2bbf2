/** The demand target: of a circuit that is there and measured. Pure. */
import { fuseKilowatts } from './check-circuits.ts'
import { nearestHint } from './nearest-name.ts'
import { error, warning, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'

export function checkDemandTarget({ demandTarget, circuits, balancing }: SiteEntries): readonly Finding[] {
  if (demandTarget === null) return []
  const { circuit: id, power } = demandTarget
  const path = ['demand-target', 'circuit']
  if (!circuits.ids.has(id)) {
    return [error(path, `there is no circuit \`${id.slice(0, 60)}\``, nearestHint(id, circuits.ids))]
  }
  const circuit = circuits.valid.get(id)
  // of a circuit that is wrong itself nothing is known
  if (circuit === undefined || circuits.repaired.has(id)) return []
  if (circuit.meter === undefined) {
    return [
      error(
        path,
        `\`${id}\` has no \`meter\``,
        'nobody knows the mean of what is not measured: name a circuit with a meter',
      ),
    ]
  }
  const mostKilowatts = fuseKilowatts(circuit, balancing.voltage)
  if (power < mostKilowatts) return []
  const message = `is not less than what the fuses of \`${id}\` allow (${mostKilowatts.toFixed(1)} kW)`
  return [warning(['demand-target', 'power'], message, 'so it changes nothing')]
}
