/** Firmware management, diagnostics, remote trigger. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFileServer } from './file-server.ts'
import { openStage } from './open-stage.ts'
import type { Stage } from './stage.ts'

const FIRMWARE = Buffer.from('a new firmware')

/** A program that installs, and says how it went by its exit code. */
const installs = (exitCode: number) => ({
  site: (folder: string) => `firmware: {hook: ${join(folder, 'install')}}`,
  prepare: async (folder: string) => {
    await writeFile(join(folder, 'install'), `#!/bin/sh\ncp "$1" "${folder}/installed"\nexit ${exitCode}\n`)
    await chmod(join(folder, 'install'), 0o755)
  },
})

describe.concurrent('firmware', () => {
  test('TC_044_1_CS Firmware update: downloaded, installed, told step by step', async (context) => {
    const stage = await openStage(context, installs(0))
    const files = await openFileServer(context)
    files.offered.set('/firmware.bin', FIRMWARE)
    const order = { location: `${files.url}firmware.bin`, retrieveDate: stage.now() }
    expect(await stage.ask('UpdateFirmware', order)).toEqual({})
    await stage.hears('FirmwareStatusNotification Downloading')
    await stage.hearsAmongOthers('FirmwareStatusNotification Downloaded')
    await stage.hearsAmongOthers('FirmwareStatusNotification Installing')
    await stage.hearsAmongOthers('FirmwareStatusNotification Installed')
    await stage.until('in service again', () => statusOf(stage) === 'Available')
  })

  test('TC_044_1_CS Firmware update: waits until the running session is over', async (context) => {
    const stage = await openStage(context, installs(0))
    const files = await openFileServer(context)
    files.offered.set('/firmware.bin', FIRMWARE)
    const transactionId = await stage.charging()
    await stage.ask('UpdateFirmware', { location: `${files.url}firmware.bin`, retrieveDate: stage.now() })
    await stage.hears('FirmwareStatusNotification Downloading', 'FirmwareStatusNotification Downloaded')
    await stage.seconds(30)
    expect(stage.charger().car.drawnAmps).toBeGreaterThan(0)
    await stage.ask('RemoteStopTransaction', { transactionId })
    await stage.hearsAmongOthers('FirmwareStatusNotification Installed')
  })

  test('TC_044_2_CS Firmware update, download fails: tried as often as asked, then told', async (context) => {
    const stage = await openStage(context, installs(0))
    const files = await openFileServer(context)
    const order = { location: `${files.url}missing.bin`, retrieveDate: stage.now(), retries: 2, retryInterval: 10 }
    expect(await stage.ask('UpdateFirmware', order)).toEqual({})
    await stage.hears('FirmwareStatusNotification Downloading', 'FirmwareStatusNotification DownloadFailed')
    await stage.quiet(30)
  })

  test('TC_044_3_CS Firmware update, installation fails: told, and in service again', async (context) => {
    const stage = await openStage(context, installs(1))
    const files = await openFileServer(context)
    files.offered.set('/firmware.bin', FIRMWARE)
    await stage.ask('UpdateFirmware', { location: `${files.url}firmware.bin`, retrieveDate: stage.now() })
    await stage.hears('FirmwareStatusNotification Downloading')
    await stage.hearsAmongOthers('FirmwareStatusNotification Downloaded')
    await stage.hearsAmongOthers('FirmwareStatusNotification Installing')
    await stage.hearsAmongOthers('FirmwareStatusNotification InstallationFailed')
    await stage.until('in service again', () => statusOf(stage) === 'Available')
  })
})

describe.concurrent('diagnostics', () => {
  test('TC_045_1_CS Diagnostics: a file under the name that was answered', async (context) => {
    const stage = await openStage(context)
    const files = await openFileServer(context)
    const { fileName } = await stage.ask('GetDiagnostics', { location: files.url, retries: 1, retryInterval: 10 })
    await stage.hears('DiagnosticsStatusNotification Uploading', 'DiagnosticsStatusNotification Uploaded')
    expect(files.received.get(`/${String(fileName)}`)?.length).toBeGreaterThan(100)
  })

  test('TC_045_2_CS Diagnostics, upload fails: told after the retries', async (context) => {
    const stage = await openStage(context)
    const nobody = 'http://127.0.0.1:9/'
    await stage.ask('GetDiagnostics', { location: nobody, retries: 2, retryInterval: 10 })
    await stage.hears('DiagnosticsStatusNotification Uploading', 'DiagnosticsStatusNotification UploadFailed')
    await stage.quiet(20)
  })
})

describe.concurrent('remote trigger', () => {
  test('TC_054_CS Trigger message: accepted first, then the message', async (context) => {
    const stage = await openStage(context, installs(0))
    for (const [requestedMessage, message] of [
      ['MeterValues', 'MeterValues'],
      ['Heartbeat', 'Heartbeat'],
      ['StatusNotification', 'StatusNotification 1 Available'],
      ['DiagnosticsStatusNotification', 'DiagnosticsStatusNotification Idle'],
      ['FirmwareStatusNotification', 'FirmwareStatusNotification Idle'],
    ] as const) {
      const connector = message.includes('1') || requestedMessage === 'MeterValues' ? { connectorId: 1 } : {}
      await stage.ask('TriggerMessage', { requestedMessage, ...connector })
      await stage.hears('TriggerMessage.conf Accepted', message)
    }
  })

  test('TC_054_CS Trigger message: the boot again, without a reset', async (context) => {
    const stage = await openStage(context)
    await stage.ask('TriggerMessage', { requestedMessage: 'BootNotification' })
    await stage.hears('TriggerMessage.conf Accepted', 'BootNotification')
    expect(stage.heardAt.filter(({ action }) => action === 'BootNotification')).toHaveLength(2)
  })

  test('TC_055_CS Trigger message for a connector that does not exist: rejected', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 5 })).toEqual({
      status: 'Rejected',
    })
    await stage.quiet(10)
  })
})

function statusOf(stage: Stage): unknown {
  return stage.all('StatusNotification').findLast(({ connectorId }) => connectorId === 1)?.['status']
}
