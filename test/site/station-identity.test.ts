/** Who a station says it is: the site file wins over the device; a group speaks for itself. */
import { describe, expect, it } from 'vitest'
import type { StationConfig } from '../../src/config/site-config.ts'
import { identityOf } from '../../src/site/station-identity.ts'

const NOTHING = { vendor: null, model: null, serial: null, firmware: null, meterType: null, meterSerial: null }
const BOX = { connectors: 1, identity: { vendor: 'KEBA', model: 'P30', serial: '17619300', firmware: '1.10' } }
const TWIN = { connectors: 2, identity: { vendor: 'Twin', model: 'T2', serial: null, firmware: null } }

function said(isGroup: boolean, identity: Partial<StationConfig['identity']> = {}): StationConfig {
  return {
    id: 'S',
    chargers: [],
    isGroup,
    authorize: 'remote',
    freeIdToken: 'FREE',
    upstreamIds: [],
    identity: { ...NOTHING, ...identity },
    startValues: {},
  }
}

describe('a charger that is a station', () => {
  it('says what its device tells', () => {
    expect(identityOf(said(false), [BOX])).toEqual({ ...BOX.identity, meterType: null, meterSerial: null })
  })

  it('says what the site file wants it to say', () => {
    const own = { vendor: 'Acme', serial: 'A-1', meterType: 'MID', meterSerial: '99' }
    expect(identityOf(said(false, own), [BOX])).toEqual({ ...own, model: 'P30', firmware: '1.10' })
  })
})

describe('a station of members', () => {
  it('has the bridge’s name and its number of connectors, and no serial number of one of them', () => {
    expect(identityOf(said(true), [BOX, TWIN])).toEqual({ ...NOTHING, vendor: 'ampbridge', model: '3 connectors' })
    expect(identityOf(said(true), [BOX])).toMatchObject({ model: '1 connector' })
  })

  it('says what the site file wants it to say', () => {
    expect(identityOf(said(true, { model: 'Garage', firmware: '7' }), [BOX])).toMatchObject({
      vendor: 'ampbridge',
      model: 'Garage',
      firmware: '7',
    })
  })
})
