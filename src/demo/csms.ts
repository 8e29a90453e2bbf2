/**
 * A small CSMS for the demo, OCPP 1.6J on a loopback WebSocket, so that there is somebody to talk with. It accepts what it should,
 * refuses a card it does not know, starts sessions from afar where only a CSMS may, and now and then limits one with a charging profile.
 */
import { randomUUID } from 'node:crypto'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Clock } from '../model/clock.ts'
import { KNOWN_CARDS } from './cars.ts'

export interface DemoCsmsOptions {
  readonly clock: Clock
  /** Stations whose sessions it starts from afar when a car is plugged in. */
  readonly remoteStations: ReadonlySet<string>
  /** Further identifiers that it knows. */
  readonly knownTokens: readonly string[]
  /** Real seconds between two charging profiles, and how long one stays. */
  readonly profileEverySeconds: number
  readonly profileSeconds: number
  readonly tell: (text: string) => void
}

export interface DemoCsms {
  /** `ws://127.0.0.1:PORT/ocpp`; stations add their id. */
  readonly url: string
  close(): Promise<void>
}

const REMOTE_TOKEN = 'APP-ANNA'
const REMOTE_START_AFTER_MS = 1500
const PROFILE_AMPS = 8
const MAX_FRAME_BYTES = 256 * 1024
const CALL_TIMEOUT_MS = 10_000

type Payload = Readonly<Record<string, unknown>>

interface Pending {
  readonly resolve: (payload: Payload) => void
}

interface StationSession {
  readonly id: string
  readonly socket: WebSocket
  readonly calls: Map<string, Pending>
  /** The last call that was made: one in flight at a time (OCPP-J 4.1.1). */
  turn: Promise<unknown>
  transactionId: number | null
}

export async function startDemoCsms(options: DemoCsmsOptions): Promise<DemoCsms> {
  const { clock, tell } = options
  const stopping = new AbortController()
  const sessions = new Map<string, StationSession>()
  let nextTransactionId = 1001
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: MAX_FRAME_BYTES,
    handleProtocols: (protocols) => (protocols.has('ocpp1.6') ? 'ocpp1.6' : false),
  })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })

  server.on('connection', (socket, request) => {
    const id = decodeURIComponent((request.url ?? '').split('/').at(-1) ?? '')
    const session: StationSession = {
      id,
      socket,
      calls: new Map(),
      turn: Promise.resolve(),
      transactionId: sessions.get(id)?.transactionId ?? null,
    }
    sessions.set(id, session)
    socket.on('message', (data) => onFrame(session, Buffer.isBuffer(data) ? data.toString() : ''))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      if (sessions.get(id) === session) sessions.delete(id)
    })
  })
  void limitNowAndThen()

  function onFrame(session: StationSession, text: string): void {
    const frame = parseFrame(text)
    if (frame === null) return
    const [type, messageId, third, fourth] = frame
    if (type === 2) {
      const answer = answerTo(session, String(third), asPayload(fourth))
      const reply = answer === null ? [4, messageId, 'NotImplemented', '', {}] : [3, messageId, answer]
      session.socket.send(JSON.stringify(reply))
    } else {
      session.calls.get(messageId)?.resolve(type === 3 ? asPayload(third) : { status: String(third) })
      session.calls.delete(messageId)
    }
  }

  function answerTo(session: StationSession, action: string, payload: Payload): Payload | null {
    switch (action) {
      case 'BootNotification':
        return { status: 'Accepted', currentTime: new Date(clock.now()).toISOString(), interval: 60 }
      case 'Heartbeat':
        return { currentTime: new Date(clock.now()).toISOString() }
      case 'Authorize':
        return { idTagInfo: { status: statusOf(payload['idTag']) } }
      case 'StartTransaction':
        session.transactionId = nextTransactionId++
        return { transactionId: session.transactionId, idTagInfo: { status: statusOf(payload['idTag']) } }
      case 'StopTransaction':
        session.transactionId = null
        return { idTagInfo: { status: 'Accepted' } }
      case 'StatusNotification':
        if (payload['status'] === 'Preparing' && options.remoteStations.has(session.id)) void startFromAfar(session)
        return {}
      case 'MeterValues':
        return {}
      case 'DataTransfer':
        return { status: 'UnknownVendorId' }
      default:
        return null
    }
  }

  function statusOf(idTag: unknown): string {
    const known = [...KNOWN_CARDS, REMOTE_TOKEN, ...options.knownTokens]
    return known.some((token) => token === idTag) ? 'Accepted' : 'Invalid'
  }

  async function startFromAfar(session: StationSession): Promise<void> {
    if (!(await sleep(REMOTE_START_AFTER_MS)) || session.transactionId !== null) return
    const { status } = await call(session, 'RemoteStartTransaction', { connectorId: 1, idTag: REMOTE_TOKEN })
    tell(`CSMS starts a session at ${session.id} from afar: ${String(status)}`)
  }

  /** Every now and then one charging station is held to 8 A for a while. */
  async function limitNowAndThen(): Promise<void> {
    for (let round = 0; await sleep(options.profileEverySeconds * 1000); round++) {
      const charging = [...sessions.values()].filter((session) => session.transactionId !== null)
      const session = charging[round % Math.max(charging.length, 1)]
      if (session === undefined) continue
      const { status } = await call(session, 'SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 1,
          stackLevel: 0,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Absolute',
          chargingSchedule: {
            startSchedule: new Date(clock.now()).toISOString(),
            chargingRateUnit: 'A',
            chargingSchedulePeriod: [{ startPeriod: 0, limit: PROFILE_AMPS }],
          },
        },
      })
      tell(`CSMS limits ${session.id} to ${PROFILE_AMPS} A with a charging profile: ${String(status)}`)
      if (!(await sleep(options.profileSeconds * 1000))) return
      await call(session, 'ClearChargingProfile', { id: 1 })
      tell(`CSMS lifts the limit of ${session.id}`)
    }
  }

  function call(session: StationSession, action: string, payload: Payload): Promise<Payload> {
    const turn = session.turn.then(
      () =>
        new Promise<Payload>((resolve) => {
          const messageId = randomUUID()
          session.calls.set(messageId, { resolve })
          session.socket.send(JSON.stringify([2, messageId, action, payload]), (error) => {
            if (error) resolve({ status: 'not sent' })
          })
          void sleep(CALL_TIMEOUT_MS).then(() => {
            session.calls.delete(messageId)
            resolve({ status: 'no answer' })
          })
        }),
    )
    session.turn = turn
    return turn
  }

  /** False when the demo ends first. */
  function sleep(ms: number): Promise<boolean> {
    return clock.sleep(ms, stopping.signal).then(
      () => true,
      () => false,
    )
  }

  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `ws://127.0.0.1:${port}/ocpp`,
    close: async () => {
      stopping.abort()
      for (const socket of server.clients) socket.terminate()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function parseFrame(text: string): [type: number, messageId: string, third: unknown, fourth: unknown] | null {
  try {
    const frame: unknown = JSON.parse(text)
    if (!Array.isArray(frame)) return null
    const [type, messageId, third, fourth]: unknown[] = frame
    return typeof type === 'number' && typeof messageId === 'string' ? [type, messageId, third, fourth] : null
  } catch {
    return null
  }
}

function asPayload(value: unknown): Payload {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
