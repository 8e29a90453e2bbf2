import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'

import { httpServer } from '../../../drivers/http/index.ts'
import type { Datagram, DocumentBank, HttpRequest } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { asking, get, linkTo, put } from './scripted-device.ts'

function bank(answer: DocumentBank['answer']): DocumentBank {
  return { answer, topics: () => new Map(), hear: () => undefined, telegram: () => new Map() }
}

async function served(answer: DocumentBank['answer'], url = 'http://127.0.0.1:0'): Promise<string> {
  const device = await httpServer.serve(url, bank(answer))
  onTestFinished(() => device.close())
  return device.url
}

/** What a raw client gets until the device hangs up. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.end(bytes)
  return text(socket)
}

describe('a served HTTP device', () => {
  it('hands requests to its bank as they came, without the prefix', async () => {
    const heard: (HttpRequest | Datagram)[] = []
    const url = await served((request) => {
      heard.push(request)
      return { status: 200, body: '{}' }
    }, 'http://127.0.0.1:0/api')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api$/)
    await linkTo(url).tell(put('/v1/x?y=1', '{"a": 1}', { 'X-Token': 't' }), asking())
    expect(heard).toEqual([
      {
        kind: 'http',
        method: 'PUT',
        path: '/v1/x?y=1',
        headers: expect.objectContaining({ 'x-token': 't', 'content-type': 'application/json' }),
        body: '{"a": 1}',
      },
    ])
  })

  it('answers 404 to what the bank does not know and to what stands outside its prefix', async () => {
    const url = await served(() => null, 'http://127.0.0.1:0/api')
    await expect(linkTo(url).ask(get('/x'), asking())).rejects.toMatchObject({ details: { status: 404 } })
    const root = new URL('/', url).href
    await expect(linkTo(root).ask(get('/apix'), asking())).rejects.toMatchObject({ details: { status: 404 } })
  })

  it('passes on the status of a refusal, and is not ended by a bank that fails', async () => {
    const url = await served((request) => {
      if (request.kind === 'http' && request.path === '/refused') {
        throw new BridgeError('DEVICE_EXCEPTION', 'charging', { details: { status: 409 } })
      }
      if (request.kind === 'http' && request.path === '/odd') return { status: 42, body: '' }
      throw new Error('broken')
    })
    const link = linkTo(url)
    await expect(link.ask(get('/refused'), asking())).rejects.toMatchObject({ details: { status: 409 } })
    await expect(link.ask(get('/odd'), asking())).rejects.toMatchObject({ details: { status: 500 } })
    await expect(link.ask(get('/'), asking())).rejects.toMatchObject({ details: { status: 500 } })
  })

  it.each([
    ['DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 405/],
    ['what?\r\n\r\n', /^HTTP\/1\.1 400/],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
    [
      `PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n${'a'.repeat(300_000)}`,
      /^HTTP\/1\.1 413/,
    ],
  ])('refuses bad requests and goes on: %.30s', async (bytes, answer) => {
    const url = await served(() => ({ status: 200, body: 'good' }))
    expect(await raw(url, bytes)).toMatch(answer)
    expect(await linkTo(url).ask(get('/'), asking())).toMatchObject({ body: 'good' })
  })

  it('says when its port is taken', async () => {
    const url = await served(() => null)
    await expect(
      httpServer.serve(
        url,
        bank(() => null),
      ),
    ).rejects.toThrow(/cannot listen on .*: this port is taken/)
  })
})
