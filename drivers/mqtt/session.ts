/** One connection to a broker, from its beginning to its end; it is never used again. MQTT 3.1.1: small brokers know no other. */

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { MqttClient } from 'mqtt'

import { inWords } from '../../src/wire/network-words.ts'
import type { MqttAddress } from './url.ts'

const KEEP_ALIVE_S = 15
/** Bytes without one whole packet. Far above what we take: one large topic must not cost us the others. */
const UNREAD_LIMIT = 8 * 1024 * 1024
const NOT_GRANTED = 128
const NO_TLS = 'it does not speak TLS here: is it mqtt:// or another port?'
const OWN_WORDS = {
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  // Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3).
  1: 'the broker does not speak MQTT 3.1.1',
  2: 'the broker refuses our client id',
  3: 'the broker is not available',
  4: 'the broker refuses user or password',
  5: 'the broker refuses us: check user and password',
}

export type OnMessage = (topic: string, payload: Buffer, retained: boolean) => void

export class Session {
  /** Rejects with the reason when it could not be opened. */
  readonly opened: Promise<void>
  /** Why it ended. */
  readonly ended: Promise<string>
  readonly #client: MqttClient
  readonly #pending = new Set<(error: Error) => void>()

  constructor(address: MqttAddress, clientId: string, onMessage: OnMessage) {
    let reason = 'the broker hung up'
    let unread = 0
    const client = new MqttClient(
      () => {
        const socket = dial(address)
        socket.on('data', (chunk) => {
          unread += chunk.length
          if (unread <= UNREAD_LIMIT) return
          reason = `a packet larger than ${UNREAD_LIMIT} bytes`
          socket.destroy()
        })
        return socket
      },
      {
        protocolVersion: 4,
        clientId,
        // What was ordered before a connection broke must not be delivered after it: the order may have changed since.
        clean: true,
        reconnectPeriod: 0,
        resubscribe: false,
        queueQoSZero: false,
        keepalive: KEEP_ALIVE_S,
        timerVariant: 'native',
        ...(address.login === null ? {} : { username: address.login.user, password: address.login.password }),
      },
    )
    this.#client = client
    client.on('packetreceive', () => {
      unread = 0
    })
    client.on('message', (topic, payload, packet) => onMessage(topic, payload, packet.retain))
    client.on('error', (error) => {
      reason = inWords(error, OWN_WORDS)
      client.end(true)
    })
    this.ended = new Promise((resolve) => {
      client.once('close', () => {
        resolve(reason)
        for (const giveUp of this.#pending) giveUp(new Error(reason))
        client.end(true)
      })
    })
    this.opened = new Promise((resolve, reject) => {
      client.once('connect', () => resolve())
      this.ended.then((why) => reject(new Error(why)), reject)
    })
    this.opened.catch(() => undefined)
  }

  /** The topics that the broker refuses. */
  async subscribe(topics: readonly string[]): Promise<readonly string[]> {
    const granted = new Promise<readonly unknown[]>((resolve, reject) => {
      this.#client.subscribe([...topics], { qos: 0 }, (error, _asked, packet) => {
        // The library calls one refused topic an error of all; the packet says which.
        if (packet !== undefined) resolve(packet.granted)
        else reject(error ?? new Error('no answer to the subscription'))
      })
    })
    const codes = await this.#orEnd(granted)
    return topics.filter((_topic, index) => codes[index] === NOT_GRANTED)
  }

  /** Resolves when the broker has confirmed it. */
  async publish(topic: string, payload: string, retain: boolean): Promise<void> {
    await this.#orEnd(this.#client.publishAsync(topic, payload, { qos: 1, retain }))
  }

  end(): void {
    this.#client.end(true)
  }

  /** What the library promises it may leave open for ever when the connection ends. */
  #orEnd<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      work.then(resolve, reject).finally(() => this.#pending.delete(reject))
    })
  }
}

function dial({ scheme, host, port, insecure }: MqttAddress): Socket {
  if (scheme === 'mqtt') return connectTcp({ host, port, noDelay: true })
  return connectTls({ host, port, servername: /^[\d.]+$|:/.test(host) ? '' : host, rejectUnauthorized: !insecure })
}
