/** Whole sessions on real sockets: registers -> driver -> mapping -> station -> CSMS, and a set-point all the way back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { otherSchemas, startCheckingCsms } from '../peers/checking-csms.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { describeWithPeers } from '../peers/require-peer.ts'
import { startStrictCsms, type StrictCsms } from '../peers/strict-csms.ts'
import { serve } from './chain.ts'
import { cardSession, freeSession, playSession, remoteSession, type ServeBox, type SessionCsms } from './session.ts'

const SPEED = 20
const serveBox: ServeBox = (box, clock) => serve('tcp://127.0.0.1:0', box.units, clock)

let clock: FastClock
beforeEach(() => {
  clock = new FastClock(SPEED)
})
afterEach(() => clock.stop())

/** The CSMS lives in the same fast time. */
const currentTime = (): string => new Date(clock.now()).toISOString()

describe('with the strict server of ocpp-rpc', () => {
  let server: StrictCsms
  beforeEach(async () => {
    server = await startStrictCsms({
      answers: {
        BootNotification: () => ({ status: 'Accepted', currentTime: currentTime(), interval: 300 }),
        Heartbeat: () => ({ currentTime: currentTime() }),
      },
    })
  })
  afterEach(() => server.close())
  const csms = (): SessionCsms => ({
    url: server.url,
    calls: () => server.calls.map(({ method, params }) => ({ action: method, payload: params })),
    ask: (action, payload) => server.call('CP-001', action, payload),
  })

  it('by card: boot, charge, steer, stop from afar, unlock, reset', async () => {
    await playSession({ clock, csms: csms(), serveBox, authorize: 'card' }, cardSession)
    expect(server.complaints).toEqual([])
  })

  it('free: plug in, charge, pull the plug', async () => {
    await playSession({ clock, csms: csms(), serveBox, authorize: 'free' }, freeSession)
    expect(server.complaints).toEqual([])
  })

  it('remote: no current until the CSMS starts', async () => {
    await playSession({ clock, csms: csms(), serveBox, authorize: 'remote' }, remoteSession)
    expect(server.complaints).toEqual([])
  })
})

describeWithPeers('with the schemas of mobilityhouse/ocpp', [otherSchemas], () => {
  it.each([
    ['card', cardSession],
    ['free', freeSession],
    ['remote', remoteSession],
  ] as const)('%s', async (authorize, script) => {
    const server = await startCheckingCsms()
    const timed = { BootNotification: { status: 'Accepted', interval: 300 }, Heartbeat: {} } as const
    server.react(({ action }) =>
      action === 'BootNotification' || action === 'Heartbeat'
        ? { answer: { ...timed[action], currentTime: currentTime() } }
        : undefined,
    )
    const csms: SessionCsms = {
      url: server.url,
      calls: () => server.calls,
      ask: async (action, payload) => (await server.call('CP-001', action, payload))[2],
    }
    try {
      await playSession({ clock, csms, serveBox, authorize }, script)
      expect(server.complaints).toEqual([])
      expect(server.checked()).toBeGreaterThan(5)
    } finally {
      await server.close()
    }
  })
})
