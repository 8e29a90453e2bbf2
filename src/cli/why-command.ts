import type { Command } from 'commander'
import { problemsAsError } from '../config/problem.ts'
import type { SiteConfig } from '../config/site-config.ts'
import { systemClock } from '../model/clock.ts'
import { explainDecision, shownDecision } from '../model/decision.ts'
import { nearestName } from '../model/nearest-name.ts'
import type { OutletAnswer, Why, WhyAnswer } from '../site/facade.ts'
import { stateFolderOf, type CliContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { machineTimezone, parseMoment, writeMoment, writeMomentBeside } from './moment.ts'
import { single, UsageError } from './options.ts'
import { readSiteFile } from './site-file.ts'
import { oneLine } from './text.ts'

interface WhyOptions {
  readonly at?: string
  readonly state?: string
  readonly config?: string
  readonly json?: boolean
}

const MOST_NAMES = 30

export function addWhyCommand(program: Command, context: CliContext): void {
  program
    .command('why')
    .summary('tell why a charger gets the current it gets')
    .description(
      'Tells in a sentence what bounds the current of a connector, now or at any past moment that is still stored, and what was before. ' +
        'It only reads; the bridge may go on running, and where none runs the answer says so.',
    )
    .argument(
      '<station[/evse]>',
      'the station as the CSMS knows it, and its connector; all of them where none is named',
    )
    .addOption(
      single(
        '--at <time>',
        'when: 2026-11-22 18:05, 18:05 for today, or with an offset (default: the newest that is stored)',
      ),
    )
    .addOption(single('--state <folder>', 'where the ledger is kept; without it systemd’s $STATE_DIRECTORY'))
    .addOption(single('--config <file>', 'the site file: times are those of its time zone'))
    .option('--json', 'print the answer as JSON')
    .action((place: string, options: WhyOptions) => tellWhy(place, options, context))
}

async function tellWhy(place: string, options: WhyOptions, context: CliContext): Promise<void> {
  const stateFolder = stateFolderOf(context, options.state)
  if (stateFolder === null) throw new UsageError('--state FOLDER is missing')
  const config = options.config === undefined ? null : await readConfig(context, options.config, stateFolder)
  const timezone = config?.timezone ?? machineTimezone()
  const now = systemClock.now()
  const at = options.at === undefined ? now : parseMoment(options.at, now, timezone)

  const { askWhy } = await import('../site/facade.ts')
  // a station may have a slash in its name
  const whole = await askWhy(stateFolder, { stationId: place, evse: null, at })
  const [, stationId = place, evse] = /^(.+)\/(\d{1,4})$/.exec(place) ?? []
  const answer =
    whole.outlets.length > 0 || evse === undefined
      ? whole
      : await askWhy(stateFolder, { stationId, evse: Number(evse), at })
  const names = namesOf(answer, config)
  // what held at a moment that is named did so whether a bridge runs now or not
  const bridgeRuns = options.at === undefined ? answer.bridgeRuns : undefined
  if (answer.outlets.length === 0) throw new UsageError(unknownPlace(place, stationId, names))

  if (options.json === true)
    context.out(
      JSON.stringify(
        answer.outlets.map((outlet) => asJson(outlet, bridgeRuns)),
        null,
        2,
      ),
    )
  else
    context.out(
      answer.outlets
        .flatMap((outlet) => linesOf(outlet, at, timezone, bridgeRuns === false))
        .map(oneLine)
        .join('\n'),
    )
  if (answer.outlets.every(({ why }) => why === null)) context.exitCode = EXIT.failure
}

async function readConfig(context: CliContext, file: string, stateFolder: string): Promise<SiteConfig> {
  const { result } = await readSiteFile(context, file, stateFolder)
  if (result.config === null) throw problemsAsError(result.problems)
  return result.config
}

/** `CP-001/1`, and the stations of the site file of which nothing is stored yet. */
function namesOf({ known }: WhyAnswer, config: SiteConfig | null): readonly string[] {
  const stored = new Set(known.map(({ stationId }) => stationId))
  const others = (config?.stations ?? []).map(({ id }) => id).filter((id) => !stored.has(id))
  return [...known.map(({ stationId, evse }) => `${stationId}/${evse}`), ...others]
}

function unknownPlace(place: string, stationId: string, names: readonly string[]): string {
  if (names.includes(place) || names.includes(stationId)) return `nothing is stored of ${place} yet`
  if (names.length === 0) return 'nothing is stored in this folder yet'
  const nearest = nearestName(place, [...names, ...names.map((name) => name.replace(/\/\d+$/, ''))])
  const meant = nearest === null ? '.' : `; did you mean ${nearest}?`
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : ''
  return `there is no ${place}${meant} Known: ${names.slice(0, MOST_NAMES).join(', ')}${more}`
}

/** @param isStale no bridge runs that would decide anew */
function linesOf(
  { stationId, evse, why }: OutletAnswer,
  at: number,
  timezone: string,
  isStale: boolean,
): readonly string[] {
  const name = `${stationId}/${evse}`
  if (why === null) return [`${name}: nothing is stored of ${writeMoment(at, timezone)} or before`]
  const { decision, sentence, ampsSince, before } = why
  const stale = isStale
    ? ` (no bridge runs on this folder now; decided last, ${writeMoment(decision.at, timezone)})`
    : ''
  const since = writeMoment(ampsSince, timezone)
  const reason =
    decision.at === ampsSince ? '' : `, for this reason since ${writeMomentBeside(decision.at, ampsSince, timezone)}`
  const session = decision.sessionId === null ? '' : `, session ${decision.sessionId}`
  return [
    `${name}${stale}: ${sentence}`,
    `  since ${since}${reason}${session}`,
    ...measuredLine(why),
    ...before.map((one, index) => {
      const when = writeMomentBeside(one.at, ampsSince, timezone)
      return `  ${index === 0 ? 'before' : '      '}  ${when}  ${explainDecision(one)}`
    }),
  ]
}

function measuredLine({ building }: Why): readonly string[] {
  if (building === null) return []
  const { circuitId, meanAmps, highestAmps } = building
  const words = (amps: typeof meanAmps): string => [amps.L1, amps.L2, amps.L3].map((one) => one.toFixed(1)).join(', ')
  return [
    `  measured in that minute: the building on circuit ${circuitId} took ${words(meanAmps)} A on L1, L2, L3 (at most ${words(highestAmps)} A)`,
  ]
}

/** @param bridgeRuns undefined: a moment was named, and it says nothing of that */
function asJson({ stationId, evse, why }: OutletAnswer, bridgeRuns: boolean | null | undefined): object {
  const running = bridgeRuns === undefined ? {} : { bridgeRuns }
  if (why === null) return { stationId, evse, ...running, decision: null }
  const { decision, ampsSince, building, before } = why
  return {
    stationId,
    evse,
    ...running,
    since: new Date(ampsSince).toISOString(),
    decision: shownDecision(decision),
    building: building === null ? null : { ...building, at: new Date(building.at).toISOString() },
    before: before.map(shownDecision),
  }
}
