/** The built page in a real browser (Debian's chromium), against the real API. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startApi } from '../../src/api/server.ts'
import type { RunningApi } from '../../src/api/server.ts'
import { systemClock } from '../../src/model/clock.ts'
import { silentLog } from '../../src/site/log.ts'
import { FakeSite } from '../api/fake-site.ts'
import { sampleEvse, sampleSite, sampleStation } from '../api/sample-site.ts'
import { describeWithPeers, peer } from '../peers/require-peer.ts'

const CHROMIUM = '/usr/bin/chromium'
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

describeWithPeers('the page in a browser', [peer('chromium', [CHROMIUM, '--version'])], () => {
  let folder = ''
  let browser: Browser
  let site: FakeSite
  let api: RunningApi
  let page: Page
  let complaints: string[]

  const startSite = (port: number): Promise<RunningApi> =>
    startApi(site, { host: '127.0.0.1', port, log: silentLog, clock: systemClock, webFolder: folder })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ampbridge-page-'))
    await build({ logLevel: 'error', build: { outDir: folder, emptyOutDir: true } })
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    site = new FakeSite()
    api = await startSite(0)
    page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('ERR_')) complaints.push(message.text())
    })
  })

  afterEach(async () => {
    await page.close()
    await api.close()
    expect(complaints).toEqual([])
  })

  test('says what happens, circuits and chargers with their set-points, on a phone', async () => {
    await page.goto(api.url)
    await page.getByRole('heading', { name: '3 of 4 cars charge; house (63 A) is the limit on L2.' }).waitFor()
    await page.getByRole('img', { name: 'L2: 61.8 of 63 A; building 33.1 A, cars 28.7 A' }).waitFor()
    const keba = page.getByRole('article', { name: 'CP-001: Charging' })
    await keba.getByRole('img', { name: 'L3: measured 8.8 A, set-point 9.0 A' }).waitFor()
    await keba.getByText('Why 9 A? circuit house, phase L2').waitFor()
    await page.getByText('CSMS operator: not reachable, 3 messages wait').waitFor()
    const width = await page.evaluate('document.documentElement.scrollWidth')
    expect(width).toBe(390)
  })

  test('follows what changes, and shows text of devices as text', async () => {
    await page.goto(api.url)
    await page.getByRole('article').first().waitFor()
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    site.current = sampleSite({
      name: hostile,
      stations: [
        sampleStation('CP-001', {
          problem: hostile,
          evses: [sampleEvse({ status: 'faulted', fault: { code: 'F9', kind: 'OtherError', text: hostile } })],
        }),
      ],
      alarms: [{ since: 0, kind: 'meter-silent', about: 'grid', text: hostile }],
    })
    site.event({ kind: 'station-fault', code: 'X', text: hostile, stationId: 'CP-001', at: 0 })
    site.frame(`[2,"1","${hostile.replaceAll('"', '')}",{}]`)
    await page.getByRole('article', { name: 'CP-001: Fault' }).waitFor()
    await page.getByRole('alert').getByText(hostile).waitFor()
    await expect.poll(() => page.locator('.rows > li').count()).toBe(2)
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.title()).toBe('ampbridge')
  })

  test('members of a station are chargers with its connector numbers and its session', async () => {
    site.current = sampleSite({
      stations: [
        sampleStation('BAY-1', { stationId: 'GARAGE' }),
        sampleStation('BAY-2', { stationId: 'GARAGE', evses: [sampleEvse({ evse: 2, status: 'available' })] }),
      ],
    })
    await page.goto(api.url)
    const second = page.getByRole('article', { name: /^BAY-2: / })
    await second.getByText('connector 2 of GARAGE').waitFor()
    expect(await page.getByRole('combobox', { name: 'Station' }).getByRole('option').allTextContents()).toEqual([
      'all',
      'GARAGE',
    ])
  })

  test('OCPP messages: arrow, action, answer, latency, payload on demand, filter, pause', async () => {
    await page.goto(api.url)
    await page.getByRole('article').first().waitFor()
    site.frame('[2,"a","RemoteStartTransaction",{"idTag":"APP-ANNA"}]', { about: 'CP-002', direction: 'received' })
    site.frame('[3,"a",{"status":"Accepted"}]', { about: 'CP-002', direction: 'sent', at: sampleSite().at + 23 })
    site.frame('[2,"b","Heartbeat",{}]')
    const row = page.locator('summary', { hasText: 'RemoteStartTransaction' })
    await row.getByRole('img', { name: 'from the CSMS' }).waitFor()
    await row.getByText('Accepted').waitFor()
    await row.getByText('23 ms').waitFor()
    await row.click()
    await page.getByText('"idTag": "APP-ANNA"').waitFor()

    await page.getByLabel('Station').selectOption('CP-001')
    await expect.poll(() => page.locator('.rows > li').count()).toBe(1)
    await page.getByLabel('Station').selectOption('')
    await page.getByRole('button', { name: 'Pause' }).click()
    site.frame('[2,"c","Heartbeat",{}]')
    site.event({ kind: 'reset', type: 'soft', stationId: 'CP-001', at: 0 })
    // Register frames come only now, and over a new stream: what was sent before has arrived by then.
    await page.getByRole('button', { name: 'Registers' }).click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(() => page.locator('.rows > li').count()).toBe(4)
    site.registers('01 04 00 06')
    await page.getByText('01 04 00 06').waitFor()
  })

  test('says that it is connecting, tells when the connection is lost, comes back by itself', async () => {
    const port = Number(new URL(api.url).port)
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/api/v1/stream*', async (route) => {
      await held
      await route.continue()
    })
    await page.goto(api.url)
    await page.getByText('Connecting to the bridge…').waitFor()
    release()
    await page.getByText('live').waitFor()
    await page.unroute('**/api/v1/stream*')
    await api.close()
    await page.getByText(/connection lost; values of/).waitFor()
    site.current = sampleSite({ stations: [] })
    api = await startSite(port)
    await page.getByText('No car is plugged in.').waitFor()
    await page.getByText('live').waitFor()
  })
})
