/** A link at a broker of the test's choice. */
import { onTestFinished } from 'vitest'

import { MqttLink } from '../../../drivers/mqtt/link.ts'
import { parseMqttUrl } from '../../../drivers/mqtt/url.ts'
import { systemClock, type Clock } from '../../../src/model/clock.ts'
import type { DeviceTiming, DocumentLink, Publication, RequestOptions } from '../../../src/model/driver.ts'

/** A link that the test need not close. */
export function linkTo(url: string, clock: Clock = systemClock): MqttLink {
  const link = new MqttLink(parseMqttUrl(url), { clock, random: () => 0.5, serial: null, echo: false })
  onTestFinished(() => link.close())
  return link
}

export function asking(
  timing: Partial<DeviceTiming> = {},
  signal: AbortSignal = new AbortController().signal,
): RequestOptions {
  return {
    timing: { timeoutMs: 5000, pauseMs: 0, retries: 0, connectDelayMs: 0, ...timing },
    urgency: 'normal',
    signal,
  }
}

export function topic(name: string) {
  return { kind: 'topic', topic: name } as const
}

export function order(name: string, payload: string, retain = false): Publication {
  return { kind: 'publish', topic: name, payload, retain }
}

/** Resolves when the trace shows an entry whose text or note contains `text`. */
export function seen(link: DocumentLink, text: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = link.trace(({ bytes, note }) => {
      if (!`${Buffer.from(bytes).toString()}${note}`.includes(text)) return
      stop()
      resolve()
    })
  })
}
