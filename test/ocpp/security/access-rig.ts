/** A station's access in a folder of its own, with everything it tells written down; and a client that goes its ways. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BridgeError } from '../../../src/model/errors.ts'
import { systemClock, type Clock } from '../../../src/model/clock.ts'
import type { SecurityEventType } from '../../../src/model/security-event.ts'
import type { SiteAccess } from '../../../src/ocpp/security/access-state.ts'
import { StationAccess, type StationAccessOptions } from '../../../src/ocpp/security/station-access.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import { stationUrl } from '../../../src/ocpp/rpc/address.ts'
import { DIALECT } from '../rpc/harness.ts'

export interface AccessRig {
  readonly folder: string
  readonly access: StationAccess
  readonly events: readonly (readonly [SecurityEventType, string])[]
  readonly faults: readonly BridgeError[]
  /** The power fails and comes back; the site file may be another by then. */
  reopened(site?: Partial<SiteAccess>): AccessRig
  close(): void
}

export function accessRig(site: Partial<SiteAccess> = {}, options: Partial<StationAccessOptions> = {}): AccessRig {
  const root = mkdtempSync(join(tmpdir(), 'ampbridge-access-'))
  return rigIn(root, site, options)
}

function rigIn(root: string, site: Partial<SiteAccess>, options: Partial<StationAccessOptions>): AccessRig {
  const events: (readonly [SecurityEventType, string])[] = []
  const faults: BridgeError[] = []
  const folder = join(root, 'access', 'operator', 'CP-1')
  const access = new StationAccess({
    folder,
    stationId: 'CP-1',
    site: {
      profile: 0,
      url: 'ws://localhost:9000/ocpp',
      secureUrl: null,
      password: null,
      ca: null,
      certificate: null,
      privateKey: null,
      ...site,
    },
    clock: systemClock,
    keyType: 'ec',
    additionalRootCheck: false,
    onFault: (fault) => faults.push(fault),
    ...options,
  })
  access.onEvent((type, techInfo) => events.push([type, techInfo]))
  return {
    folder,
    access,
    events,
    faults,
    reopened: (changes = {}) => rigIn(root, { ...site, ...changes }, options),
    close: () => rmSync(root, { recursive: true }),
  }
}

export interface Visitor {
  readonly opened: () => number
  readonly downs: readonly string[]
  readonly frames: readonly string[]
  call(action: string): Promise<unknown>
  reconnect(): void
  until(holds: () => boolean): Promise<void>
  close(): Promise<void>
}

/** Connects as the station does; waits are short, so that refusals cost the test no minute. */
export function visit(access: StationAccess, clock: Clock = systemClock): Visitor {
  let opened = 0
  let messages = 0
  const downs: string[] = []
  const frames: string[] = []
  const looks = new Set<() => void>()
  const changed = (): void => looks.forEach((look) => look())
  const client = connectRpc(
    {
      approach: {
        next: () => {
          const { url, transport } = access.next()
          return { url: stationUrl(url, 'CP-1'), transport }
        },
        told: (outcome) => access.told(outcome),
      },
      versions: [{ subprotocol: 'ocpp1.6', dialect: DIALECT }],
      clock,
      random: () => 0,
      backOff: { waitMinimumMs: 5, randomRangeMs: 5, repeatTimes: 1, refusedMs: 5 },
    },
    {
      onOpen: () => {
        opened++
        changed()
      },
      onDown: (error) => {
        downs.push(error.message)
        changed()
      },
      onFrame: ({ text }) => void frames.push(text),
      onCall: async () => ({}),
    },
  )
  return {
    opened: () => opened,
    downs,
    frames,
    call: (action) =>
      client.call(action, {}, { messageId: `m-${++messages}`, timeoutMs: 5000, signal: new AbortController().signal }),
    reconnect: () => client.reconnect('a change'),
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!holds()) return
          looks.delete(look)
          resolve()
        }
        looks.add(look)
        look()
      }),
    close: () => client.close(),
  }
}
