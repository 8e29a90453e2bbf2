/** A device that speaks in texts, its link, and at MQTT a broker between them: that is what goes away there. */
import { onTestFinished } from 'vitest'

import { systemClock } from '../../src/model/clock.ts'
import type { DocumentLink, DocumentRead, DocumentServerDriver, Driver } from '../../src/model/driver.ts'
import { isBridgeError } from '../../src/model/errors.ts'
import { startBroker } from '../peers/mosquitto.ts'
import {
  contractDevice,
  DIALECTS,
  placeOf,
  strangeDevice,
  type ContractDevice,
  type Dialect,
} from './document-dialects.ts'

export interface DocumentCase {
  readonly scheme: string
  readonly driver: Driver
  readonly server: DocumentServerDriver
}

export interface Stage {
  readonly link: DocumentLink
  readonly dialect: Dialect
  readonly device: ContractDevice
  readonly goAway: () => Promise<void>
  readonly comeBack: () => Promise<void>
}

const SERVER_SETTINGS = { clock: systemClock, serial: null, everyMs: 20 } as const

/** All of it ends with the test. */
export async function documentStage({ scheme, driver, server }: DocumentCase): Promise<Stage> {
  const device = contractDevice()
  const broker = scheme === 'mqtt' ? await startBroker() : null
  if (broker !== null) onTestFinished(broker.remove)
  let served = await server.serve(await placeOf(scheme, broker?.port ?? 0), device, SERVER_SETTINGS)
  onTestFinished(() => served.close())
  const { url } = served
  const comeBack = async (): Promise<void> => {
    served = await server.serve(url, device, SERVER_SETTINGS)
  }
  return {
    device,
    dialect: await dialectOf(driver, url),
    link: openDocuments(driver, url),
    goAway: broker?.stop ?? (() => served.close()),
    comeBack: broker?.start ?? comeBack,
  }
}

/** A link to the one that does not answer this question as it should. */
export async function unanswered(
  { scheme, driver }: DocumentCase,
  { dialect, link }: Stage,
  which: 'silence' | 'nonsense',
): Promise<{ readonly link: DocumentLink; readonly question: DocumentRead }> {
  const { of, question } = dialect[which]
  if (of === 'device') return { link, question }
  const stranger = await strangeDevice(scheme, of)
  onTestFinished(stranger.close)
  return { link: openDocuments(driver, stranger.url), question }
}

function openDocuments(driver: Driver, url: string): DocumentLink {
  const link = driver.open(url, { clock: systemClock, random: () => 0.5, serial: null, echo: false })
  onTestFinished(() => link.close())
  if (link.kind !== 'documents') throw new Error(`${url} has no documents`)
  return link
}

/** The kind of question that the driver knows. */
async function dialectOf(driver: Driver, url: string): Promise<Dialect> {
  const link = openDocuments(driver, url)
  const timing = { timeoutMs: 2000, pauseMs: 0, retries: 0, connectDelayMs: 0 }
  for (const dialect of DIALECTS) {
    const { signal } = new AbortController()
    const known = await link.ask(dialect.question(0), { timing, urgency: 'normal', signal }).then(
      () => true,
      (error: unknown) => !isBridgeError(error, 'REQUEST_INVALID'),
    )
    if (known) return dialect
  }
  throw new Error(`${url} answers to no kind of question`)
}
