/**
 * The power that a grid operator must leave to controllable consumers in Germany (section 14a EnWG; Bundesnetzagentur, decision BK6-22-300
 * of 27 November 2023, Anlage 1).
 */

/** Only a charging point that can take more than this counts (2.4.1), and this much it keeps (4.5.1), W. */
export const CONTROLLABLE_WATTS = 4200

/** Simultaneity factors for 2, 3, ... and from 9 devices on (4.5.2). */
const FACTORS = [0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45] as const

/** Of devices that one energy manager steers together; 1 for a single one. */
export function simultaneityFactor(devices: number): number {
  if (devices < 2) return 1
  return FACTORS[Math.min(devices - 2, FACTORS.length - 1)] ?? 0.45
}

/**
 * The guaranteed power of `devices` charging points that one energy manager steers (4.5.2, without heat pumps and cooling above 11 kW):
 * 4.2 kW + (n - 1) x factor x 4.2 kW; for one it is the 4.2 kW of direct control (4.5.1). Null: nothing there is controllable in the sense of the law.
 */
export function guaranteedWatts(devices: number): number | null {
  if (!Number.isInteger(devices) || devices < 1) return null
  const more = (devices - 1) * simultaneityFactor(devices) * CONTROLLABLE_WATTS
  // watts are whole ones: binary fractions must not make 10.5 kW less than it is
  return CONTROLLABLE_WATTS + Math.round(more)
}

/** Whether a charging point counts: `maxAmps` per phase on `phases` phases of `voltage` V. */
export function isControllable(maxAmps: number, phases: number, voltage: number): boolean {
  return maxAmps * phases * voltage > CONTROLLABLE_WATTS
}
