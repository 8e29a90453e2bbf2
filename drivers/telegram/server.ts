/** The meter's side: sends telegrams by itself, or answers the sign-on, over a socket or a serial port. */

import type { DeviceServer, DocumentBank, DocumentServerSettings } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { KeptOpen } from '../../src/wire/kept-open.ts'
import { dialSerial } from '../../src/wire/serial-port.ts'
import { listenTcp } from '../../src/wire/tcp.ts'
import { orAbort } from '../../src/wire/waiting.ts'
import type { PatientWire } from '../../src/wire/wire.ts'
import { writeDsmr } from './dsmr.ts'
import { readoutServer } from './iec-server.ts'
import { frameSml } from './sml-framing.ts'
import { writeSml } from './sml-telegram.ts'
import { writeSmarty } from './smarty.ts'
import type { TelegramAddress } from './url.ts'
import { withPort } from './url.ts'
import { useWire } from './wire-life.ts'

const CLIENT_LIMIT = 32
const REOPEN = { firstMs: 1000, limitMs: 1000 }

/** One client: where its bytes go; the meter speaks to it until `signal` aborts. */
export interface Speaker {
  readonly bytes: (chunk: Buffer) => void
  readonly run: (wire: PatientWire, signal: AbortSignal) => Promise<void>
}

/** Throws LINK_UNREACHABLE when the port is taken or is not there. */
export async function serveTelegrams(
  address: TelegramAddress,
  bank: DocumentBank,
  settings: DocumentServerSettings,
): Promise<DeviceServer> {
  const speaker = (): Speaker => {
    if (address.format === 'iec62056' && address.readout.mode !== 'D') {
      return readoutServer(bank, address.readout, address.line, settings.clock)
    }
    return pushing(telegramWriter(address, bank), settings)
  }
  if ('path' in address.place) return serveSerial(address, address.place.path, speaker, settings)

  const life = new AbortController()
  const { host, port } = address.place
  const listener = await listenTcp(host, port, CLIENT_LIMIT, (wire) => {
    const client = new AbortController()
    const speaks = speaker()
    const stop = (): void => client.abort(new Error('the server was closed'))
    life.signal.addEventListener('abort', stop, { once: true })
    // A client that went away ends its own speaker, and nothing else.
    speaks.run(wire, client.signal).catch(() => wire.close())
    return {
      bytes: speaks.bytes,
      closed: (reason) => {
        life.signal.removeEventListener('abort', stop)
        client.abort(new Error(reason))
      },
    }
  })
  return {
    url: withPort(address.shown, listener.port),
    close: () => {
      life.abort(new Error('the server was closed'))
      return listener.close()
    },
  }
}

function telegramWriter({ format, key }: TelegramAddress, bank: DocumentBank): () => Buffer {
  if (format === 'sml') return () => frameSml(writeSml(bank.telegram()))
  if (key === null) return () => writeDsmr(bank.telegram())
  // Begins anew with each client: enough for a simulated meter, whose secrets are none.
  let counter = 0
  return () => writeSmarty(writeDsmr(bank.telegram()), key, (counter += 1))
}

function pushing(telegram: () => Buffer, { clock, everyMs }: DocumentServerSettings): Speaker {
  return {
    bytes: () => undefined,
    run: async (wire, signal) => {
      for (;;) {
        await orAbort(wire.send(telegram()), signal)
        await clock.sleep(everyMs, signal)
      }
    },
  }
}

/** A serial port that is opened again when its adapter comes back. */
async function serveSerial(
  address: TelegramAddress,
  path: string,
  speaker: () => Speaker,
  { clock }: DocumentServerSettings,
): Promise<DeviceServer> {
  const first = Promise.withResolvers<string | null>()
  const kept = new KeptOpen({
    clock,
    random: () => 1,
    backOff: REOPEN,
    once: (life, opened) => {
      const { bytes, run } = speaker()
      return useWire(dialSerial(path, address.line), clock, life, {
        bytes,
        opened: () => {
          opened()
          first.resolve(null)
        },
        run: (wire, signal) => run(wire, signal).then(() => 'it ended'),
      })
    },
    ended: (reason) => first.resolve(reason),
  })
  // Listening on a port that is not there is an error; one that goes away later is waited for.
  const problem = await first.promise
  if (problem !== null) {
    await kept.close()
    throw new BridgeError('LINK_UNREACHABLE', `cannot listen on ${path}: ${problem}`)
  }
  return { url: address.shown, close: () => kept.close() }
}
