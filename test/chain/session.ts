/** One whole session of a KEBA P30 with a CSMS, told step by step. Whoever plays the CSMS or serves the registers, it must go the same way. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { AuthorizationWay } from '../../src/model/station.ts'
import { rotation } from '../../src/model/phase.ts'
import { startSite } from '../../src/site/facade.ts'
import type { FastClock } from '../peers/fast-clock.ts'
import { Box, forbidden } from './box.ts'
import { every, memoryLog, registry, siteConfig, until } from './chain.ts'

/** A CSMS as the session needs it: strict, checking, ... */
export interface SessionCsms {
  readonly url: string
  /** What the station has sent, oldest first. */
  calls(): readonly { readonly action: string; readonly payload: Payload }[]
  /** Asks the station; rejects when it answers with CALLERROR. */
  ask(action: string, payload: object): Promise<unknown>
}

/** How the registers of a box come on the wire; resolves with its URL. */
export type ServeBox = (box: Box, clock: FastClock) => Promise<{ readonly url: string; close(): Promise<void> }>

export interface Stage {
  readonly box: Box
  readonly csms: SessionCsms
  /** The first call that fits, now or soon; `from` skips what came before. */
  readonly hears: (action: string, holds?: Payload, from?: number) => Promise<Payload>
  readonly statusIs: (connectorId: number, status: string, from?: number) => Promise<unknown>
  readonly mark: () => number
}

type Payload = Readonly<Record<string, unknown>>

const STATION = 'CP-001'
const CAR = { phases: 3, maxAmps: 32, energyWantedWh: 40_000 } as const
const CARD = 'D4CD7650'

/** Builds box, site and CSMS, lets the script play, and looks whether anything forbidden was done. */
export async function playSession(
  parts: {
    readonly clock: FastClock
    readonly csms: SessionCsms
    readonly serveBox: ServeBox
    readonly authorize: AuthorizationWay
  },
  script: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { clock, csms, serveBox, authorize } = parts
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-session-'))
  await using cleaning = new AsyncDisposableStack()
  cleaning.defer(() => rm(folder, { recursive: true }))
  const box = new Box({ id: STATION, mapping: 'keba-p30', registry, clock, rotation: rotation('L1L2L3') })
  cleaning.defer(every(clock, 250, () => box.charger.tick()))
  const server = await serveBox(box, clock)
  cleaning.defer(() => server.close())
  const config = await siteConfig(
    `site: {name: Chain, timezone: Europe/Zurich}
circuits: {house: {limit: 63 A}}
stations:
  ${STATION}:
    mapping: keba-p30
    connect: ${server.url}
    circuit: house
    phases: L1L2L3
    authorize: ${authorize}
    ${authorize === 'free' ? 'token: FREE' : ''}
    upstream: operator
    start-values: {MeterValueSampleInterval: 10, MinimumStatusDuration: 0, LocalPreAuthorize: "false"}
upstreams:
  operator: {url: "${csms.url}", ocpp: "1.6", security-profile: 0}
`,
    folder,
  )
  const log = memoryLog()
  const site = await startSite(config, { registry, stateFolder: join(folder, 'state'), log, clock, random: () => 0.5 })
  cleaning.defer(() => site.stop())
  const found = (action: string, holds: Payload, from: number) =>
    csms
      .calls()
      .slice(from)
      .find((call) => call.action === action && fits(call.payload, holds))?.payload
  const stage: Stage = {
    box,
    csms,
    mark: () => csms.calls().length,
    async hears(action, holds = {}, from = 0) {
      await until(`${action} ${JSON.stringify(holds)}`, () => found(action, holds, from) !== undefined)
      return found(action, holds, from) ?? {}
    },
    statusIs: (connectorId, status, from = 0) => stage.hears('StatusNotification', { connectorId, status }, from),
  }
  await script(stage)
  expect(forbidden(box)).toEqual([])
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
}

/** The whole of `authorize: card`. */
export async function cardSession({ box, csms, hears, statusIs, mark }: Stage): Promise<void> {
  // A new box is recognised, told to the CSMS, and held paused.
  expect(await hears('BootNotification')).toMatchObject({
    chargePointVendor: 'KEBA',
    chargePointModel: expect.any(String),
  })
  await statusIs(0, 'Available')
  await statusIs(1, 'Available')
  await until('the free box is paused', () => box.connector.orders.paused)

  // Who has not shown a card gets no current.
  box.charger.plug(CAR)
  await statusIs(1, 'Preparing')
  expect(box.connector.orders.offeredAmps).toBe(0)
  box.charger.swipe(CARD)
  expect(await hears('Authorize')).toEqual({ idTag: CARD })
  const start = await hears('StartTransaction')
  expect(start).toMatchObject({ connectorId: 1, idTag: CARD, meterStart: 1_284_000 })
  await statusIs(1, 'Charging')
  await until('32 A in register 5004', () => box.register(5004)[0] === 32_000 && box.register(5014)[0] === 1)
  expect(box.register(5018)).toEqual([30])
  await until('the car draws it', () => box.charger.drawnAmps === 32)

  // Values of the transaction, periodical and on the clock.
  const sampled = await hears('MeterValues', { connectorId: 1 })
  const { transactionId } = sampled
  expect(transactionId).toEqual(expect.any(Number))
  expect(await csms.ask('ChangeConfiguration', { key: 'ClockAlignedDataInterval', value: '15' })).toEqual({
    status: 'Accepted',
  })
  await until('a clock-aligned value', () =>
    csms.calls().some(({ payload }) => contexts(payload).includes('Sample.Clock')),
  )
  const aligned = csms.calls().find(({ payload }) => contexts(payload).includes('Sample.Clock'))?.payload
  expect(Date.parse(timestampOf(aligned)) % 15_000).toBe(0)
  expect(await csms.ask('ChangeConfiguration', { key: 'NoSuchKey', value: '1' })).toEqual({ status: 'NotSupported' })
  expect(await csms.ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '-1' })).toEqual({
    status: 'Rejected',
  })
  expect(
    await csms.ask('GetConfiguration', { key: ['ClockAlignedDataInterval', 'NoSuchKey', 'NumberOfConnectors'] }),
  ).toEqual({
    configurationKey: [
      { key: 'ClockAlignedDataInterval', readonly: false, value: '15' },
      { key: 'NumberOfConnectors', readonly: true, value: '1' },
    ],
    unknownKey: ['NoSuchKey'],
  })

  // A profile moves the charger's own limit register, both ways.
  const profile = {
    chargingProfileId: 7,
    transactionId,
    stackLevel: 1,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }] },
  }
  expect(await csms.ask('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile })).toEqual({
    status: 'Accepted',
  })
  await until('10 A in register 5004', () => box.register(5004)[0] === 10_000)
  await until('the car follows', () => box.charger.drawnAmps === 10)
  expect(await csms.ask('GetCompositeSchedule', { connectorId: 1, duration: 600 })).toMatchObject({
    status: 'Accepted',
    connectorId: 1,
    chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }] },
  })
  // Less than 6 A cannot be told to a car: it is paused (IEC 61851-1 A.4).
  const low = {
    ...profile,
    chargingSchedule: { ...profile.chargingSchedule, chargingSchedulePeriod: [{ startPeriod: 0, limit: 4 }] },
  }
  let since = mark()
  expect(await csms.ask('SetChargingProfile', { connectorId: 1, csChargingProfiles: low })).toEqual({
    status: 'Accepted',
  })
  await until('the box is paused', () => box.register(5014)[0] === 0 && box.charger.drawnAmps === 0)
  await statusIs(1, 'SuspendedEVSE', since)
  since = mark()
  expect(await csms.ask('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Accepted' })
  await until('32 A in register 5004 again', () => box.register(5004)[0] === 32_000 && box.register(5014)[0] === 1)
  await statusIs(1, 'Charging', since)
  expect(await csms.ask('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Unknown' })

  // Everything else that Core and RemoteTrigger have.
  since = mark()
  expect(await csms.ask('TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 1 })).toEqual({
    status: 'Accepted',
  })
  await until('triggered values', () =>
    csms
      .calls()
      .slice(since)
      .some(({ payload }) => contexts(payload).includes('Trigger')),
  )
  expect(await csms.ask('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 })).toEqual({
    status: 'Accepted',
  })
  await statusIs(1, 'Charging', since)
  expect(await csms.ask('TriggerMessage', { requestedMessage: 'Heartbeat' })).toEqual({ status: 'Accepted' })
  await hears('Heartbeat', {}, since)
  expect(await csms.ask('DataTransfer', { vendorId: 'org.example' })).toEqual({ status: 'UnknownVendorId' })
  expect(await csms.ask('ClearCache', {})).toEqual({ status: 'Accepted' })

  // The end from afar: current off first, then the car goes.
  since = mark()
  expect(await csms.ask('RemoteStopTransaction', { transactionId: Number(transactionId) + 1 })).toEqual({
    status: 'Rejected',
  })
  expect(await csms.ask('RemoteStopTransaction', { transactionId })).toEqual({ status: 'Accepted' })
  const stop = await hears('StopTransaction', {}, since)
  expect(stop).toMatchObject({ transactionId, reason: 'Remote' })
  expect(Number(stop['meterStop'])).toBeGreaterThan(1_284_000)
  expect(Number(stop['meterStop'])).toBeLessThanOrEqual(Math.ceil(box.charger.energyWh))
  await statusIs(1, 'Finishing', since)
  await until('the box is paused', () => box.register(5014)[0] === 0)
  box.charger.unplug()
  await statusIs(1, 'Available', since)

  since = mark()
  expect(await csms.ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' })
  expect(box.connector.orders.unlocks).toBe(1)
  expect(await csms.ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual({ status: 'Accepted' })
  await statusIs(1, 'Unavailable', since)
  expect(await csms.ask('ChangeAvailability', { connectorId: 1, type: 'Operative' })).toEqual({ status: 'Accepted' })
  await statusIs(1, 'Available', since)
  since = mark()
  expect(await csms.ask('Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' })
  await hears('BootNotification', {}, since)
  await statusIs(1, 'Available', since)
}

/** `free`: the car charges when it is plugged in, and the transaction ends when it goes. */
export async function freeSession({ box, hears, statusIs, mark }: Stage): Promise<void> {
  await statusIs(1, 'Available')
  box.charger.plug(CAR)
  expect(await hears('StartTransaction')).toMatchObject({ idTag: 'FREE' })
  await until('the car draws', () => box.charger.drawnAmps === 32)
  const since = mark()
  box.charger.unplug()
  const stop = await hears('StopTransaction', { reason: 'EVDisconnected' }, since)
  // What flowed until the plug was pulled is billed, to the watt-hour that the register shows.
  expect(Math.abs(Number(stop['meterStop']) - box.charger.energyWh)).toBeLessThanOrEqual(1)
  await statusIs(1, 'Available', since)
}

/** `remote`: nothing flows until the CSMS says so. */
export async function remoteSession({ box, csms, hears, statusIs, mark }: Stage): Promise<void> {
  await statusIs(1, 'Available')
  box.charger.plug(CAR)
  await statusIs(1, 'Preparing')
  box.charger.swipe(CARD)
  const since = mark()
  expect(await csms.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'APP-1' })).toEqual({ status: 'Accepted' })
  expect(await hears('StartTransaction')).toMatchObject({ idTag: 'APP-1' })
  await until('the car draws', () => box.charger.drawnAmps === 32)
  await statusIs(1, 'Charging', since)
  const values = await hears('MeterValues', { connectorId: 1 })
  expect(await csms.ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual({ status: 'Scheduled' })
  expect(await csms.ask('RemoteStopTransaction', { transactionId: values['transactionId'] })).toEqual({
    status: 'Accepted',
  })
  await hears('StopTransaction', { reason: 'Remote' }, since)
  await statusIs(1, 'Unavailable', since)
  await until('nothing flows', () => box.charger.drawnAmps === 0)
}

function fits(payload: Payload, holds: Payload): boolean {
  return Object.entries(holds).every(([key, value]) => payload[key] === value)
}

function contexts(payload: Payload): readonly string[] {
  const found: string[] = []
  JSON.stringify(payload['meterValue'] ?? [], (key, value: unknown) => {
    if (key === 'context' && typeof value === 'string') found.push(value)
    return value
  })
  return found
}

function timestampOf(payload: Payload | undefined): string {
  const [value] = Array.isArray(payload?.['meterValue'])
    ? (payload['meterValue'] as readonly { readonly timestamp: string }[])
    : []
  return value?.timestamp ?? ''
}
