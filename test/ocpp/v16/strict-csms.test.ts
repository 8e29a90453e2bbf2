/** Our messages and answers against an independent CSMS that checks each of them against the official schemas. */
import { afterEach, expect, test } from 'vitest'
import type { StationMessage } from '../../../src/model/csms.ts'
import type { CsmsRequest, CsmsResponse } from '../../../src/model/csms-request.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import type { RpcClient } from '../../../src/ocpp/rpc/connect.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { startStrictCsms } from '../../peers/strict-csms.ts'
import type { StrictCsms } from '../../peers/strict-csms.ts'
import { EVERY_MESSAGE, EVERY_REQUEST, respondTo } from './samples.ts'

const NO_TLS = { authorization: null, tls: {}, explain: () => null }

let csms: StrictCsms | null = null
let client: RpcClient | null = null
afterEach(async () => {
  await client?.close()
  await csms?.close()
  client = null
  csms = null
})

async function session(respond: (request: CsmsRequest) => CsmsResponse): Promise<{ csms: StrictCsms; rpc: RpcClient }> {
  csms = await startStrictCsms()
  const opened = Promise.withResolvers<void>()
  client = connectRpc(
    {
      url: `${csms.url}/ocpp`,
      stationId: 'CP-001',
      versions: [ocpp16],
      transport: NO_TLS,
      clock: systemClock,
      random: Math.random,
    },
    {
      onOpen: opened.resolve,
      onDown: opened.reject,
      onFrame: () => undefined,
      async onCall(action, payload) {
        const request = ocpp16.decodeRequest(action, payload)
        if ('refused' in request) throw new RpcCallError(request.code, request.description)
        return ocpp16.encodeResponse(request, respond(request))
      },
    },
  )
  await opened.promise
  await csms.connected('CP-001')
  return { csms, rpc: client }
}

async function send(rpc: RpcClient, message: StationMessage, messageId: string): Promise<unknown> {
  const { action, payload } = ocpp16.encode(message, { csmsTransactionId: () => '1000' })
  const signal = new AbortController().signal
  return ocpp16.decodeAnswer(message, await rpc.call(action, payload, { messageId, timeoutMs: 5000, signal }))
}

test('every message that a station sends passes, and its answer is understood', async () => {
  const { csms: peer, rpc } = await session(() => {
    throw new Error('the CSMS asks nothing here')
  })
  for (const [index, message] of EVERY_MESSAGE.entries()) {
    expect(await send(rpc, message, `m${index}`)).toMatchObject({ kind: message.kind })
  }
  expect(peer.complaints).toEqual([])
  expect(peer.calls).toHaveLength(EVERY_MESSAGE.length)
})

test('every request of the CSMS is understood, and each of our answers to it passes', async () => {
  for (const [action, payload, request] of EVERY_REQUEST) {
    for (const response of respondTo(request)) {
      let seen: CsmsRequest | null = null
      const { csms: peer } = await session((asked) => {
        seen = asked
        return response
      })
      await peer.call('CP-001', action, payload)
      expect(seen).toEqual(request)
      expect(peer.complaints).toEqual([])
      await client?.close()
      await peer.close()
    }
  }
})
