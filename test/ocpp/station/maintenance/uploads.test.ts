import { describe, expect, test } from 'vitest'
import { BridgeError } from '../../../../src/model/errors.ts'
import { MemoryFiles } from '../memory-files.ts'
import { Rig } from '../rig.ts'

const WHERE = 'ftp://files.example.com/logs/'

function statusesOf(rig: Rig, action: string): readonly unknown[] {
  return rig.csms.of(action).map(({ payload }) => payload['status'])
}

describe('GetDiagnostics (OCPP 1.6 §4.4, §5.9)', () => {
  test('the name is answered, then it uploads and says so', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    expect(await rig.request('GetDiagnostics', { location: WHERE })).toEqual({ fileName: 'diagnostics.zip' })
    await rig.clock.advance(1000)
    expect(statusesOf(rig, 'DiagnosticsStatusNotification')).toEqual(['Uploading', 'Uploaded'])
    expect(files.uploaded).toEqual([`${WHERE} collected-1 diagnostics.zip`])
    expect([...files.lying]).toEqual([])
  })

  test('the span that was asked for is collected', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    const span = { startTime: '2026-03-01T00:00:00Z', stopTime: '2026-03-02T00:00:00Z' }
    await rig.request('GetDiagnostics', { location: WHERE, ...span })
    await rig.clock.advance(1000)
    expect(files.collected[0]).toMatchObject({ from: Date.parse(span.startTime), to: Date.parse(span.stopTime) })
  })

  test('a failure is told, and nothing is left behind', async () => {
    const files = new MemoryFiles()
    files.transferFault = new BridgeError('TRANSFER_FAILED', 'files.example.com: connection refused')
    const rig = await Rig.start({ files })
    await rig.request('GetDiagnostics', { location: WHERE })
    await rig.clock.advance(1000)
    expect(statusesOf(rig, 'DiagnosticsStatusNotification')).toEqual(['Uploading', 'UploadFailed'])
    expect([...files.lying]).toEqual([])
    expect(rig.happened('station-fault')).toMatchObject([{ code: 'TRANSFER_FAILED' }])
  })

  test('what happens while the CSMS is away is told when it is back', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    const uploading = Promise.withResolvers<void>()
    files.gate = uploading.promise
    await rig.request('GetDiagnostics', { location: WHERE })
    await rig.clock.advance(1000)
    rig.csms.goDown()
    uploading.resolve()
    await rig.clock.advance(1000)
    rig.csms.goUp()
    await rig.clock.advance(1000)
    expect(statusesOf(rig, 'DiagnosticsStatusNotification')).toEqual(['Uploading', 'Uploaded'])
  })

  test('without a place for files it is not supported', async () => {
    const rig = await Rig.start()
    await expect(rig.request('GetDiagnostics', { location: WHERE })).rejects.toMatchObject({ code: 'NotSupported' })
  })
})

const order = (requestId: number, logType = 'SecurityLog') => ({
  logType,
  requestId,
  log: { remoteLocation: WHERE },
})

describe('GetLog (security whitepaper N01)', () => {
  test('the security log goes up under its request id', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    expect(await rig.request('GetLog', order(7))).toEqual({ status: 'Accepted', filename: 'security.zip' })
    await rig.clock.advance(1000)
    expect(rig.csms.of('LogStatusNotification').map(({ payload }) => payload)).toEqual([
      { status: 'Uploading', requestId: 7 },
      { status: 'Uploaded', requestId: 7 },
    ])
  })

  test('a newer request takes the place of one that runs', async () => {
    const files = new MemoryFiles()
    files.gate = Promise.withResolvers<void>().promise
    const rig = await Rig.start({ files })
    await rig.request('GetLog', order(1, 'DiagnosticsLog'))
    await rig.clock.advance(1000)
    files.gate = null
    expect(await rig.request('GetLog', order(2))).toMatchObject({ status: 'AcceptedCanceled' })
    await rig.clock.advance(1000)
    expect(files.uploaded).toHaveLength(1)
    expect(rig.csms.of('LogStatusNotification').at(-1)?.payload).toEqual({ status: 'Uploaded', requestId: 2 })
    expect([...files.lying]).toEqual([])
  })

  test('a place that may not be written to is no place to try again', async () => {
    const files = new MemoryFiles()
    files.transferFault = new BridgeError('TRANSFER_REFUSED', '127.0.0.1: an address of this machine')
    const rig = await Rig.start({ files })
    await rig.request('GetLog', order(3))
    await rig.clock.advance(1000)
    expect(statusesOf(rig, 'LogStatusNotification')).toEqual(['Uploading', 'NotSupportedOperation'])
  })
})

describe('what a trigger is told', () => {
  test('Idle when nothing runs, the status of what runs otherwise', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    await rig.request('TriggerMessage', { requestedMessage: 'DiagnosticsStatusNotification' })
    await rig.clock.advance(100)
    expect(statusesOf(rig, 'DiagnosticsStatusNotification')).toEqual(['Idle'])
    files.gate = Promise.withResolvers<void>().promise
    await rig.request('GetDiagnostics', { location: WHERE })
    await rig.clock.advance(100)
    await rig.request('TriggerMessage', { requestedMessage: 'DiagnosticsStatusNotification' })
    await rig.clock.advance(100)
    expect(statusesOf(rig, 'DiagnosticsStatusNotification')).toEqual(['Idle', 'Uploading', 'Uploading'])
    await rig.request('ExtendedTriggerMessage', { requestedMessage: 'LogStatusNotification' })
    await rig.clock.advance(100)
    expect(statusesOf(rig, 'LogStatusNotification')).toEqual(['Idle'])
  })
})
