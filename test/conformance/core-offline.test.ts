/** Core profile, without the CSMS: what happened meanwhile is told afterwards, in order, with the times when it happened. */
import { describe, expect, test } from 'vitest'
import { openStage } from './open-stage.ts'
import { INVALID, type Stage, VALID } from './stage.ts'

/** Whom the CSMS does not know may start offline; who is charged for it is decided later. */
const UNKNOWN_MAY_START = { AllowOfflineTxForUnknownId: true, LocalAuthorizeOffline: true }

describe.concurrent('the CSMS is away', () => {
  test('TC_036_CS Connection loss in a transaction: it goes on, and its values come later', async (context) => {
    const stage = await openStage(context, { keys: { MeterValueSampleInterval: 20 } })
    const transactionId = await stage.charging()
    await stage.hears('MeterValues')
    stage.goAway()
    await stage.seconds(90)
    expect(stage.charger().car.drawnAmps).toBeGreaterThan(0)
    await stage.comeBack()
    await stage.hears('MeterValues', 'MeterValues', 'MeterValues', 'MeterValues')
    await stage.hears('MeterValues')
    for (const values of stage.all('MeterValues')) expect(values).toMatchObject({ transactionId })
    const times = stage.all('MeterValues').map(timeOf)
    expect(times.toSorted((a, b) => a - b)).toEqual(times)
    for (const [index, at] of times.slice(1).entries())
      expect(Math.abs(at - (times[index] ?? 0) - 20_000)).toBeLessThan(3_000)
  })

  test('TC_037_1_CS Offline start, valid id: told with the time of its start', async (context) => {
    const stage = await openStage(context, { keys: UNKNOWN_MAY_START })
    const startedAt = await startsOffline(stage, VALID)
    await stage.comeBack()
    await stage.started()
    expect(Math.abs(Date.parse(String(stage.last('StartTransaction')['timestamp'])) - startedAt)).toBeLessThan(5_000)
    await stage.quiet(20)
  })

  test('TC_037_2_CS Offline start, invalid id, StopTransactionOnInvalidId=false: no more current, the transaction stays', async (context) => {
    const stage = await openStage(context, { keys: { ...UNKNOWN_MAY_START, StopTransactionOnInvalidId: false } })
    await startsOffline(stage, INVALID)
    await stage.comeBack()
    await stage.hears(
      [`StartTransaction ${INVALID}`, 'StatusNotification 1 Charging'],
      'StatusNotification 1 SuspendedEVSE',
    )
    await stage.until('no current', () => stage.charger().car.drawnAmps === 0)
    await stage.quiet(20)
    expect(stage.all('StopTransaction')).toEqual([])
  })

  test('TC_037_3_CS Offline start, invalid id, StopTransactionOnInvalidId=true: ended with DeAuthorized', async (context) => {
    const stage = await openStage(context, { keys: { ...UNKNOWN_MAY_START, StopTransactionOnInvalidId: true } })
    await startsOffline(stage, INVALID)
    await stage.comeBack()
    await stage.hears(
      [`StartTransaction ${INVALID}`, 'StatusNotification 1 Charging'],
      ['StopTransaction DeAuthorized', 'StatusNotification 1 Finishing'],
    )
    await stage.until('no current', () => stage.charger().car.drawnAmps === 0)
  })

  test('TC_038_CS Offline stop: told afterwards', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    stage.goAway()
    await stage.seconds(20)
    const stoppedAt = stage.clock.now()
    await stage.card(VALID)
    await stage.seconds(30)
    await stage.comeBack()
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    const stop = stage.last('StopTransaction')
    expect(stop).toMatchObject({ transactionId, idTag: VALID })
    expect(Math.abs(Date.parse(String(stop['timestamp'])) - stoppedAt)).toBeLessThan(5_000)
  })

  test('TC_039_CS Offline transaction: start and stop are told afterwards, in order', async (context) => {
    const stage = await openStage(context, { keys: UNKNOWN_MAY_START })
    const startedAt = await startsOffline(stage, VALID)
    await stage.card(VALID)
    stage.unplug()
    await stage.seconds(30)
    await stage.comeBack()
    await stage.hearsAmongOthers(`StartTransaction ${VALID}`)
    await stage.hearsAmongOthers('StopTransaction Local')
    const [start, stop] = [stage.last('StartTransaction'), stage.last('StopTransaction')]
    expect(stop).toMatchObject({ transactionId: stage.transactionId })
    expect(Number(stop['meterStop'])).toBeGreaterThan(Number(start['meterStart']))
    expect(Math.abs(Date.parse(String(start['timestamp'])) - startedAt)).toBeLessThan(5_000)
    expect(Date.parse(String(stop['timestamp']))).toBeLessThan(stage.clock.now() - 25_000)
  })
})

/** Resolves with the wall time of the start, ms. */
async function startsOffline(stage: Stage, idTag: string): Promise<number> {
  stage.goAway()
  await stage.seconds(10)
  await stage.card(idTag)
  stage.plug()
  const startedAt = stage.clock.now()
  await stage.until('current flows', () => stage.charger().car.drawnAmps > 0)
  await stage.seconds(20)
  return startedAt
}

function timeOf({ meterValue }: Readonly<Record<string, unknown>>): number {
  const [first] = meterValue as readonly { readonly timestamp: string }[]
  return Date.parse(first?.timestamp ?? '')
}
