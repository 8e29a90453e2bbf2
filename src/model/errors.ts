/**
 * The one table of fault codes. A code never changes its meaning; the docs page `docs/errors.md` is printed from here.
 * `title` says what happened, `hint` what a person on site can do about it.
 */
export const ERRORS = {
  // links and devices
  LINK_CLOSED: {
    title: 'The link was closed while a request was waiting',
    hint: 'The bridge reconnects by itself; look for the reason in the log line before.',
  },
  LINK_UNREACHABLE: {
    title: 'The device or bus cannot be reached',
    hint: 'Check power, address, port and cable; `ampbridge read` tries one device alone.',
  },
  LINK_BAD_URL: {
    title: 'The connection address is not one that a driver knows',
    hint: 'Modbus: tcp://HOST:PORT, rtu+tcp://HOST:PORT, ascii+tcp://HOST:PORT, rtu:/dev/ttyUSB0?baud=9600&format=8N1 or ascii:/dev/...; other devices: http://HOST, https://HOST, mqtt://BROKER, mqtts://BROKER, udp://HOST:PORT; meters: dsmr, sml or iec62056 with :/dev/ttyUSB0 or +tcp://HOST:PORT, speedwire://.',
  },
  LINK_OVERLOADED: {
    title: 'Too many requests wait on one link',
    hint: 'The device or bus is slower than it is asked; poll less often or split the bus.',
  },
  DEVICE_TIMEOUT: {
    title: 'The device did not answer in time',
    hint: 'Check unit id, baud rate, wiring and termination; slow devices need a longer `timeout` in the mapping.',
  },
  DEVICE_EXCEPTION: {
    title: 'The device refused the request',
    hint: 'The exception code says why: 1 function, 2 address, 3 value, 4 failure, 6 busy, 11 behind a gateway.',
  },
  DEVICE_BAD_ANSWER: {
    title: 'The answer does not fit the request',
    hint: 'Another master on the bus, two devices with one address, or a broken gateway; the answer was thrown away.',
  },
  DEVICE_NOT_RECOGNISED: {
    title: 'The device does not look like the model its mapping describes',
    hint: 'Check the model name in the site file; nothing is written until it fits.',
  },
  DEVICE_VALUE_REFUSED: {
    title: 'The value may not be written to this device',
    hint: 'Charging current is 0 (pause) or from 6 A up to the limit of the device.',
  },
  DEVICE_COMMAND_UNKNOWN: {
    title: 'The mapping has no such command',
    hint: 'See what the model offers in docs/devices.md.',
  },
  REQUEST_INVALID: {
    title: 'The request is outside what the protocol can carry',
    hint: 'Addresses are 0 to 65535, at most 125 registers to read and 123 to write.',
  },
  // files
  MAPPING_INVALID: {
    title: 'The mapping file is wrong',
    hint: 'Each line names file, line and column; docs/mapping.md explains every key.',
  },
  MAPPING_CHANGED: {
    title: 'The mapping file was changed while the device runs',
    hint: 'Nothing to do: the device is met anew with the new file, sessions go on.',
  },
  MAPPING_UNKNOWN: {
    title: 'No mapping has this name',
    hint: 'Name a model from docs/devices.md or the path of a file.',
  },
  CONFIG_INVALID: {
    title: 'The site file is wrong',
    hint: '`ampbridge check --config FILE` lists every error with its place.',
  },
  CONFIG_UNREADABLE: { title: 'The file cannot be read', hint: 'Check path and permissions; the limit is 256 KiB.' },
  FILE_UNWRITABLE: {
    title: 'A file that was asked for cannot be written',
    hint: 'Check the path, its folder and permissions.',
  },
  SECRET_UNREADABLE: {
    title: 'A secret cannot be read',
    hint: 'Secrets are files in the configuration folder or systemd credentials, readable by the service only.',
  },
  // state on disk
  STATE_LOCKED: {
    title: 'Another ampbridge uses this state folder',
    hint: 'Stop the other one, or give this one a folder of its own with --state.',
  },
  STATE_UNWRITABLE: {
    title: 'A file of the state folder cannot be written',
    hint: 'Check free space and that the folder belongs to the service; nothing was accepted that is not on disk.',
  },
  LEDGER_DAMAGED: {
    title: 'The ledger on disk is damaged',
    hint: 'It was set aside and a new one begun; the alarm names the gap.',
  },
  LEDGER_FULL: { title: 'The disk is full', hint: 'Free space; transactions are kept first, samples later.' },
  LEDGER_REFUSED: {
    title: 'A record is too large or malformed to be stored',
    hint: 'Please report it with the log lines around it; everything else is stored as usual.',
  },
  LEDGER_UNREADABLE: {
    title: 'The ledger of a state folder cannot be read',
    hint: 'Name the state folder of the bridge with --state, and ask as the user that the bridge runs as.',
  },
  LEDGER_FAILED: { title: 'The ledger could not write', hint: 'Check the disk; nothing is sent that was not stored.' },
  // OCPP
  CSMS_UNREACHABLE: {
    title: 'The CSMS cannot be reached',
    hint: 'Check the address, DNS, firewall and proxy; the bridge keeps charging and tries again.',
  },
  CSMS_REFUSED: {
    title: 'The CSMS refused the connection',
    hint: 'Check the station id and password at the operator.',
  },
  CSMS_PROTOCOL: {
    title: 'The CSMS does not speak the configured OCPP version',
    hint: 'Ask the operator which version the station is set up for.',
  },
  CALL_TIMEOUT: {
    title: 'The CSMS did not answer a call in time',
    hint: 'Transaction messages are sent again; others are given up.',
  },
  CALL_REFUSED: {
    title: 'The CSMS answered a call with an error',
    hint: 'The code and text of the CSMS are in the log line.',
  },
  CALL_QUEUE_FULL: {
    title: 'Too many calls wait for the CSMS',
    hint: 'The CSMS answers more slowly than the site speaks; stored messages wait in the ledger.',
  },
  FRAME_INVALID: {
    title: 'A frame is not OCPP-J',
    hint: 'The peer is not an OCPP system or is broken; the frame was ignored.',
  },
  // files to and from an operator's server
  TRANSFER_REFUSED: {
    title: 'The file may not be moved to or from this server',
    hint: 'The line says which rule or answer forbids it: address, scheme, login, certificate, host key or size. It is not tried again.',
  },
  TRANSFER_FAILED: {
    title: 'The file could not be moved to or from the server',
    hint: 'Check the server, the network and the name service; it is tried again as often as the operator asked.',
  },
  // page and API
  FIRMWARE_REFUSED: {
    title: 'A firmware was not installed',
    hint: 'The line says why: its signature, or the last word of the program that installs (`firmware.hook` in the site file).',
  },
  ACCESS_REFUSED: {
    title: 'A password, certificate or security profile that the CSMS sent was not taken',
    hint: 'The connection goes on as before; tell the operator of the CSMS what the line says.',
  },
  PROFILE_REFUSED: {
    title: 'A charging profile that the CSMS sent was not taken',
    hint: 'The profiles before it stay in force; tell the operator of the CSMS what the line says.',
  },
  WEB_PORT_BUSY: {
    title: 'The port of the page is taken',
    hint: 'Stop the program that uses it, or choose another port with --port.',
  },
  WEB_ADDRESS_REFUSED: {
    title: 'The page cannot be served at this address',
    hint: 'Use an address of this machine and a port from 1024 up.',
  },
  WEB_NOT_BUILT: { title: 'The page is not built', hint: 'Run `npm run prepare` once; `npm ci` does it by itself.' },
  API_HOST_REFUSED: {
    title: 'The request was meant for another host',
    hint: 'Open the page by this machine’s address or name; a reverse proxy’s name must be allowed first.',
  },
  API_CROSS_SITE: { title: 'The request came from another web page', hint: 'Open the page directly.' },
  API_METHOD_REFUSED: {
    title: 'Nothing can be changed at this address',
    hint: 'Use GET; docs/api.md has the calls that do something.',
  },
  API_BODY_TOO_LARGE: { title: 'The request is too large', hint: 'docs/api.md has what a call takes.' },
  API_NOT_FOUND: { title: 'There is nothing at this address', hint: 'The page is at `/`, the API under `/api/v1/`.' },
  API_KEY_REFUSED: {
    title: 'The key is missing or wrong',
    hint: 'Send `Authorization: Bearer KEY`; the keys are in the section `api` of the site file.',
  },
  API_LOCKED_OUT: {
    title: 'Too many wrong keys came from this address',
    hint: 'Wait a minute, then send the right one.',
  },
  API_TOO_MANY_CALLS: {
    title: 'Too many calls with one key',
    hint: 'Call less often; the answer says when to come again.',
  },
  API_NOT_ALLOWED: {
    title: 'The key may not do that here',
    hint: 'See `allow` and `stations` of the key in the section `api` of the site file.',
  },
  API_REQUEST_INVALID: { title: 'The request is not understood', hint: 'docs/api.md has what a call takes.' },
  API_STATION_UNKNOWN: {
    title: 'There is no such station or connector',
    hint: 'Name the station as the CSMS knows it; `/api/v1/site` has it as `stationId` with `evse`.',
  },
  API_NOTHING_STORED: {
    title: 'Nothing is stored of this connector that old',
    hint: 'The newest 300,000 decisions of a site are kept; `/decisions` shows those of a span.',
  },
  API_CIRCUIT_UNKNOWN: { title: 'There is no such circuit', hint: 'Their ids are in `/api/v1/site`: `circuits`.' },
  API_TOKEN_REFUSED: { title: 'The identifier was refused', hint: 'The detail says why; another card may do.' },
  API_NO_SESSION: { title: 'No session runs there', hint: 'Look at `/api/v1/site`: it may have ended meanwhile.' },
  API_LIMIT_UNKNOWN: {
    title: 'No limit of this id stands',
    hint: '`/api/v1/limits` has those that do; it may have ended meanwhile.',
  },
  API_LIMIT_TAKEN: {
    title: 'The limit of this id is somebody else’s',
    hint: 'What a contact or a topic says is taken back there; choose another id for a limit of your own.',
  },
  API_TOO_MANY_LIMITS: {
    title: 'Too many limits stand already',
    hint: 'Replace one by using its id again, or take some back; a limit with an end goes by itself.',
  },
  API_WISH_REFUSED: { title: 'The wish cannot be taken', hint: 'The detail says why.' },
  API_UNLOCK_FAILED: { title: 'The charger did not unlock', hint: 'Try again; else see its own display or manual.' },
  API_UNLOCK_UNSUPPORTED: {
    title: 'This charger has no lock that could be opened',
    hint: 'Pull the plug at the car first.',
  },
  API_TOO_MANY_READERS: { title: 'Too many pages are open', hint: 'Close some and reload.' },
  API_NOT_READY: { title: 'The site does not run yet', hint: 'Wait a few seconds; else look into the log.' },
  // running
  RUNTIME_UNSUPPORTED: {
    title: 'This Node.js is not the tested one',
    hint: 'Start through npm (`npm start`, `npm run -s ampbridge -- ...`): it brings Node 24 with it.',
  },
  BRIDGE_STOOD_STILL: {
    title: 'The bridge got no computing time for some seconds',
    hint: 'It reads its devices anew and goes on. If it comes again: the machine swaps, is overloaded, or was suspended.',
  },
  INTERNAL: { title: 'A fault in ampbridge itself', hint: 'Please report it with the log lines around it.' },
} as const satisfies Record<string, { readonly title: string; readonly hint: string }>

export type ErrorCode = keyof typeof ERRORS

/** A fault with a stable code. `message` names what and where; the table holds title and hint. */
export class BridgeError extends Error {
  readonly code: ErrorCode
  /** Facts for programs, e.g. `{ exceptionCode: 2 }`. Never a secret. */
  readonly details: Readonly<Record<string, string | number | boolean>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, string | number | boolean>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'BridgeError'
    this.code = code
    this.details = options.details ?? {}
  }

  get hint(): string {
    return ERRORS[this.code].hint
  }
}

export function isBridgeError(error: unknown, code?: ErrorCode): error is BridgeError {
  return error instanceof BridgeError && (code === undefined || error.code === code)
}

/** What was thrown, as a `BridgeError`: our own as it is, an abort or foreign error wrapped as INTERNAL. */
export function toBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new BridgeError('INTERNAL', message, { cause: error })
}
