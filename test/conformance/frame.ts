/** OCPP-J frames of a station as short steps: `StatusNotification 1 Charging`, `StopTransaction Local`, `Reset.conf Accepted`. */

type Payload = Readonly<Record<string, unknown>>

export interface Frame {
  readonly kind: 'call' | 'result' | 'error'
  /** Of an answer: what the CSMS had asked. */
  readonly action: string
  readonly payload: Payload
  readonly step: string
}

/** What tells one message of an action from another. */
const TOLD_BY: Readonly<Record<string, readonly string[]>> = {
  Authorize: ['idTag'],
  StartTransaction: ['idTag'],
  StopTransaction: ['reason'],
  StatusNotification: ['connectorId', 'status'],
  DiagnosticsStatusNotification: ['status'],
  FirmwareStatusNotification: ['status'],
  SignedFirmwareStatusNotification: ['status'],
  LogStatusNotification: ['status'],
  SecurityEventNotification: ['type'],
}

/** The CSMS of these tests names its calls `ACTION:NUMBER`, so that an answer tells what it answers. */
export function parseFrame(text: string): Frame {
  const frame = JSON.parse(text) as readonly unknown[]
  const [type, messageId] = frame
  const asked = String(messageId).split(':', 1)[0] ?? ''
  if (type === 3) {
    const payload = frame[2] as Payload
    return { kind: 'result', action: asked, payload, step: words(`${asked}.conf`, payload['status']) }
  }
  if (type === 4) return { kind: 'error', action: asked, payload: {}, step: words(`${asked}.error`, frame[2]) }
  const action = String(frame[2])
  const payload = frame[3] as Payload
  const told = (TOLD_BY[action] ?? []).map((name) => payload[name])
  const error = payload['errorCode'] === 'NoError' ? undefined : payload['errorCode']
  return { kind: 'call', action, payload, step: words(action, ...told, error) }
}

function words(...parts: readonly unknown[]): string {
  return parts
    .filter((part) => part !== undefined)
    .map(String)
    .join(' ')
}
