/** Logs that go to the CSMS's server and firmware that comes from it, by real sockets, a real archive and a real program. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until } from './chain.ts'
import { Garage } from './garage.ts'

interface FileServer {
  readonly url: string
  readonly received: Map<string, Buffer>
}

let folder: string
let listening: Server
let files: FileServer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ampbridge-files-'))
  const received = new Map<string, Buffer>()
  listening = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method !== 'GET') received.set(request.url ?? '', Buffer.concat(chunks))
      response.end(request.method === 'GET' ? 'the new firmware' : '')
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  files = { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, received }
})
afterEach(() => {
  listening.close()
  rmSync(folder, { recursive: true })
})

/** Names of the files in a zip archive, from its central directory (APPNOTE 4.3.12). */
function namesIn(zip: Buffer): readonly string[] {
  const names: string[] = []
  const mark = Buffer.from([0x50, 0x4b, 0x01, 0x02])
  for (let at = zip.indexOf(mark); at !== -1; at = zip.indexOf(mark, at + 4))
    names.push(zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)))
  return names
}

it('GetDiagnostics: the bundle goes to the server beside the CSMS', async () => {
  const garage = await Garage.open()
  const answer = await garage.ask('GetDiagnostics', { location: `${files.url}/diagnostics/` })
  expect(answer).toMatchObject({ fileName: expect.stringMatching(/^ampbridge-garage-.*\.zip$/) })
  await garage.hears('DiagnosticsStatusNotification', { status: 'Uploading' })
  await garage.hears('DiagnosticsStatusNotification', { status: 'Uploaded' })
  const [[path, zip] = ['', Buffer.alloc(0)]] = files.received
  expect(path).toBe(`/diagnostics/${(answer as { readonly fileName: string }).fileName}`)
  expect(namesIn(zip)).toEqual(
    expect.arrayContaining(['log.txt', 'ocpp-frames.txt', 'registers.txt', 'configuration.json', 'events.csv']),
  )
})

it('UpdateFirmware: the site’s program gets the file, and the station shows itself anew', async () => {
  const program = join(folder, 'install')
  writeFileSync(program, `#!/bin/sh\ncp "$1" ${folder}/installed\n`)
  chmodSync(program, 0o755)
  const garage = await Garage.open({ also: `firmware: {hook: ${program}}` })
  const from = garage.mark()
  const order = { location: `${files.url}/firmware.bin`, retrieveDate: new Date(garage.clock.now()).toISOString() }
  expect(await garage.ask('UpdateFirmware', order)).toEqual({})
  for (const status of ['Downloading', 'Downloaded', 'Installing', 'Installed'])
    await garage.hears('FirmwareStatusNotification', { status }, from)
  expect(readFileSync(join(folder, 'installed'), 'utf8')).toBe('the new firmware')
  await garage.hears('BootNotification', {}, from)
})

it('an address that nobody named is not asked, whatever the CSMS says', async () => {
  const garage = await Garage.open()
  const { port } = new URL(files.url)
  await garage.ask('GetDiagnostics', { location: `http://169.254.169.254:${port}/latest/` })
  await garage.hears('DiagnosticsStatusNotification', { status: 'UploadFailed' })
  await until('a reason in the log', () => garage.log.lines.some(({ text }) => text.includes('TRANSFER_REFUSED')))
  expect(files.received.size).toBe(0)
})
