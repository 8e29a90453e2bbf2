import { describe, expect, test } from 'vitest'
import { BridgeError } from '../../../../src/model/errors.ts'
import { MemoryAccess } from '../memory-access.ts'
import { MemoryFiles } from '../memory-files.ts'
import { Rig } from '../rig.ts'

const WHERE = 'https://files.example.com/firmware.bin'
const CHARGING = { pilot: 'C', measuredAmps: [16, 16, 16], powerW: 11_000 } as const

function order(rig: Rig, delayMs = 0): object {
  return { location: WHERE, retrieveDate: new Date(rig.clock.now() + delayMs).toISOString() }
}

function signedOrder(rig: Rig, requestId = 5, installInMs: number | null = null): object {
  const at = (ms: number): string => new Date(rig.clock.now() + ms).toISOString()
  return {
    requestId,
    firmware: {
      location: WHERE,
      retrieveDateTime: at(0),
      ...(installInMs === null ? {} : { installDateTime: at(installInMs) }),
      signingCertificate: 'PEM',
      signature: 'c2ln',
    },
  }
}

/** Each message once: one whose answer was lost with the line is sent again. */
function statuses(rig: Rig, action = 'FirmwareStatusNotification'): readonly unknown[] {
  const told = new Map(rig.csms.of(action).map(({ messageId, payload }) => [messageId, payload['status']]))
  return [...told.values()]
}

describe('UpdateFirmware (OCPP 1.6 §4.5, §5.19)', () => {
  test('fetched, installed by the site’s program, and the station shows itself anew', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    expect(await rig.request('UpdateFirmware', order(rig))).toEqual({})
    await rig.clock.advance(10_000)
    expect(statuses(rig)).toEqual(['Downloading', 'Downloaded', 'Installing', 'Installed'])
    expect(files.installed).toMatchObject([{ sha256: 'ab' }])
    expect([...files.lying]).toEqual([])
    expect(rig.csms.of('BootNotification')).toHaveLength(2)
  })

  test('not before its time', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    await rig.request('UpdateFirmware', order(rig, 3_600_000))
    await rig.clock.advance(3_500_000)
    expect(files.installed).toEqual([])
    // Idle is for who asks (§4.5), and of what it waits for OCPP 1.6 has no word.
    expect(statuses(rig)).toEqual([])
    await rig.request('TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' })
    expect(statuses(rig)).toEqual(['Idle'])
    await rig.clock.advance(200_000)
    expect(files.installed).toHaveLength(1)
  })

  test('waits until nobody charges, and lets nobody begin meanwhile', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files, evses: 2 })
    await rig.poll(CHARGING)
    await rig.request('UpdateFirmware', order(rig))
    await rig.clock.advance(60_000)
    expect(statuses(rig)).toEqual(['Downloading', 'Downloaded'])
    expect(rig.csms.statuses(2).at(-1)).toBe('Unavailable')
    await rig.poll({ ...CHARGING, evse: 2 })
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    await rig.unplug()
    await rig.clock.advance(10_000)
    expect(statuses(rig)).toEqual(['Downloading', 'Downloaded', 'Installing', 'Installed'])
    await rig.poll({ ...CHARGING, evse: 2 })
    expect(rig.csms.of('StartTransaction')).toHaveLength(2)
  })

  test.each([
    ['download', 'DownloadFailed'],
    ['installation', 'InstallationFailed'],
  ])('a %s that fails is told, and the station goes on as it was', async (what, status) => {
    const files = new MemoryFiles()
    if (what === 'download') files.transferFault = new BridgeError('TRANSFER_FAILED', 'reset by peer')
    else files.outcome = { installed: false, reason: 'wrong hardware revision' }
    const rig = await Rig.start({ files })
    await rig.poll({ pilot: 'A' })
    await rig.request('UpdateFirmware', order(rig))
    await rig.clock.advance(10_000)
    expect(statuses(rig).at(-1)).toBe(status)
    expect(rig.csms.of('BootNotification')).toHaveLength(1)
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    expect(rig.happened('station-fault')).toHaveLength(1)
  })

  test('a restart goes on with the order', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    await rig.request('UpdateFirmware', order(rig, 3_600_000))
    await rig.clock.advance(1000)
    await rig.restart()
    await rig.clock.advance(3_700_000)
    expect(files.installed).toHaveLength(1)
  })

  test.each([
    [{ installed: true } as const, 'Installed'],
    [null, 'InstallationFailed'],
  ])('a restart in the middle of the installation tells what the program left: %j', async (left, status) => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files })
    await rig.ledger.process().ledger.saveSetting(
      'CP-001',
      'firmware-update',
      JSON.stringify({
        order: {
          location: WHERE,
          retries: null,
          retryIntervalSeconds: null,
          retrieveAt: 0,
          installAt: null,
          signed: null,
        },
        status: 'installing',
      }),
    )
    files.left = left
    await rig.restart()
    await rig.clock.advance(10_000)
    expect(statuses(rig).at(-1)).toBe(status)
  })

  test('without a program that installs: not supported, and not advertised', async () => {
    const rig = await Rig.start({ files: new MemoryFiles(false) })
    await expect(rig.request('UpdateFirmware', order(rig))).rejects.toMatchObject({ code: 'NotSupported' })
    const answer = await rig.request('GetConfiguration', { key: ['SupportedFeatureProfiles'] })
    expect(answer).toMatchObject({
      configurationKey: [{ value: 'Core,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging' }],
    })
  })

  test('with one, FirmwareManagement is advertised', async () => {
    const rig = await Rig.start({ files: new MemoryFiles() })
    const answer = await rig.request('GetConfiguration', { key: ['SupportedFeatureProfiles'] })
    expect(JSON.stringify(answer)).toContain('FirmwareManagement')
  })
})

describe('SignedUpdateFirmware (security whitepaper L01)', () => {
  test('the signature is checked before anything is installed', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files, access: new MemoryAccess() })
    expect(await rig.request('SignedUpdateFirmware', signedOrder(rig))).toEqual({ status: 'Accepted' })
    await rig.clock.advance(10_000)
    const told = rig.csms.of('SignedFirmwareStatusNotification').map(({ payload }) => payload)
    expect(told.map(({ status }) => status)).toEqual([
      'Downloading',
      'Downloaded',
      'SignatureVerified',
      'Installing',
      'Installed',
    ])
    expect(new Set(told.map(({ requestId }) => requestId))).toEqual(new Set([5]))
    expect(rig.csms.of('SecurityEventNotification').map(({ payload }) => payload['type'])).toContain('FirmwareUpdated')
  })

  test('a signature that does not fit: nothing is installed, a security event says so', async () => {
    const files = new MemoryFiles()
    const access = new MemoryAccess()
    const rig = await Rig.start({ files, access })
    const fetched = Promise.withResolvers<void>()
    files.gate = fetched.promise
    await rig.request('SignedUpdateFirmware', signedOrder(rig))
    fetched.resolve()
    access.outcome = { accepted: false, reason: 'the signature does not fit', event: 'InvalidFirmwareSignature' }
    await rig.clock.advance(10_000)
    expect(statuses(rig, 'SignedFirmwareStatusNotification').at(-1)).toBe('InvalidSignature')
    expect(files.installed).toEqual([])
    expect([...files.lying]).toEqual([])
    expect(rig.happened('security')).toContainEqual(expect.objectContaining({ type: 'InvalidFirmwareSignature' }))
  })

  test('a trigger is told the last status until an update has succeeded (L01.FR.28, FR.29)', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files, access: new MemoryAccess() })
    const action = 'SignedFirmwareStatusNotification'
    const asked = async (): Promise<unknown> => {
      await rig.request('ExtendedTriggerMessage', { requestedMessage: 'FirmwareStatusNotification' })
      return rig.csms.of(action).at(-1)?.payload
    }
    expect(await asked()).toEqual({ status: 'Idle' })
    files.transferFault = new BridgeError('TRANSFER_FAILED', 'reset by peer')
    await rig.request('SignedUpdateFirmware', signedOrder(rig, 1))
    await rig.clock.advance(10_000)
    expect(await asked()).toEqual({ status: 'DownloadFailed', requestId: 1 })
    files.transferFault = null
    await rig.request('SignedUpdateFirmware', signedOrder(rig, 2))
    await rig.clock.advance(10_000)
    expect(await asked()).toEqual({ status: 'Idle' })
    await rig.request('TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' })
    expect(statuses(rig)).toEqual(['Idle'])
  })

  test('a signing certificate that is not believed is refused at once', async () => {
    const access = new MemoryAccess()
    access.outcome = { accepted: false, reason: 'unknown root', event: null }
    const rig = await Rig.start({ files: new MemoryFiles(), access })
    expect(await rig.request('SignedUpdateFirmware', signedOrder(rig))).toEqual({ status: 'InvalidCertificate' })
    expect(rig.happened('security')).toContainEqual(
      expect.objectContaining({ type: 'InvalidFirmwareSigningCertificate' }),
    )
  })

  test('installed at its time; a newer order takes its place before', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files, access: new MemoryAccess() })
    await rig.request('SignedUpdateFirmware', signedOrder(rig, 1, 3_600_000))
    await rig.clock.advance(10_000)
    expect(statuses(rig, 'SignedFirmwareStatusNotification').at(-1)).toBe('InstallScheduled')
    expect(await rig.request('SignedUpdateFirmware', signedOrder(rig, 2))).toEqual({ status: 'AcceptedCanceled' })
    await rig.clock.advance(3_700_000)
    expect(files.installed).toHaveLength(1)
    expect(rig.csms.of('SignedFirmwareStatusNotification').at(-1)?.payload).toEqual({
      status: 'Installed',
      requestId: 2,
    })
  })

  test('while one is being installed another is refused', async () => {
    const files = new MemoryFiles()
    const rig = await Rig.start({ files, access: new MemoryAccess() })
    await rig.poll(CHARGING)
    await rig.request('SignedUpdateFirmware', signedOrder(rig, 1))
    await rig.clock.advance(1000)
    files.gate = Promise.withResolvers<void>().promise
    await rig.unplug()
    await rig.clock.advance(10_000)
    expect(statuses(rig, 'SignedFirmwareStatusNotification').at(-1)).toBe('Installing')
    expect(await rig.request('SignedUpdateFirmware', signedOrder(rig, 2))).toEqual({ status: 'Rejected' })
  })
})

test('where signed firmware can be checked, another is not taken (L01.FR.20)', async () => {
  const access = new MemoryAccess()
  const rig = await Rig.start({ files: new MemoryFiles(), access })
  await access.installCertificate('manufacturer-root', 'PEM')
  await expect(rig.request('UpdateFirmware', order(rig))).rejects.toMatchObject({ code: 'NotSupported' })
})
