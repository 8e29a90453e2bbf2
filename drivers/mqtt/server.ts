/** The device side: a guest at a broker that publishes its topics, kept by the broker, and hears what others publish. */

import { randomBytes } from 'node:crypto'

import type { DeviceServer, DocumentBank, DocumentServerSettings } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { BrokerConnection } from './connection.ts'
import { OwnEchoes } from './own-echoes.ts'
import type { Session } from './session.ts'
import type { MqttAddress } from './url.ts'

/** How often the device says what it says whether it has changed or not. */
const REGULAR_MS = 5000

/** Throws LINK_UNREACHABLE when the broker is not there; later it comes back by itself. */
export async function serveMqtt(
  address: MqttAddress,
  bank: DocumentBank,
  { clock, everyMs }: DocumentServerSettings,
): Promise<DeviceServer> {
  const life = new AbortController()
  const first = Promise.withResolvers<void>()
  const echoes = new OwnEchoes()
  let published = new Map<string, string>()
  let regularAt = Number.NEGATIVE_INFINITY
  /** The session that hears all topics. */
  let joined: Session | null = null

  /** Not one after the other: a broker may take 40 ms to confirm each. */
  const publishChanges = async (session: Session): Promise<void> => {
    const isDue = clock.monotonic() >= regularAt
    const regular = isDue ? (bank.regular?.() ?? new Set()) : new Set()
    if (isDue) regularAt = clock.monotonic() + REGULAR_MS
    const changes = [...bank.topics()].filter(
      ([topic, payload]) => published.get(topic) !== payload || regular.has(topic),
    )
    for (const [topic, payload] of changes) {
      published.set(topic, payload)
      echoes.expect(topic, payload)
    }
    await Promise.all(changes.map(([topic, payload]) => session.publish(topic, payload, true)))
  }
  const join = async (session: Session): Promise<void> => {
    published = new Map()
    echoes.clear()
    // Which topics carry orders only the mapping knows: so all of them are heard, also our own.
    const [refused] = await session.subscribe(['#'])
    if (refused !== undefined) throw new Error('the broker refuses the subscription to #')
    joined = session
    await publishChanges(session)
    first.resolve()
  }
  const connection = new BrokerConnection({
    address,
    clientId: address.clientId ?? `ampbridge-device-${randomBytes(6).toString('hex')}`,
    clock,
    random: Math.random,
    opened: (session) => {
      join(session).catch((error: unknown) => {
        first.reject(error)
        // The next session tries it again.
        session.end()
      })
    },
    message: (topic, payload, retained) => {
      const text = payload.toString()
      if (echoes.take(topic, text) || (retained && bank.topics().has(topic))) return
      try {
        bank.hear(topic, text)
      } catch {
        // A simulated device that cannot take an order goes on as it was, like a real one.
      }
    },
    failed: (reason) => first.reject(new Error(reason)),
  })
  const watch = async (): Promise<void> => {
    while (!life.signal.aborted) {
      await clock.sleep(everyMs, life.signal)
      // A session that ends meanwhile is followed by one that publishes all of them.
      if (joined !== null && joined === connection.session) await publishChanges(joined).catch(() => undefined)
    }
  }
  const close = async (): Promise<void> => {
    life.abort()
    await connection.close()
  }

  try {
    await first.promise
  } catch (error) {
    await close()
    throw new BridgeError(
      'LINK_UNREACHABLE',
      `${address.shown}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  // Ends only with `close`.
  watch().catch(() => undefined)
  return { url: address.shown, close }
}
