/** Builds what a conformance case plays on, from a site file's text. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type TestContext } from 'vitest'
import { loadSiteText } from '../../src/config/load-site-file.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { startSite } from '../../src/site/facade.ts'
import { every, memoryLog, registry } from '../chain/chain.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { type Reaction, type StationCall, startScriptedCsms } from '../peers/scripted-csms.ts'
import { Charger, type ChargerKind, chargerMapping } from './charger.ts'
import { Stage, STATION } from './stage.ts'

const SPEED = 60

export interface StageOptions {
  readonly authorize?: 'card' | 'free' | 'remote'
  /** Configuration keys before the case begins. */
  readonly keys?: Readonly<Record<string, string | number | boolean>>
  readonly charger?: ChargerKind
  /** Connectors of the station, each one a box; one by default. */
  readonly connectors?: number
  /** Lines of YAML below the upstream. */
  readonly upstream?: string
  /** Sections of YAML of the site file, which lies in `folder`. */
  readonly site?: (folder: string) => string
  /** Puts more files into the folder of the site file. */
  readonly prepare?: (folder: string) => Promise<void>
  /** Answers of the CSMS that differ from the friendly ones. */
  readonly react?: (call: StationCall, stage: Stage) => Reaction | undefined
  readonly csms?: Parameters<typeof startScriptedCsms>[0]
  /** False: the case itself looks at the boot. */
  readonly booted?: boolean
}

/** Builds charger, CSMS and bridge; all end with the test. */
export async function openStage({ onTestFinished }: TestContext, options: StageOptions = {}): Promise<Stage> {
  const { authorize = 'card', charger = 'socket', connectors = 1, booted = true } = options
  const clock = new FastClock(SPEED)
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  const ending = new AsyncDisposableStack()
  onTestFinished(() => ending.disposeAsync())
  ending.defer(() => rm(folder, { recursive: true }))
  ending.defer(() => clock.stop())

  await writeFile(join(folder, 'charger.yaml'), chargerMapping(charger))
  await options.prepare?.(folder)
  const chargers: Charger[] = []
  for (let connector = 1; connector <= connectors; connector++) {
    const opened = await Charger.open(charger, clock)
    ending.defer(() => opened.close())
    ending.defer(every(clock, 250, () => opened.car.tick()))
    chargers.push(opened)
  }

  const csms = await startScriptedCsms(options.csms)
  ending.defer(() => csms.close())
  const text = siteText({ ...options, authorize }, chargers, csms.url, folder)
  const log = memoryLog()
  const stage = new Stage({
    clock,
    csms,
    chargers,
    folder,
    start: async () => {
      const { config, problems } = await loadSiteText(text, join(folder, 'site.yaml'), {
        addresses: registry.addresses,
      })
      if (config === null) throw new Error(problems.map(formatProblem).join('\n'))
      return startSite(config, { registry, stateFolder: join(folder, 'state'), log, clock, random: () => 0.5 })
    },
  })
  csms.react((call) => {
    stage.heardAt.push({ action: call.action, at: clock.monotonic() })
    return options.react?.(call, stage) ?? friendly(call, stage)
  })
  ending.defer(() => {
    // Whatever the case was about: no internal fault.
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
  ending.defer(() => stage.powerDown())
  await stage.powerUp()
  if (booted) await stage.idle()
  return stage
}

/** The CSMS lives in the station's fast time. */
function friendly(call: StationCall, stage: Stage): Reaction | undefined {
  const { action, payload } = call
  if (action === 'BootNotification') return { answer: { status: 'Accepted', currentTime: stage.now(), interval: 3600 } }
  if (action === 'Heartbeat') return { answer: { currentTime: stage.now() } }
  const info = stage.tokens.get(String(payload['idTag']))
  if (info === undefined) return undefined
  if (action === 'Authorize') return { answer: { idTagInfo: info } }
  if (action !== 'StartTransaction') return undefined
  const transactionId = 1000 + stage.csms.transactions.length - 1
  return { answer: { transactionId, idTagInfo: info } }
}

function siteText(
  options: StageOptions & { readonly authorize: string },
  chargers: readonly Charger[],
  csmsUrl: string,
  folder: string,
): string {
  const { authorize, keys = {}, upstream = 'security-profile: 0', site } = options
  const startValues = JSON.stringify({ MeterValueSampleInterval: 60, MinimumStatusDuration: 0, ...keys })
  const conversation = `authorize: ${authorize}, upstream: operator, start-values: ${startValues}`
  const [only] = chargers
  const stations =
    chargers.length === 1 && only !== undefined
      ? [`${STATION}: {${place(only)}, ${conversation}}`]
      : [
          ...chargers.map((charger, index) => `BOX-${index + 1}: {${place(charger)}}`),
          `${STATION}: {members: [${chargers.map((_, index) => `BOX-${index + 1}`).join(', ')}], ${conversation}}`,
        ]
  return `site: {name: Conformance, timezone: Europe/Zurich}
circuits: {house: {limit: 125 A}}
stations:
${stations.map((line) => `  ${line}`).join('\n')}
upstreams:
  operator:
    url: "${csmsUrl}"
    ocpp: "1.6"
${upstream.trim().replaceAll(/^ */gm, '    ')}
${site?.(folder) ?? ''}
`
}

function place({ url }: Charger): string {
  return `mapping: ./charger.yaml, connect: "${url}", circuit: house, phases: L1L2L3`
}
