/**
 * A CSMS that sends what it must not, thousands of times (rows H26 to H36 of docs/faults.md). What holds in each row: the memory stays
 * as it was, the link lives or comes back, a neighbour on another connection notices nothing, and nothing of ours is told.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import { startScriptedCsms } from '../../peers/scripted-csms.ts'
import type { ScriptedCsms } from '../../peers/scripted-csms.ts'
import { startClient } from './harness.ts'
import type { Harness } from './harness.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let csms: ScriptedCsms
let sick: Harness
let healthy: Harness

/** As a station answers: the version's decoder first. */
async function onCall(action: string, payload: unknown): Promise<object> {
  const request = ocpp16.decodeRequest(action, payload)
  if ('refused' in request) throw new RpcCallError(request.code, request.description)
  return { status: 'Accepted' }
}

beforeEach(async () => {
  csms = await startScriptedCsms()
  const versions = [ocpp16]
  const backOff = { waitMinimumMs: 5, randomRangeMs: 5, repeatTimes: 0 }
  const limits = { callsPerSecond: 1e6, callBurst: 1e6 }
  sick = startClient(csms.url, { versions, backOff, limits, stationId: 'SICK' }, onCall)
  healthy = startClient(csms.url, { versions, backOff, stationId: 'HEALTHY' }, onCall)
  await Promise.all([csms.connected('SICK'), csms.connected('HEALTHY')])
})
afterEach(async () => {
  await Promise.all([sick.client.close(), healthy.client.close()])
  await csms.close()
})

const MEBIBYTE = 1024 * 1024
const times = (count: number, frame: string) => (socket: WebSocket) => {
  for (let turn = 0; turn < count; turn++) socket.send(frame)
}
const call = (action: string, payload: string, id = 'x'): string => `[2,${JSON.stringify(id)},"${action}",${payload}]`

test.each<readonly [string, (socket: WebSocket) => void]>([
  ['H26: 101 MB in one text', (socket) => socket.send('x'.repeat(101_000_000))],
  [
    'H27: fragments without an end',
    (socket) => {
      for (let turn = 0; turn < 131_000; turn++) socket.send('x', { fin: false })
    },
  ],
  ['H30: ten megabytes of brackets', (socket) => socket.send('['.repeat(10_000_000))],
  ['H30: brackets within the limit of size', times(50, '['.repeat(100_000))],
  ['H30: objects a thousand deep', times(200, call('Reset', '{"a":'.repeat(1000) + '1' + '}'.repeat(1000)))],
  ['H31: [2]', times(2000, '[2]')],
  ['H31: [2,"x"]', times(2000, '[2,"x"]')],
  ['H31: one element too many', times(2000, '[2,"x","Reset",{"type":"Soft"},1]')],
  ['H31: {}', times(2000, '{}')],
  ['H31: null', times(2000, 'null')],
  ['H31: an id that is a number', times(2000, '[2,1,"Reset",{}]')],
  ['H31: a type that is a text', times(2000, '["2","x","Reset",{}]')],
  ['H32: an empty id', times(2000, call('Reset', '{"type":"Soft"}', ''))],
  ['H32: an id of 37 characters', times(2000, call('Reset', '{"type":"Soft"}', 'x'.repeat(37)))],
  ['H32: an id of a megabyte', times(10, call('Reset', '{"type":"Soft"}', 'x'.repeat(MEBIBYTE)))],
  ['H32: an id with newline and escape', times(2000, call('Reset', '{"type":"Soft"}', 'a\n\u001B[31mb'))],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map(
    (action) => [`H33: ${action} as action`, times(500, call(action, '{}'))] as const,
  ),
  ['H34: __proto__ in the payload', times(1000, call('Reset', '{"type":"Soft","__proto__":{"polluted":1}}'))],
  ['H34: null instead of an object', times(1000, '[2,"x","Reset",null]')],
  ['H35: 1e400', times(1000, call('UnlockConnector', '{"connectorId":1e400}'))],
  ['H35: 9007199254740993', times(1000, call('UnlockConnector', '{"connectorId":9007199254740993}'))],
  [
    'H36: the 30th of February',
    times(
      1000,
      call('ReserveNow', '{"connectorId":1,"expiryDate":"2025-02-30T00:00:00Z","idTag":"A","reservationId":1}'),
    ),
  ],
  ['a CALL in the wrong direction', times(1000, call('BootNotification', '{}'))],
  ['an answer to nothing', times(2000, '[3,"nobody",{}]')],
  ['an error to nothing', times(2000, '[4,"nobody","GenericError","",{}]')],
  [
    'binary frames',
    (socket) => {
      for (let turn = 0; turn < 1000; turn++) socket.send(Buffer.alloc(1000, 0xff))
    },
  ],
])('%s', async (_, misbehave) => {
  collect()
  const before = process.memoryUsage().heapUsed
  misbehave(await csms.connected('SICK'))
  // The link lives, or it is there again: a friendly question is answered.
  for (let answered = false; !answered;) {
    try {
      await csms.connected('SICK')
      await sick.call('Heartbeat', { timeoutMs: 10_000 })
      answered = true
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await healthy.call('Heartbeat')
  expect(await csms.call('HEALTHY', 'Reset', { type: 'Soft' })).toEqual([3, expect.any(String), { status: 'Accepted' }])
  expect(healthy.opened()).toBe(1)
  expect(healthy.notices).toEqual([])
  // I6: told at most once per kind, in one line, without the frame's contents and without a word of our code
  expect(sick.notices.length).toBeLessThanOrEqual(2)
  for (const { message } of sick.notices) {
    expect(message).toMatch(/^[\x20-\x7e’…]{1,240}$/)
    expect(message).not.toMatch(/at .*\.ts|node_modules/)
  }
  // what the CSMS heard names no file and no exception either
  for (const frame of new Set(csms.frames)) expect(frame).not.toMatch(/\.ts\b|node_modules|SyntaxError|TypeError/)
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  // the harness keeps what went over the wire; a test's notes are no leak
  ;(sick.frames as unknown[]).length = 0
  ;(csms.frames as unknown[]).length = 0
  collect()
  expect((process.memoryUsage().heapUsed - before) / MEBIBYTE).toBeLessThan(12)
})
