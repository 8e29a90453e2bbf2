/** The listening side: stays in the group, keeps what each meter said last, answers with it. */

import type { LinkSettings } from '../../src/model/driver.ts'
import { ListeningLink } from '../../src/wire/listening-link.ts'
import { readDatagram } from './datagram.ts'
import { HeardMeters } from './heard-meters.ts'
import type { Ear as Socket } from './socket.ts'
import type { SpeedwireAddress } from './url.ts'

const BACK_OFF = { firstMs: 250, limitMs: 10_000 }
/** A network that was away and came back no longer carries the group to us: join it anew. */
const SILENCE_LIMIT_MS = 30_000

export type Listen = (events: {
  readonly datagram: (bytes: Buffer) => void
  readonly failed: (reason: string) => void
}) => Promise<Socket>

export function speedwireLink(
  url: string,
  { serial: wanted }: SpeedwireAddress,
  listen: Listen,
  settings: LinkSettings,
): ListeningLink {
  const { clock } = settings
  return new ListeningLink(url, BACK_OFF, settings, ({ alive, telegram, broken }) => {
    const meters = new HeardMeters(clock, wanted)
    let heardAt = 0

    const hear = (bytes: Buffer): void => {
      const datagram = readDatagram(bytes)
      switch (datagram.kind) {
        case 'other':
          return
        case 'broken':
          broken(datagram.why, bytes)
          return
        case 'meter': {
          const { serial, values } = datagram
          heardAt = clock.monotonic()
          alive()
          meters.came(serial, values)
          if (wanted === null || wanted === serial) telegram(bytes, meters.newest)
        }
      }
    }
    const once = async (life: AbortController, opened: () => void): Promise<string> => {
      const socket = await listen({
        datagram: (bytes) => {
          if (!life.signal.aborted) hear(bytes)
        },
        failed: (reason) => life.abort(new Error(reason)),
      })
      try {
        life.signal.throwIfAborted()
        opened()
        heardAt = clock.monotonic()
        for (;;) {
          const silentMs = clock.monotonic() - heardAt
          if (silentMs >= SILENCE_LIMIT_MS) return `silent for ${SILENCE_LIMIT_MS / 1000} s`
          await clock.sleep(Math.ceil(SILENCE_LIMIT_MS - silentMs), life.signal)
        }
      } finally {
        life.abort(new Error('it ended'))
        await socket.close()
      }
    }
    return {
      once,
      newest: () => meters.newest,
      doubt: () => {
        const { serials } = meters
        if (wanted !== null || serials.length < 2) return null
        return `several meters are heard; say which with ?serial= ${serials.join(', ')}`
      },
      beside: () => {
        const { serials } = meters
        return serials.length === 0 ? 'no meter is heard' : `heard are ${serials.join(', ')}`
      },
    }
  })
}
