/** The listening side: keeps a wire open, keeps the newest whole telegram, answers with it. */

import type { DocumentAnswer, LinkSettings } from '../../src/model/driver.ts'
import type { BackOff } from '../../src/wire/back-off.ts'
import type { LinkRecord } from '../../src/wire/link-record.ts'
import { ListeningLink } from '../../src/wire/listening-link.ts'
import type { Dial, PatientWire } from '../../src/wire/wire.ts'
import type { TelegramEvents } from './decoder.ts'
import type { Reception } from './reception.ts'
import { useWire } from './wire-life.ts'

export interface TelegramLinkSettings {
  /** Without a key. */
  readonly url: string
  readonly dial: Dial<PatientWire>
  readonly backOff: BackOff
  /** How long a telegram is an answer: after that the meter has fallen silent. */
  readonly keepMs: number
  readonly settings: LinkSettings
  readonly reception: (events: TelegramEvents, record: LinkRecord) => Reception
}

export function telegramLink({ url, dial, backOff, keepMs, settings, reception }: TelegramLinkSettings): ListeningLink {
  const { clock } = settings
  return new ListeningLink(url, backOff, settings, ({ record, telegram, broken }) => {
    let newest: DocumentAnswer | null = null
    const { bytes, run } = reception(
      {
        telegram: (values, whole) => {
          newest = { body: values, at: clock.monotonic() }
          telegram(whole, newest)
        },
        broken,
      },
      record,
    )
    return {
      once: (life, opened) => useWire(dial, clock, life, { bytes, opened, run }),
      newest: () => (newest !== null && clock.monotonic() - newest.at <= keepMs ? newest : null),
      doubt: () => null,
      beside: () => '',
    }
  })
}
