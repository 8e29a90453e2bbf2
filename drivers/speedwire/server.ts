/** The meter's side: one datagram after the other to the group, or to one machine. */

import type { DeviceServer, DocumentBank, DocumentServerSettings } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { writeDatagram } from './datagram.ts'
import { speak } from './socket.ts'
import type { SpeedwireAddress } from './url.ts'

const SERIAL = 1_900_000_000

/** Throws LINK_UNREACHABLE when this machine cannot send there. */
export async function serveSpeedwire(
  url: string,
  address: SpeedwireAddress,
  bank: DocumentBank,
  { clock, everyMs }: DocumentServerSettings,
): Promise<DeviceServer> {
  const life = new AbortController()
  const unreachable = (error: unknown): never => {
    throw new BridgeError('LINK_UNREACHABLE', `${url}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const mouth = await speak(address).catch(unreachable)
  const send = (): Promise<void> =>
    mouth.send(writeDatagram(bank.telegram(), address.serial ?? SERIAL, Math.floor(clock.monotonic())))
  await send().catch(async (error: unknown) => {
    await mouth.close()
    unreachable(error)
  })
  const forever = async (): Promise<void> => {
    while (!life.signal.aborted) {
      // Aborted by close(): the loop ends.
      await clock.sleep(everyMs, life.signal).catch(() => undefined)
      // A network that went away comes back; the next datagram goes out then.
      if (!life.signal.aborted) await send().catch(() => undefined)
    }
  }
  const done = forever()
  return {
    url,
    close: async () => {
      if (life.signal.aborted) return
      life.abort(new Error('the server was closed'))
      await done
      await mouth.close()
    },
  }
}
