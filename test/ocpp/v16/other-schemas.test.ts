/** The same messages and answers as against the strict CSMS, checked with the schemas of another library. */
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/model/clock.ts'
import type { CsmsResponse } from '../../../src/model/csms-request.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { otherSchemas, startCheckingCsms } from '../../peers/checking-csms.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { EVERY_MESSAGE, EVERY_REQUEST, respondTo } from './samples.ts'

describeWithPeers('a CSMS with the schemas of mobilityhouse/ocpp', [otherSchemas], () => {
  test('takes every message and every answer of ours', async () => {
    const csms = await startCheckingCsms()
    const opened = Promise.withResolvers<void>()
    let response: CsmsResponse | null = null
    const rpc = connectRpc(
      {
        url: csms.url,
        stationId: 'CP-001',
        versions: [ocpp16],
        transport: { authorization: null, tls: {}, explain: () => null },
        clock: systemClock,
        random: Math.random,
        limits: { callBurst: 1000 },
      },
      {
        onOpen: opened.resolve,
        onDown: opened.reject,
        onFrame: () => undefined,
        async onCall(action, payload) {
          const request = ocpp16.decodeRequest(action, payload)
          if ('refused' in request) throw new RpcCallError(request.code, request.description)
          if (response === null) throw new RpcCallError('InternalError', 'the test has no answer')
          return ocpp16.encodeResponse(request, response)
        },
      },
    )
    await opened.promise
    const signal = new AbortController().signal
    for (const [index, message] of EVERY_MESSAGE.entries()) {
      const { action, payload } = ocpp16.encode(message, { csmsTransactionId: () => '1000' })
      const answer = await rpc.call(action, payload, { messageId: `m${index}`, timeoutMs: 5000, signal })
      expect(ocpp16.decodeAnswer(message, answer)).toMatchObject({ kind: message.kind })
    }
    let asked = 0
    for (const [action, payload, request] of EVERY_REQUEST) {
      for (response of respondTo(request)) {
        await csms.call('CP-001', action, payload)
        asked++
      }
    }
    await rpc.close()
    await csms.close()
    expect(csms.complaints).toEqual([])
    expect(csms.checked()).toBe(EVERY_MESSAGE.length + 2 * asked)
  })

  test('complains about what is wrong', async () => {
    const csms = await startCheckingCsms()
    await csms.call('CP-001', 'Reset', { type: 'Sometimes' }).catch(() => undefined)
    await csms.close()
    expect(csms.complaints).toEqual(['Reset: data/type must be equal to one of the allowed values'])
  })
})
