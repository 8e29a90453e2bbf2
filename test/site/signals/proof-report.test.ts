/** The log as a grid operator reads it. */
import { expect, it } from 'vitest'
import type { LimitProof } from '../../../src/model/limit-proof.ts'
import { provenCommands } from '../../../src/site/signals/proof-report.ts'

const about = (at: number, commandId = 'dso/ripple/0') => ({ at, commandId, source: 'dso' }) as const
const minute = (at: number, meanCarsWatts: number, exceeded: boolean | null): LimitProof => ({
  ...about(at),
  kind: 'minute',
  seconds: 60,
  meanCarsWatts,
  highestCarsWatts: meanCarsWatts,
  meanCircuitAmps: null,
  outranked: false,
  exceeded,
})
const CAME: LimitProof = {
  ...about(0),
  kind: 'came',
  limitId: 'ripple',
  circuitId: 'garage',
  maxAmps: null,
  carsMaxWatts: 4200,
  priority: 1,
  until: null,
  by: 'contact ripple',
  guaranteedWatts: 4200,
  carsWatts: 22_000,
}

it('is one entry for each command, with all that became of it', () => {
  const entries: readonly LimitProof[] = [
    CAME,
    { ...about(5, 'ems/x/5'), kind: 'ended', reason: 'its time is over' },
    { ...about(2000), kind: 'set', reactionMs: 2000, silentChargers: 1 },
    { ...about(6000), kind: 'reached', reactionMs: 6000, carsWatts: 4140, circuitAmps: null },
    minute(60_000, 4140, false),
    { ...about(90_000), kind: 'taken-up' },
    minute(120_000, 4400, true),
    minute(150_000, 4140, null),
    // it held again after another one of its source: its own reaction is the first
    { ...about(160_000), kind: 'set', reactionMs: 3000, silentChargers: 0 },
    { ...about(160_000), kind: 'reached', reactionMs: 3000, carsWatts: 4140, circuitAmps: null },
    { ...about(180_000), kind: 'ended', reason: 'the contact is off' },
  ]
  const [ripple, other] = provenCommands(entries)
  expect(ripple).toMatchObject({
    commandId: 'dso/ripple/0',
    cameAt: 0,
    command: { limitId: 'ripple', by: 'contact ripple', carsMaxWatts: 4200 },
    setAfterMs: 2000,
    silentChargers: 1,
    reachedAfterMs: 6000,
    takenUpAt: [90_000],
    exceededMinutes: 1,
    unknownMinutes: 1,
    endedAt: 180_000,
    endReason: 'the contact is off',
  })
  expect(ripple?.minutes.map(({ at, meanCarsWatts }) => [at, meanCarsWatts])).toEqual([
    [60_000, 4140],
    [120_000, 4400],
    [150_000, 4140],
  ])
  // of a command from before the span only its end is there
  expect(other).toMatchObject({ command: null, cameAt: null, endedAt: 5, reachedAfterMs: null })
})

it('is empty where nothing came', () => {
  expect(provenCommands([])).toEqual([])
})
