/** A site with a charger behind a login, over real sockets: the charger hears the password, and nobody else. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startApi } from '../../src/api/server.ts'
import { loadSiteText } from '../../src/config/load-site-file.ts'
import { systemClock } from '../../src/model/clock.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { startSite } from '../../src/site/start-site.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'

const PASSWORD = 'hush: @/?&%'
const BASIC = Buffer.from(`admin:${PASSWORD}`).toString('base64')
/** As it is, as a browser writes it in an address, as Basic carries it. */
const FORMS = [PASSWORD, encodeURIComponent(PASSWORD), BASIC, 'hush']

/** Answers as the charger to whoever knows the password. */
async function lockedBox(password: string): Promise<{ readonly port: number; readonly entered: () => number }> {
  let entered = 0
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const isRight = request.headers.authorization === `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
    if (isRight) entered += 1
    const status = {
      sse: '123456',
      fwv: '56.2',
      car: 1,
      err: 0,
      alw: true,
      amp: 16,
      ama: 16,
      mca: 6,
      psm: 2,
      eto: 5000,
      wh: 0,
    }
    response.writeHead(isRight ? 200 : 401, isRight ? {} : { 'WWW-Authenticate': 'Basic realm="box"' })
    response.end(isRight ? JSON.stringify({ ...status, nrg: Array.from({ length: 16 }, () => 0), fhz: 50 }) : 'no')
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const bound = server.address()
  return { port: typeof bound === 'object' && bound !== null ? bound.port : 0, entered: () => entered }
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await new Promise((resolve) => setTimeout(resolve, 20))
}

it.each([
  ['right', PASSWORD],
  ['wrong', 'another one'],
])('the password is %s: it stands in no log line, snapshot, trace, alarm or answer of the API', async (_, ofBox) => {
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-login-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets/box'), `${PASSWORD}\n`, { mode: 0o600 })
  const box = await lockedBox(ofBox)
  const registry = createRegistry()
  const { config, problems } = await loadSiteText(
    `circuits: {house: {limit: 63 A}}
stations:
  A:
    mapping: go-e-http
    connect: http://127.0.0.1:${box.port}
    login: {user: admin, password: {secret: box}}
    circuit: house
    authorize: free
`,
    join(folder, 'site.yaml'),
    { addresses: registry.addresses },
  )
  expect(problems).toEqual([])
  const told: string[] = [JSON.stringify(config)]
  const note = (facts: object, line: string): void => void told.push(`${JSON.stringify(facts)} ${line}`)
  const log = { info: note, warn: note, error: note }
  const site = await startSite(config!, {
    registry,
    stateFolder: folder,
    log,
    pollMs: 100,
    fullPollMs: 100,
    ledger: new MemoryLedger().process().ledger,
  })
  onTestFinished(() => site.stop())
  site.onEvent((event) => void told.push(JSON.stringify(event)))
  const traces: string[] = []
  site.onTrace((trace) => void traces.push(JSON.stringify(trace)))
  const api = await startApi(site, { host: '127.0.0.1', port: 0, log, clock: systemClock })
  onTestFinished(() => api.close())

  const isOnline = (): boolean => site.snapshot().stations[0]?.online === true
  await until(() => traces.length >= 6 && (ofBox === PASSWORD ? isOnline() : site.snapshot().alarms.length > 0))
  expect(box.entered() > 0).toBe(ofBox === PASSWORD)
  for (const path of ['site', 'trend']) told.push(await (await fetch(`${api.url}/api/v1/${path}`)).text())
  told.push(JSON.stringify(site.snapshot()), ...traces)
  // what is looked through is not empty: the trace shows requests as texts
  expect(traces.join('\n')).toContain('GET /api/status')
  expect(told.join('\n')).toContain(ofBox === PASSWORD ? '"online":true' : 'HTTP 401')
  for (const form of FORMS) expect(told.join('\n')).not.toContain(form)
})
