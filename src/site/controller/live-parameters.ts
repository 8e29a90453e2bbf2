/**
 * The station controller's parameters as they hold now: what the site file starts with, and what the CSMS or the API has changed since.
 * A change counts once it is on disk, so a restart changes nothing. CSMS and API change the same values: the last one wins.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import type { ControllerParameters } from '../../model/controller-parameters.ts'
import { checkNumber, expectedNumber } from '../../model/number-rule.ts'
import { PARAMETER_NAMES } from '../../model/parameter-table.ts'
import { type ParameterPlace, rowOf, ruleOf } from './parameter-place.ts'

export interface ParameterChange {
  readonly place: ParameterPlace
  /** As a person or a CSMS wrote it. Null: as the site file has it, or no maximum. */
  readonly value: string | null
}

/** A value that cannot be. */
export interface WrongValue {
  readonly place: ParameterPlace
  /** What can stand there, in words. */
  readonly expected: string
}

export interface LiveParametersOptions {
  readonly ledger: Pick<Ledger, 'settings' | 'saveSetting'>
  /** With the start values of the site file. */
  readonly first: ControllerParameters
  /** Everything that can be changed on this site. */
  readonly places: readonly ParameterPlace[]
  /** After each change that is one; `by`: a person's words for who it was. */
  readonly onChange: (place: ParameterPlace, value: number | null, by: string) => void
}

/** Their rows in the ledger; no station can be called so. They stay when the controller's identity changes. */
const CONTROLLER_ROWS = '#controller'

export class LiveParameters {
  readonly #options: LiveParametersOptions
  /** By row: what differs from the first values. */
  readonly #changed = new Map<string, number>()
  #now: ControllerParameters
  #turn: Promise<void> = Promise.resolve()

  constructor(options: LiveParametersOptions) {
    this.#options = options
    this.#now = options.first
  }

  get now(): ControllerParameters {
    return this.#now
  }

  get places(): readonly ParameterPlace[] {
    return this.#options.places
  }

  /**
   * What was changed in an earlier run. Rows of chargers and circuits that are not in the site file now stay in the ledger,
   * so that they hold again when these come back. Faults: LEDGER_FAILED.
   */
  async restore(): Promise<void> {
    const { ledger, places } = this.#options
    const stored = await ledger.settings(CONTROLLER_ROWS)
    for (const place of places) {
      const text = checkNumber(ruleOf(place), stored.get(rowOf(place)) ?? '')
      if (text !== null && text !== '') this.#changed.set(rowOf(place), Number(text))
    }
    this.#now = this.#reckon()
  }

  /** A person's or CSMS's value, or null where no maximum is set. */
  valueAt(place: ParameterPlace): number | null {
    return place.kind === 'parameter' ? this.#now[place.name] : (this.#changed.get(rowOf(place)) ?? null)
  }

  /**
   * All of them or none: with a wrong value among them nothing is changed. Resolves when they are on disk and in force, with what was
   * wrong. Faults: LEDGER_FULL, LEDGER_FAILED; then those before it hold.
   */
  async change(changes: readonly ParameterChange[], by: string): Promise<readonly WrongValue[]> {
    const wrong: WrongValue[] = []
    const wanted: (readonly [ParameterPlace, number | null])[] = []
    for (const { place, value } of changes) {
      const text = value === null ? '' : checkNumber(ruleOf(place), value)
      if (text === null) wrong.push({ place, expected: expectedOf(place, value ?? '') })
      else wanted.push([place, text === '' ? null : Number(text)])
    }
    if (wrong.length > 0) return wrong
    // One after the other, so that disk and memory agree on who was last.
    const turn = this.#turn.then(async () => {
      for (const [place, value] of wanted) await this.#put(place, value, by)
    })
    this.#turn = turn.catch(() => {}) // told to the one whose change it was
    await turn
    return []
  }

  async #put(place: ParameterPlace, value: number | null, by: string): Promise<void> {
    const { ledger, onChange } = this.#options
    const row = rowOf(place)
    const before = this.valueAt(place)
    await ledger.saveSetting(CONTROLLER_ROWS, row, value === null ? null : String(value))
    if (value === null) this.#changed.delete(row)
    else this.#changed.set(row, value)
    this.#now = this.#reckon()
    const after = this.valueAt(place)
    if (after !== before) onChange(place, after, by)
  }

  #reckon(): ControllerParameters {
    const { first, places } = this.#options
    const outletMaxAmps = new Map<string, number>()
    const circuitMaxAmps = new Map<string, number>()
    const single = Object.fromEntries(PARAMETER_NAMES.map((name) => [name, first[name]]))
    for (const place of places) {
      const value = this.#changed.get(rowOf(place))
      if (value === undefined) continue
      if (place.kind === 'parameter') single[place.name] = value
      else if (place.kind === 'outlet') outletMaxAmps.set(place.outletId, value)
      else circuitMaxAmps.set(place.circuitId, value)
    }
    return { ...first, ...single, outletMaxAmps, circuitMaxAmps }
  }
}

/** In numbers; that a maximum can be taken away is said elsewhere. */
function expectedOf(place: ParameterPlace, refused: string): string {
  const { also = [], ...rule } = ruleOf(place)
  return expectedNumber({ ...rule, also: also.filter((text) => text !== '') }, refused)
}
