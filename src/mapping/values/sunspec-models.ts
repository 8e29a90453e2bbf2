/**
 * The SunSpec models that mappings may name: the common block, inverters and meters, with whole numbers and with floats. Names, order,
 * types and units are those of the public model definitions of the SunSpec Alliance (github.com/sunspec/models).
 */
import { wordsOf } from './number-codec.ts'
import type { ValueType } from './number-codec.ts'

export interface SunSpecPoint {
  /** Registers from the model's id. */
  readonly offset: number
  readonly words: number
  readonly type: ValueType
  /** In the spelling of the language; null: none that a signal has. */
  readonly unit: string | null
  /** Name of the point that holds the power of ten, or null. */
  readonly scaleFactor: string | null
  /** Raw numbers that mean "not implemented"; texts and floats say it by themselves. */
  readonly none: readonly number[]
  readonly isScaleFactor: boolean
}

/** Names that follow each other, their type, unit and scale factor. */
type Row = readonly [names: string, type: RowType, unit?: string | null, scaleFactor?: string]
type RowType = 'u16' | 'i16' | 'acc' | 'f32' | 'enum' | 'bits' | 'sf' | 'pad' | 'text8' | 'text16'

interface TypeFacts {
  readonly type: ValueType
  readonly length: number
  readonly none: readonly number[]
}

const TYPES: Readonly<Record<RowType, TypeFacts>> = {
  u16: { type: 'u16', length: 1, none: [0xffff] },
  i16: { type: 'i16', length: 1, none: [0x8000] },
  /** A counter that never counted is not implemented either. */
  acc: { type: 'u32', length: 1, none: [0] },
  f32: { type: 'f32', length: 1, none: [] },
  enum: { type: 'u16', length: 1, none: [0xffff] },
  bits: { type: 'u32', length: 1, none: [0xffff_ffff] },
  sf: { type: 'i16', length: 1, none: [0x8000] },
  pad: { type: 'i16', length: 1, none: [] },
  text8: { type: 'text', length: 8, none: [] },
  text16: { type: 'text', length: 16, none: [] },
}

const COMMON: readonly Row[] = [
  ['Mn Md', 'text16'],
  ['Opt Vr', 'text8'],
  ['SN', 'text16'],
  ['DA', 'u16'],
  ['Pad', 'pad'],
]

const INVERTER: readonly Row[] = [
  ['A AphA AphB AphC', 'u16', 'A', 'A_SF'],
  ['A_SF', 'sf'],
  ['PPVphAB PPVphBC PPVphCA PhVphA PhVphB PhVphC', 'u16', 'V', 'V_SF'],
  ['V_SF', 'sf'],
  ['W', 'i16', 'W', 'W_SF'],
  ['W_SF', 'sf'],
  ['Hz', 'u16', 'Hz', 'Hz_SF'],
  ['Hz_SF', 'sf'],
  ['VA', 'i16', 'VA', 'VA_SF'],
  ['VA_SF', 'sf'],
  ['VAr', 'i16', null, 'VAr_SF'],
  ['VAr_SF', 'sf'],
  ['PF', 'i16', '%', 'PF_SF'],
  ['PF_SF', 'sf'],
  ['WH', 'acc', 'Wh', 'WH_SF'],
  ['WH_SF', 'sf'],
  ['DCA', 'u16', 'A', 'DCA_SF'],
  ['DCA_SF', 'sf'],
  ['DCV', 'u16', 'V', 'DCV_SF'],
  ['DCV_SF', 'sf'],
  ['DCW', 'i16', 'W', 'DCW_SF'],
  ['DCW_SF', 'sf'],
  ['TmpCab TmpSnk TmpTrns TmpOt', 'i16', '°C', 'Tmp_SF'],
  ['Tmp_SF', 'sf'],
  ['St StVnd', 'enum'],
  ['Evt1 Evt2 EvtVnd1 EvtVnd2 EvtVnd3 EvtVnd4', 'bits'],
]

const INVERTER_FLOAT: readonly Row[] = [
  ['A AphA AphB AphC', 'f32', 'A'],
  ['PPVphAB PPVphBC PPVphCA PhVphA PhVphB PhVphC', 'f32', 'V'],
  ['W', 'f32', 'W'],
  ['Hz', 'f32', 'Hz'],
  ['VA', 'f32', 'VA'],
  ['VAr', 'f32'],
  ['PF', 'f32', '%'],
  ['WH', 'f32', 'Wh'],
  ['DCA', 'f32', 'A'],
  ['DCV', 'f32', 'V'],
  ['DCW', 'f32', 'W'],
  ['TmpCab TmpSnk TmpTrns TmpOt', 'f32', '°C'],
  ['St StVnd', 'enum'],
  ['Evt1 Evt2 EvtVnd1 EvtVnd2 EvtVnd3 EvtVnd4', 'bits'],
]

/** The phases' voltages against each other have other names in the one-phase model. */
const METER_AN: readonly Row[] = [
  ['A AphA AphB AphC', 'i16', 'A', 'A_SF'],
  ['A_SF', 'sf'],
  ['PhV PhVphA PhVphB PhVphC PPV PPVphAB PPVphBC PPVphCA', 'i16', 'V', 'V_SF'],
  ['V_SF', 'sf'],
  ['Hz', 'i16', 'Hz', 'Hz_SF'],
  ['Hz_SF', 'sf'],
  ['W WphA WphB WphC', 'i16', 'W', 'W_SF'],
  ['W_SF', 'sf'],
  ['VA VAphA VAphB VAphC', 'i16', 'VA', 'VA_SF'],
  ['VA_SF', 'sf'],
  ['VAR VARphA VARphB VARphC', 'i16', null, 'VAR_SF'],
  ['VAR_SF', 'sf'],
  ['PF PFphA PFphB PFphC', 'i16', '%', 'PF_SF'],
  ['PF_SF', 'sf'],
  [
    'TotWhExp TotWhExpPhA TotWhExpPhB TotWhExpPhC TotWhImp TotWhImpPhA TotWhImpPhB TotWhImpPhC',
    'acc',
    'Wh',
    'TotWh_SF',
  ],
  ['TotWh_SF', 'sf'],
  [
    'TotVAhExp TotVAhExpPhA TotVAhExpPhB TotVAhExpPhC TotVAhImp TotVAhImpPhA TotVAhImpPhB TotVAhImpPhC',
    'acc',
    'VAh',
    'TotVAh_SF',
  ],
  ['TotVAh_SF', 'sf'],
  [
    'TotVArhImpQ1 TotVArhImpQ1PhA TotVArhImpQ1PhB TotVArhImpQ1PhC TotVArhImpQ2 TotVArhImpQ2PhA TotVArhImpQ2PhB TotVArhImpQ2PhC TotVArhExpQ3 TotVArhExpQ3PhA TotVArhExpQ3PhB TotVArhExpQ3PhC TotVArhExpQ4 TotVArhExpQ4PhA TotVArhExpQ4PhB TotVArhExpQ4PhC',
    'acc',
    null,
    'TotVArh_SF',
  ],
  ['TotVArh_SF', 'sf'],
  ['Evt', 'bits'],
]

const METER: readonly Row[] = [
  ['A AphA AphB AphC', 'i16', 'A', 'A_SF'],
  ['A_SF', 'sf'],
  ['PhV PhVphA PhVphB PhVphC PPV PhVphAB PhVphBC PhVphCA', 'i16', 'V', 'V_SF'],
  ['V_SF', 'sf'],
  ['Hz', 'i16', 'Hz', 'Hz_SF'],
  ['Hz_SF', 'sf'],
  ['W WphA WphB WphC', 'i16', 'W', 'W_SF'],
  ['W_SF', 'sf'],
  ['VA VAphA VAphB VAphC', 'i16', 'VA', 'VA_SF'],
  ['VA_SF', 'sf'],
  ['VAR VARphA VARphB VARphC', 'i16', null, 'VAR_SF'],
  ['VAR_SF', 'sf'],
  ['PF PFphA PFphB PFphC', 'i16', '%', 'PF_SF'],
  ['PF_SF', 'sf'],
  [
    'TotWhExp TotWhExpPhA TotWhExpPhB TotWhExpPhC TotWhImp TotWhImpPhA TotWhImpPhB TotWhImpPhC',
    'acc',
    'Wh',
    'TotWh_SF',
  ],
  ['TotWh_SF', 'sf'],
  [
    'TotVAhExp TotVAhExpPhA TotVAhExpPhB TotVAhExpPhC TotVAhImp TotVAhImpPhA TotVAhImpPhB TotVAhImpPhC',
    'acc',
    'VAh',
    'TotVAh_SF',
  ],
  ['TotVAh_SF', 'sf'],
  [
    'TotVArhImpQ1 TotVArhImpQ1PhA TotVArhImpQ1PhB TotVArhImpQ1PhC TotVArhImpQ2 TotVArhImpQ2PhA TotVArhImpQ2PhB TotVArhImpQ2PhC TotVArhExpQ3 TotVArhExpQ3PhA TotVArhExpQ3PhB TotVArhExpQ3PhC TotVArhExpQ4 TotVArhExpQ4PhA TotVArhExpQ4PhB TotVArhExpQ4PhC',
    'acc',
    null,
    'TotVArh_SF',
  ],
  ['TotVArh_SF', 'sf'],
  ['Evt', 'bits'],
]

const METER_FLOAT: readonly Row[] = [
  ['A AphA AphB AphC', 'f32', 'A'],
  ['PhV PhVphA PhVphB PhVphC PPV PPVphAB PPVphBC PPVphCA', 'f32', 'V'],
  ['Hz', 'f32', 'Hz'],
  ['W WphA WphB WphC', 'f32', 'W'],
  ['VA VAphA VAphB VAphC', 'f32', 'VA'],
  ['VAR VARphA VARphB VARphC PF PFphA PFphB PFphC', 'f32'],
  ['TotWhExp TotWhExpPhA TotWhExpPhB TotWhExpPhC TotWhImp TotWhImpPhA TotWhImpPhB TotWhImpPhC', 'f32', 'Wh'],
  ['TotVAhExp TotVAhExpPhA TotVAhExpPhB TotVAhExpPhC TotVAhImp TotVAhImpPhA TotVAhImpPhB TotVAhImpPhC', 'f32', 'VAh'],
  [
    'TotVArhImpQ1 TotVArhImpQ1phA TotVArhImpQ1phB TotVArhImpQ1phC TotVArhImpQ2 TotVArhImpQ2phA TotVArhImpQ2phB TotVArhImpQ2phC TotVArhExpQ3 TotVArhExpQ3phA TotVArhExpQ3phB TotVArhExpQ3phC TotVArhExpQ4 TotVArhExpQ4phA TotVArhExpQ4phB TotVArhExpQ4phC',
    'f32',
  ],
  ['Evt', 'bits'],
]

/** By model id. */
export const SUNSPEC_MODELS: ReadonlyMap<number, ReadonlyMap<string, SunSpecPoint>> = new Map([
  ...modelsOf([1], COMMON),
  ...modelsOf([101, 102, 103], INVERTER),
  ...modelsOf([111, 112, 113], INVERTER_FLOAT),
  ...modelsOf([201], METER_AN),
  ...modelsOf([202, 203, 204], METER),
  ...modelsOf([211, 212, 213, 214], METER_FLOAT),
])

function modelsOf(
  ids: readonly number[],
  rows: readonly Row[],
): readonly [number, ReadonlyMap<string, SunSpecPoint>][] {
  const points = new Map<string, SunSpecPoint>()
  // Id and length stand before the first point.
  let offset = 2
  for (const [names, rowType, unit = null, scaleFactor = null] of rows) {
    const { type, length, none } = TYPES[rowType]
    const words = wordsOf(type, length)
    for (const name of names.split(' ')) {
      const isScaleFactor = rowType === 'sf'
      if (rowType !== 'pad') points.set(name, { offset, words, type, unit, scaleFactor, none, isScaleFactor })
      offset += words
    }
  }
  return ids.map((id) => [id, points])
}
