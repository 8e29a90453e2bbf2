/** Unit codes of SML and DLMS (IEC 62056-62, table of physical units), and what to multiply a value with to get there. */

const UNITS: Readonly<Record<number, string>> = {
  6: 'h',
  7: 's',
  8: '°',
  9: '°C',
  13: 'm3',
  14: 'm3',
  27: 'W',
  28: 'VA',
  29: 'var',
  30: 'Wh',
  31: 'VAh',
  32: 'varh',
  33: 'A',
  34: 'C',
  35: 'V',
  44: 'Hz',
}
const CODES: ReadonlyMap<string, number> = new Map(
  Object.entries(UNITS)
    .toReversed()
    .map(([code, name]) => [name, Number(code)]),
)
const PREFIXES: ReadonlyMap<string, number> = new Map([
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
])

/** Null for 255 (no unit) and for units that no electricity meter of a site has. */
export function unitOfCode(code: number): string | null {
  return UNITS[code] ?? null
}

/** `kWh` is code 30 and 10 to the power of 3; null: there is no code for it. */
export function codeOfUnit(unit: string): { readonly code: number; readonly exponent: number } | null {
  const whole = CODES.get(unit)
  if (whole !== undefined) return { code: whole, exponent: 0 }
  const code = CODES.get(unit.slice(1))
  const exponent = PREFIXES.get(unit.slice(0, 1))
  return code === undefined || exponent === undefined ? null : { code, exponent }
}
