import { expect, test } from 'vitest'
import { type Decision, explainDecision } from '../../src/model/decision.ts'

function decision(over: Partial<Decision>): Decision {
  return {
    at: 0,
    stationId: 'CP-1',
    evse: 1,
    sessionId: null,
    amps: 9,
    binding: { kind: 'device' },
    rank: null,
    ...over,
  }
}

test('a decision is one sentence', () => {
  const binding = {
    kind: 'circuit',
    circuitId: 'garage',
    phase: 'L2',
    origin: 'fuse',
    limitAmps: 63,
    buildingAmps: 12.25,
  } as const
  const rank = { position: 3, of: 5, group: 'other', needRatio: null, pauses: 1 } as const
  expect(explainDecision(decision({ binding, rank }))).toBe(
    '9 A: circuit garage, phase L2: 63 A by its fuse, the building takes 12.3 A; 3rd of 5 in the queue, paused once',
  )
  expect(explainDecision(decision({ amps: 0, binding: { kind: 'no-vehicle' } }))).toBe('no current: no vehicle')
  const promised = { position: 1, of: 2, group: 'committed', needRatio: 0.834, pauses: 2 } as const
  expect(explainDecision(decision({ amps: 13.5, rank: promised }))).toBe(
    '13.5 A: the charger’s own maximum; 1st of 2 in the queue, its energy is promised, it needs 83 % of full power to be ready in time, paused 2 times',
  )
})

test.each([
  ['fuse', 'by its fuse'],
  ['controller', 'by the operator’s setting'],
  ['dso', 'by the grid operator'],
  ['operator', 'by the operator'],
  // the site file's own; an electrician must not look for somebody who set it
  ['demand-target', 'by the demand target'],
] as const)('a limit of %s is named', (origin, words) => {
  const binding = { kind: 'power', circuitId: 'house', origin, limitWatts: 78_500 } as const
  expect(explainDecision(decision({ amps: 0, binding }))).toBe(
    `no current: the cars of circuit house may take 78.5 kW ${words}`,
  )
})

test.each([
  [2, '2nd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [21, '21st'],
  [113, '113th'],
  [122, '122nd'],
])('the %i. place is the %s', (position, word) => {
  const rank = { position, of: 200, group: 'other', needRatio: null, pauses: 0 } as const
  expect(explainDecision(decision({ rank }))).toContain(`; ${word} of 200`)
})
