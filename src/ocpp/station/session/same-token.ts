/** IdToken is a CiString (OCPP 1.6 §7.28): case does not matter. */
export function sameToken(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
