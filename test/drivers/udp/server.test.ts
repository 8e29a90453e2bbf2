import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'

import { udpServer } from '../../../drivers/udp/index.ts'
import type { DocumentBank } from '../../../src/model/driver.ts'
import { asking, datagram, linkTo } from './scripted-device.ts'

function bank(answer: DocumentBank['answer']): DocumentBank {
  return { answer, topics: () => new Map(), hear: () => undefined, telegram: () => new Map() }
}

const ECHO: DocumentBank['answer'] = (request) => {
  if (request.kind !== 'datagram' || request.text === 'unknown') return null
  if (request.text === 'broken') throw new Error('broken')
  return { status: 200, body: `said ${request.text}` }
}

describe('a served UDP device', () => {
  it('answers to where the question came from, and keeps silent to what it does not know', async () => {
    const device = await udpServer.serve('udp://127.0.0.1:0', bank(ECHO))
    onTestFinished(() => device.close())
    const link = linkTo(device.url)
    expect(await link.ask(datagram('i', 'said'), asking())).toMatchObject({ body: 'said i' })
    for (const text of ['unknown', 'broken']) {
      await expect(link.ask(datagram(text, 'said'), asking({ timeoutMs: 30 }))).rejects.toMatchObject({
        code: 'DEVICE_TIMEOUT',
      })
    }
    const stranger = createSocket('udp4')
    onTestFinished(() => {
      stranger.close()
    })
    const port = Number(new URL(device.url).port)
    stranger.send(Buffer.alloc(9000, 'x'), port, '127.0.0.1')
    stranger.send('hello', port, '127.0.0.1')
    const [answer]: Buffer[] = await once(stranger, 'message')
    expect(String(answer)).toBe('said hello')
  })

  it('answers to a fixed port when told so', async () => {
    const probe = createSocket('udp4')
    probe.bind(0)
    await once(probe, 'listening')
    const { port } = probe.address()
    probe.close()
    await once(probe, 'close')
    const device = await udpServer.serve(`udp://127.0.0.1:0?reply=${port}`, bank(ECHO))
    onTestFinished(() => device.close())
    expect(device.url).toContain(`?local=${port}`)
    expect(await linkTo(device.url).ask(datagram('i', 'said'), asking())).toMatchObject({ body: 'said i' })
  })

  it('says when its port is taken', async () => {
    const device = await udpServer.serve('udp://127.0.0.1:0', bank(ECHO))
    onTestFinished(() => device.close())
    await expect(udpServer.serve(device.url, bank(ECHO))).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
  })
})
