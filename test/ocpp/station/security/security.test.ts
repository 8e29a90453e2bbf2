import { describe, expect, test } from 'vitest'
import { RpcCallError } from '../../../../src/ocpp/rpc/connection.ts'
import { MemoryAccess } from '../memory-access.ts'
import { Rig } from '../rig.ts'

const HASH = { hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '1f' }

function told(rig: Rig): readonly unknown[] {
  return rig.csms.of('SecurityEventNotification').map(({ payload }) => payload['type'])
}

function logged(rig: Rig): readonly unknown[] {
  return rig.happened('security').map((event) => (event.kind === 'security' ? event.type : null))
}

describe('the security log (whitepaper A04)', () => {
  test('critical events go to the CSMS, others only into the log', async () => {
    const access = new MemoryAccess()
    const rig = await Rig.start({ access })
    access.tell('FailedToAuthenticateAtCentralSystem', '401')
    await rig.request('Reset', { type: 'Hard' })
    await rig.clock.advance(10_000)
    expect(told(rig)).toEqual(['StartupOfTheDevice', 'ResetOrReboot'])
    expect(logged(rig)).toEqual(['StartupOfTheDevice', 'FailedToAuthenticateAtCentralSystem', 'ResetOrReboot'])
    expect(rig.ledger.securityEvents.map(({ type }) => type)).toEqual(logged(rig))
  })

  test('while the CSMS is away they wait', async () => {
    const rig = await Rig.start({ access: new MemoryAccess() })
    rig.csms.goDown()
    await rig.request('Reset', { type: 'Soft' })
    await rig.clock.advance(20_000)
    expect(told(rig)).toEqual(['StartupOfTheDevice'])
    rig.csms.goUp()
    await rig.clock.advance(60_000)
    expect(told(rig)).toEqual(['StartupOfTheDevice', 'ResetOrReboot'])
  })

  test('a CSMS that does not know the message holds no transaction up', async () => {
    const rig = new Rig({ access: new MemoryAccess() })
    rig.csms.react = (action) =>
      action === 'SecurityEventNotification' ? new RpcCallError('NotImplemented', 'unknown action') : undefined
    await rig.start()
    await rig.poll({ pilot: 'C' })
    await rig.clock.advance(1000)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    expect(rig.csms.of('SecurityEventNotification')).toHaveLength(1)
    expect(rig.happened('dead-letter')).toEqual([])
  })

  test('a CSMS of security profile 0 is not asked to understand them', async () => {
    const access = new MemoryAccess()
    access.profile = 0
    const rig = await Rig.start({ access })
    expect(told(rig)).toEqual([])
    expect(logged(rig)).toEqual(['StartupOfTheDevice'])
  })

  test('stamps that follow the CSMS’s clock are a change of the time', async () => {
    const rig = new Rig({ access: new MemoryAccess() })
    const currentTime = new Date(rig.clock.now() + 60_000).toISOString()
    rig.csms.react = (action) =>
      action === 'BootNotification' ? { status: 'Accepted', interval: 300, currentTime } : undefined
    await rig.start()
    expect(logged(rig)).toContain('SettingSystemTime')
  })
})

describe('AuthorizationKey (A01)', () => {
  test('taken, kept out of every answer, and the connection is made anew after the answer', async () => {
    const access = new MemoryAccess()
    const rig = await Rig.start({ access })
    const change = { key: 'authorizationkey', value: 'a-new-password-16' }
    expect(await rig.request('ChangeConfiguration', change)).toEqual({ status: 'Accepted' })
    expect(access.passwords).toEqual(['a-new-password-16'])
    expect(rig.happened('csms-down')).toHaveLength(1)
    await rig.clock.advance(5000)
    expect(rig.happened('csms-open')).toHaveLength(2)
    const keys = await rig.request('GetConfiguration', { key: ['AuthorizationKey'] })
    expect(JSON.stringify(keys)).not.toContain('a-new-password-16')
    expect(JSON.stringify(rig.events)).not.toContain('a-new-password-16')
  })

  test('refused: nothing changes', async () => {
    const access = new MemoryAccess()
    access.outcome = { accepted: false, reason: 'it is shorter than 16 bytes', event: null }
    const rig = await Rig.start({ access })
    const change = { key: 'AuthorizationKey', value: 'short' }
    expect(await rig.request('ChangeConfiguration', change)).toEqual({ status: 'Rejected' })
    expect(rig.happened('csms-down')).toEqual([])
    expect(rig.happened('station-fault')).toMatchObject([{ code: 'ACCESS_REFUSED' }])
  })
})

describe('SecurityProfile (A05)', () => {
  test('upward: accepted, then the connection is made anew; the key shows what is in force', async () => {
    const access = new MemoryAccess()
    const rig = await Rig.start({ access })
    expect(await rig.request('ChangeConfiguration', { key: 'SecurityProfile', value: '2' })).toEqual({
      status: 'Accepted',
    })
    expect(rig.happened('csms-down')).toHaveLength(1)
    await rig.clock.advance(5000)
    expect(await rig.request('GetConfiguration', { key: ['SecurityProfile'] })).toMatchObject({
      configurationKey: [{ key: 'SecurityProfile', readonly: false, value: '2' }],
    })
  })

  test('one that is not higher is refused, the one in force too (A05.FR.01)', async () => {
    const access = new MemoryAccess()
    access.outcome = { accepted: false, reason: 'not higher', event: null }
    const rig = await Rig.start({ access })
    const change = { key: 'SecurityProfile', value: String(access.profile) }
    expect(await rig.request('ChangeConfiguration', change)).toEqual({ status: 'Rejected' })
    expect(rig.happened('csms-down')).toEqual([])
  })

  test.each(['-1', '4', 'two', ''])('H48: not to %j', async (value) => {
    const rig = await Rig.start({ access: new MemoryAccess() })
    expect(await rig.request('ChangeConfiguration', { key: 'SecurityProfile', value })).toEqual({ status: 'Rejected' })
  })
})

describe('certificates', () => {
  test('a CSMS triggers the request, signs it, and the answer is taken (A02)', async () => {
    const access = new MemoryAccess()
    access.profile = 3
    const rig = new Rig({ access, settings: { cpoName: 'Operator AG' } })
    rig.csms.react = (action) => (action === 'SignCertificate' ? { status: 'Accepted' } : undefined)
    await rig.start()
    const trigger = { requestedMessage: 'SignChargePointCertificate' }
    expect(await rig.request('ExtendedTriggerMessage', trigger)).toEqual({ status: 'Accepted' })
    await rig.clock.advance(100)
    expect(rig.csms.of('SignCertificate').map(({ payload }) => payload)).toEqual([{ csr: 'CSR of Operator AG' }])
    expect(await rig.request('CertificateSigned', { certificateChain: 'PEM' })).toEqual({ status: 'Accepted' })
    expect(access.chains).toEqual(['PEM'])
    expect(rig.happened('csms-down')).toHaveLength(1)
  })

  test('one that does not fit is refused and logged', async () => {
    const access = new MemoryAccess()
    const rig = await Rig.start({ access })
    access.outcome = { accepted: false, reason: 'expired', event: 'InvalidChargePointCertificate' }
    expect(await rig.request('CertificateSigned', { certificateChain: 'PEM' })).toEqual({ status: 'Rejected' })
    expect(logged(rig)).toContain('InvalidChargePointCertificate')
    expect(told(rig)).toContain('InvalidChargePointCertificate')
  })

  test('renewed before it expires, without being asked (A03)', async () => {
    const access = new MemoryAccess()
    const rig = new Rig({ access })
    access.renewAt = rig.clock.now() + 86_400_000
    rig.csms.react = (action) => (action === 'SignCertificate' ? { status: 'Accepted' } : undefined)
    await rig.start()
    await rig.clock.advance(80_000_000)
    expect(rig.csms.of('SignCertificate')).toEqual([])
    await rig.clock.advance(30_000_000)
    expect(rig.csms.of('SignCertificate').length).toBeGreaterThan(0)
  })

  test('roots are installed, listed and removed (M03 to M05)', async () => {
    const access = new MemoryAccess()
    const rig = await Rig.start({ access })
    const list = { certificateType: 'CentralSystemRootCertificate' }
    expect(await rig.request('GetInstalledCertificateIds', list)).toEqual({ status: 'NotFound' })
    expect(await rig.request('InstallCertificate', { ...list, certificate: 'PEM' })).toEqual({ status: 'Accepted' })
    expect(access.certificates).toEqual([{ use: 'csms-root', certificate: 'PEM' }])
    expect(await rig.request('GetInstalledCertificateIds', list)).toEqual({
      status: 'Accepted',
      certificateHashData: [HASH],
    })
    expect(await rig.request('DeleteCertificate', { certificateHashData: HASH })).toEqual({ status: 'Accepted' })
  })

  test('without an access they are not supported', async () => {
    const rig = await Rig.start()
    const list = { certificateType: 'ManufacturerRootCertificate' }
    await expect(rig.request('GetInstalledCertificateIds', list)).rejects.toMatchObject({ code: 'NotSupported' })
    expect(await rig.request('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' })).toEqual({
      status: 'NotImplemented',
    })
  })
})

test('frames that cannot be read are in the security log (InvalidMessages)', async () => {
  const rig = await Rig.start({ access: new MemoryAccess() })
  rig.csms.notice({ kind: 'unreadable-frame', message: 'a frame that is no JSON' })
  rig.csms.notice({ kind: 'unexpected-answer', message: 'an answer to nothing' })
  await rig.clock.settle()
  expect(logged(rig)).toEqual(['StartupOfTheDevice', 'InvalidMessages'])
})

test('what the site has seen is in the log of the station, too', async () => {
  const rig = await Rig.start({ access: new MemoryAccess() })
  rig.station.noteSecurityEvent('MemoryExhaustion', 'the disk was full')
  await rig.clock.advance(100)
  expect(told(rig)).toEqual(['StartupOfTheDevice', 'MemoryExhaustion'])
})
