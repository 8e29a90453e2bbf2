/**
 * What goes into a diagnostics bundle: everything a person far away needs to see why a station does what it does. Nothing of other
 * stations: they may be another operator's.
 */
import ownPackage from '../../../package.json' with { type: 'json' }
import type { SiteConfig } from '../../config/site-config.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { SETTINGS } from '../../model/setting.ts'
import { splitAddress } from '../../model/address.ts'
import type { Clock } from '../../model/clock.ts'
import type { BundleEntry } from '../../transfer/bundle.ts'
import type { SiteSnapshot, SiteTrace } from '../snapshot.ts'
import type { RecentLines } from './recent-lines.ts'

export interface DiagnosticsSources {
  readonly config: SiteConfig
  readonly ledger: Pick<Ledger, 'events' | 'recentTransactions' | 'settings' | 'deadLetters' | 'securityLog'>
  readonly clock: Clock
  readonly log: RecentLines
  readonly ocppFrames: RecentLines
  readonly snapshot: () => SiteSnapshot
  readonly onTrace: (listener: (trace: SiteTrace) => void) => () => void
}

export interface Span {
  /** Wall ms; null: open. */
  readonly from: number | null
  readonly to: number | null
}

/** A full look at all registers takes ten seconds. */
const LISTEN_MS = 12_000
const MAX_REGISTER_CHARACTERS = 4_000_000
const MAX_ROWS = 10_000
const MAX_SECURITY_ROWS = 5000

export function diagnosticsEntries(
  stationId: string,
  span: Span,
  sources: DiagnosticsSources,
  signal: AbortSignal,
): readonly BundleEntry[] {
  const { config, ledger, clock, log, ocppFrames, snapshot } = sources
  const own = ownConfig(config, stationId)
  const within = (at: number): boolean => (span.from === null || at >= span.from) && (span.to === null || at <= span.to)
  return [
    {
      name: 'about.txt',
      content: [
        `station ${stationId} of ${config.name}`,
        `made ${new Date(clock.now()).toISOString()}`,
        `ampbridge ${ownPackage.version}, Node.js ${process.version}, ${process.platform} ${process.arch}`,
        `running for ${Math.round(process.uptime())} s`,
        '',
      ].join('\n'),
    },
    { name: 'log.txt', content: streamed(log.lines(stationId, span.from, span.to)) },
    { name: 'ocpp-frames.txt', content: streamed(ocppFrames.lines(stationId, span.from, span.to)) },
    { name: 'registers.txt', content: registerFrames(placesOf(own), sources, signal) },
    { name: 'now.json', content: json(ownPart(snapshot(), stationId)) },
    {
      name: 'events.csv',
      content: rows(['at', 'station', 'kind', 'text'], async () =>
        (await ledger.events(MAX_ROWS))
          .filter((event) => within(event.at) && (event.stationId === null || event.stationId === stationId))
          .map(({ at, stationId: station, kind, text }) => [new Date(at).toISOString(), station ?? '', kind, text]),
      ),
    },
    {
      name: 'transactions.csv',
      content: rows(['started', 'ended', 'evse', 'energy Wh', 'reason', 'CSMS id', 'id'], async () =>
        (await ledger.recentTransactions(MAX_ROWS))
          .filter((one) => one.stationId === stationId && within(one.endedAt ?? one.startedAt))
          .map((one) => [
            new Date(one.startedAt).toISOString(),
            one.endedAt === null ? '' : new Date(one.endedAt).toISOString(),
            String(one.evse),
            one.endWh === null ? '' : String(one.endWh - one.startWh),
            one.stopReason ?? '',
            one.csmsTransactionId ?? '',
            one.id,
          ]),
      ),
    },
    {
      name: 'given-up-messages.csv',
      content: rows(['at', 'sequence', 'upstream', 'kind', 'reason'], async () =>
        (await ledger.deadLetters(MAX_ROWS))
          .filter(({ draft }) => draft.stationId === stationId)
          .map(({ at, sequence, reason, draft }) => [
            new Date(at).toISOString(),
            String(sequence),
            draft.upstreamId,
            draft.message.kind,
            reason,
          ]),
      ),
    },
    {
      name: 'settings.csv',
      content: rows(['name', 'value'], async () =>
        [...(await ledger.settings(stationId))]
          .filter(([name]) => isPlainSetting(name))
          .map(([name, value]) => [name, value]),
      ),
    },
    // Secrets print as ***.
    { name: 'configuration.json', content: json(own) },
    { name: 'security-log.csv', content: securityRows(stationId, span, ledger) },
  ]
}

export function securityLogEntries(
  stationId: string,
  span: Span,
  { ledger }: Pick<DiagnosticsSources, 'ledger'>,
): readonly BundleEntry[] {
  return [{ name: 'security-log.csv', content: securityRows(stationId, span, ledger) }]
}

function securityRows(
  stationId: string,
  { from, to }: Span,
  ledger: Pick<Ledger, 'securityLog'>,
): AsyncGenerator<string> {
  return rows(['at', 'type', 'info'], async () =>
    (await ledger.securityLog(stationId, from, to, MAX_SECURITY_ROWS)).map(({ at, type, techInfo }) => [
      new Date(at).toISOString(),
      type,
      techInfo ?? '',
    ]),
  )
}

function ownConfig(config: SiteConfig, stationId: string): SiteConfig {
  const stations = config.stations.filter(({ id }) => id === stationId)
  const controller = config.controller?.identity === stationId ? config.controller : null
  const users = [...stations, ...(controller === null ? [] : [controller])]
  const upstreams = config.upstreams.filter(({ id }) => users.some(({ upstreamIds }) => upstreamIds.includes(id)))
  return { ...config, stations, upstreams, controller, signals: [], apiKeys: [] }
}

function ownPart(snapshot: SiteSnapshot, stationId: string): SiteSnapshot {
  const isOwn = (part: { readonly stationId: string }): boolean => part.stationId === stationId
  const { stations, upstreams, parameters } = snapshot
  const isController = parameters.controllerId === stationId
  const outletMaxima = isController ? parameters.outletMaxima : parameters.outletMaxima.filter(isOwn)
  return {
    ...snapshot,
    stations: stations.filter(isOwn),
    upstreams: upstreams.filter(isOwn),
    parameters: { ...parameters, outletMaxima },
  }
}

/** Hosts and serial ports of the station's chargers, as they stand in the names of links. */
function placesOf({ stations }: SiteConfig): readonly string[] {
  return stations.flatMap(({ chargers }) =>
    chargers.flatMap(({ address }) => {
      const parts = splitAddress(address.connect)
      return parts === null ? [] : [parts.host ?? parts.path]
    }),
  )
}

/** What is named here and nothing else: the ledger keeps cards, reservations and logins of file servers beside the settings. */
function isPlainSetting(name: string): boolean {
  return SETTINGS.some((setting) => setting === name) || name.startsWith('availability/')
}

/** The frames of the next seconds: every register that is polled is among them. */
async function* registerFrames(
  places: readonly string[],
  { onTrace, clock }: DiagnosticsSources,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const heard: string[] = []
  let characters = 0
  const stop = onTrace(({ kind, at, about, direction, text }) => {
    if (kind !== 'registers' || characters > MAX_REGISTER_CHARACTERS || !places.some((place) => about.includes(place)))
      return
    const line = `${new Date(at).toISOString()} ${about} ${direction} ${text}\n`
    characters += line.length
    heard.push(line)
  })
  try {
    await clock.sleep(LISTEN_MS, signal)
  } finally {
    stop()
  }
  yield* heard
}

async function* streamed(lines: Iterable<string>): AsyncGenerator<string> {
  yield* lines
}

async function* rows(
  head: readonly string[],
  read: () => Promise<readonly (readonly string[])[]>,
): AsyncGenerator<string> {
  yield csv(head)
  for (const row of await read()) yield csv(row)
}

function csv(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\n`
}

/** A cell that a spreadsheet would run as a formula is quoted with an apostrophe (H56). */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
