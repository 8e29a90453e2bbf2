import { BridgeError } from '../../model/errors.ts'

/** OCPP 2.x identifierString(48); 1.6 sets no length of its own. */
const MAX_STATION_ID_LENGTH = 48

/**
 * The WebSocket address of a station at a CSMS: the base address with the station's id as last part of the path,
 * percent-encoded once. Throws CONFIG_INVALID.
 */
export function stationUrl(baseUrl: string, stationId: string): URL {
  checkStationId(stationId)
  let url: URL
  try {
    url = new URL(baseUrl)
  } catch {
    throw new BridgeError('CONFIG_INVALID', 'the address of the CSMS is not a URL')
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new BridgeError('CONFIG_INVALID', `the address of the CSMS begins with ws:// or wss://, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new BridgeError('CONFIG_INVALID', 'the address of the CSMS holds a password; name it as a secret instead')
  }
  if (url.hash !== '') throw new BridgeError('CONFIG_INVALID', 'the address of the CSMS has a fragment (#)')
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(stationId)}`
  return url
}

function checkStationId(id: string): void {
  if (id.length < 1 || id.length > MAX_STATION_ID_LENGTH) {
    throw new BridgeError('CONFIG_INVALID', `a station id has 1 to ${MAX_STATION_ID_LENGTH} characters`)
  }
  if (id === '.' || id === '..' || !id.isWellFormed() || /[\p{C}\p{Z}]/u.test(id)) {
    throw new BridgeError('CONFIG_INVALID', 'a station id has no spaces, control or invisible characters')
  }
}

/** An address as it may stand in a log: without query, where operators put tokens. */
export function printableUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?...'}`
}
