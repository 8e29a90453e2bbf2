/** Which names things may have in a site file. */
/** OCPP 2.x: at most 48 of these; without `:`, which basic authentication takes for the end of the user name (RFC 7617). */
const STATION_ID = /^[A-Za-z0-9*_=+|@.-]{1,48}$/
const OTHER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$/

export function checkId(id: string, isStation: boolean): [message: string, hint: string] | null {
  if (id.length > 48) return ['this id is too long', 'at most 48 characters']
  if (id === '.' || id === '..') return ['this id is a path', 'choose another']
  if (isStation && id.includes(':')) return ['this id holds a `:`', 'OCPP with a password allows none: choose another']
  if (isStation && !STATION_ID.test(id)) {
    return ['this is not an id that OCPP allows', 'letters A to Z, digits and - _ . * = + | @, without spaces']
  }
  if (!isStation && !OTHER_ID.test(id)) {
    return ['this is not a usable name', 'letters A to Z, digits and - _ . inside, without spaces']
  }
  return null
}
