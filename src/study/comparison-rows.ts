/** The rows of the comparison: which figure, how it is shown, and how a difference is told. Pure. */
import type { Measures } from './measures.ts'

export interface Row {
  readonly title: string
  /** Null: this run has no such figure. */
  readonly of: (measures: Measures) => number | null
  readonly show: (value: number, measures: Measures) => string
  /** How a difference is told; missing: it is not. */
  readonly difference?: (by: number) => string
  /** In the run's currency: compared only with the same one. */
  readonly isMoney?: true
  /** Shown only where a run has something else than this. */
  readonly unless?: number
}

export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Cars',
    rows: [
      { title: 'came', of: ({ visits }) => visits, show: whole, difference: signed(0, '') },
      {
        title: 'found no free place',
        of: ({ turnedAway }) => turnedAway,
        show: whole,
        difference: signed(0, ''),
        unless: 0,
      },
      {
        title: 'served as they should (session integrity)',
        of: ({ integrity }) => integrity,
        show: percent,
        difference: points,
      },
      {
        title: 'energy delivered',
        of: ({ energyWh }) => energyWh / 1000,
        show: unit(1, 'kWh'),
        difference: signed(1, 'kWh'),
      },
      {
        title: 'of what they asked for or could have had',
        of: ({ energyShare }) => energyShare,
        show: percent,
        difference: points,
      },
      {
        title: 'promised energy in time',
        of: ({ commitments }) => (commitments.of === 0 ? null : commitments.met),
        show: (_, { commitments: { met, of } }) => `${met} of ${of}`,
      },
      {
        title: 'put off to a better hour',
        of: ({ deferred }) => deferred,
        show: whole,
        difference: signed(0, ''),
        unless: 0,
      },
      {
        title: 'wait for the first current, median',
        of: ({ waitMinutes }) => waitMinutes.median,
        show: minutes,
        difference: signedMinutes,
      },
      {
        title: '  95 of 100, at most',
        of: ({ waitMinutes }) => waitMinutes.ninetyFifth,
        show: minutes,
        difference: signedMinutes,
      },
      {
        title: '  never got any',
        of: ({ neverServed }) => neverServed,
        show: whole,
        difference: signed(0, ''),
        unless: 0,
      },
      {
        title: 'pauses per car (most)',
        of: ({ pauses }) => pauses.perVisit,
        show: (value, { pauses }) => `${value.toFixed(2)} (${pauses.most})`,
        difference: signed(2, ''),
      },
      {
        title: 'gave up after pauses',
        of: ({ gaveUp }) => gaveUp,
        show: whole,
        difference: signed(0, ''),
        unless: 0,
      },
    ],
  },
  {
    title: 'Fuses',
    rows: [
      {
        title: 'over a limit (must be 0)',
        of: ({ overSeconds }) => overSeconds,
        show: (value, { overWorstAmps, overCircuitId }) =>
          value === 0 ? '0 s' : `${value} s, ${overWorstAmps.toFixed(1)} A (${overCircuitId ?? ''})`,
      },
      {
        title: 'moments in which the building had just jumped',
        of: ({ jumpSeconds }) => jumpSeconds,
        show: unit(0, 's'),
        difference: signed(0, 's'),
        unless: 0,
      },
      {
        title: 'the building alone over a fuse',
        of: ({ buildingOverSeconds }) => buildingOverSeconds,
        show: unit(0, 's'),
        difference: signed(0, 's'),
        unless: 0,
      },
      {
        title: 'highest quarter of an hour',
        of: ({ peakKW }) => peakKW,
        show: unit(1, 'kW'),
        difference: signed(1, 'kW'),
      },
      {
        title: '  of the cars alone',
        of: ({ carsPeakKW }) => carsPeakKW,
        show: unit(1, 'kW'),
        difference: signed(1, 'kW'),
      },
    ],
  },
  {
    title: 'Money',
    rows: [
      {
        title: 'delivered cost of a kWh in a battery',
        of: ({ costPerKWh }) => costPerKWh,
        show: money(3),
        difference: signed(3, ''),
        isMoney: true,
      },
      { title: 'lost on board of the energy', of: ({ lossShare }) => lossShare, show: percent, difference: points },
      {
        title: 'demand charge of that peak, per year',
        of: ({ demandChargePerYear }) => demandChargePerYear,
        show: money(0),
        difference: signed(0, ''),
        isMoney: true,
      },
    ],
  },
  {
    title: 'Use of the supply',
    rows: [
      { title: 'installed', of: ({ supplyKVA }) => supplyKVA, show: unit(1, 'kVA'), difference: signed(1, 'kVA') },
      {
        title: 'most cars at one time, served as they should',
        of: ({ peakSessions }) => peakSessions,
        show: whole,
        difference: signed(0, ''),
      },
      {
        title: 'peak sessions per installed kVA',
        of: ({ peakSessionsPerKVA }) => peakSessionsPerKVA,
        show: (value) => value.toFixed(2),
        difference: signed(2, ''),
      },
      {
        title: 'set-points per station and hour',
        of: ({ setPointsPerStationHour }) => setPointsPerStationHour,
        show: (value) => value.toFixed(1),
        difference: signed(1, ''),
      },
    ],
  },
]

function whole(value: number): string {
  return value.toFixed(0)
}

function unit(digits: number, name: string): (value: number) => string {
  return (value) => `${value.toFixed(digits)} ${name}`.trimEnd()
}

function money(digits: number): (value: number, measures: Measures) => string {
  return (value, { currency }) => `${value.toFixed(digits)} ${currency ?? ''}`.trimEnd()
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}

function minutes(value: number): string {
  return value < 10 ? `${value.toFixed(1)} min` : `${value.toFixed(0)} min`
}

function signed(digits: number, name: string): (by: number) => string {
  return (by) => {
    const text = Math.abs(by).toFixed(digits)
    if (Number(text) === 0) return '='
    return `${by > 0 ? '+' : '−'}${text} ${name}`.trimEnd()
  }
}

function points(by: number): string {
  return signed(1, 'points')(by * 100)
}

function signedMinutes(by: number): string {
  return signed(Math.abs(by) < 10 ? 1 : 0, 'min')(by)
}
