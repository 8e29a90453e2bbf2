/** What a CSMS hears of every fault that a shipped charger can show: an error code of OCPP 1.6, the maker's own code and a whole sentence. */
import { describe, expect, it } from 'vitest'
import { mappingLibrary } from '../../src/mapping/index.ts'
import { FAULT_KINDS, FAULT_SENTENCES, MAX_FAULT_TEXT } from '../../src/model/fault-kind.ts'
import type { DeviceFault } from '../../src/model/signal.ts'
import { encode } from '../../src/ocpp/v16/to-ocpp.ts'

interface Told {
  readonly errorCode: string
  readonly info: string
  readonly vendorErrorCode: string
}

function told(fault: DeviceFault): Told {
  const message = { kind: 'status', evse: 1, status: 'faulted', fault, info: fault.text, at: 0 } as const
  return encode(message, { csmsTransactionId: () => null, vendor: 'Maker' }).payload as unknown as Told
}

/** Every fault that a file names, with the code that its register shows. */
const named = mappingLibrary()
  .list()
  .flatMap(({ name }) => {
    const { error, kind } = mappingLibrary().load(name)
    if (error === null || kind !== 'charger') return []
    const shown = (value: number): string => (error.point.hex ? `0x${value.toString(16).toUpperCase()}` : String(value))
    return [
      ...[...error.values].map(([value, fault]) => [name, shown(value), fault] as const),
      ...error.bits.map(({ bit, fault }) => [name, shown(2 ** bit), fault] as const),
    ]
  })

/** A word in a sentence, and the only kinds that it may stand for. */
const MEANINGS: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /residual (direct )?current|earth fault|protective earth|\bRCD\b/i,
    ['GroundFailure', 'InternalError', 'PowerSwitchFailure', 'OverVoltage', 'UnderVoltage'],
  ],
  [/too hot|temperature/i, ['HighTemperature', 'InternalError']],
  [/welded|contactor|relay/i, ['PowerSwitchFailure', 'GroundFailure']],
  [/could not be (un)?locked|\bthe lock\b/i, ['ConnectorLockFailure']],
  [/\bvoltage is too high|overvoltage/i, ['OverVoltage', 'EVCommunicationError']],
  [/\bvoltage is too low|undervoltage/i, ['UnderVoltage', 'EVCommunicationError']],
  [/pilot (signal|circuit|voltage)|proximity signal|ventilation|\bdiode\b/i, ['EVCommunicationError']],
  [/too much current|overload|breaker/i, ['OverCurrentFailure']],
  [/energy meter|MID meter/i, ['PowerMeterFailure']],
  [/card reader/i, ['ReaderFailure']],
]

describe('the faults of the shipped chargers', () => {
  it('are many', () => {
    expect(named.length).toBeGreaterThan(250)
  })

  it.each(named)('%s %s', (_, code, { kind, text, name }) => {
    expect(FAULT_KINDS).toContain(kind)
    const { errorCode, info, vendorErrorCode } = told({ code: name ?? code, kind, text })
    expect(errorCode).toBe(kind)
    expect(vendorErrorCode).toBe(name ?? code)
    expect(info).toBe(text)
    expect(info.length).toBeLessThanOrEqual(MAX_FAULT_TEXT)
    for (const [words, kinds] of MEANINGS) if (words.test(info)) expect(kinds, info).toContain(kind)
  })
})

describe('every kind', () => {
  it.each(FAULT_KINDS)('%s has a sentence that fits', (kind) => {
    const text = FAULT_SENTENCES[kind]
    expect(text).toMatch(/^[A-Z].*[A-Za-z]$/)
    expect(told({ code: '1', kind, text }).info).toBe(text)
  })
})
