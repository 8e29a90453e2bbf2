import { BridgeError } from '../../src/model/errors.ts'
import type { SerialFormat } from './url.ts'
import type { Dial, Wire } from './wire.ts'

/**
 * Opens a serial port by its path, again and again by the same one: a udev name such as /dev/serial/by-id/... finds an adapter that came
 * back elsewhere. The package is loaded here, so that sites without serial ports do not pay for it.
 */
export function dialSerial(path: string, line: SerialFormat): Dial {
  return async (events, signal) => {
    const { SerialPort } = await import('serialport')
    signal.throwIfAborted()
    return new Promise<Wire>((resolve, reject) => {
      let open = true
      let lastError = ''
      const port = new SerialPort({
        path,
        baudRate: line.baud,
        dataBits: line.dataBits,
        parity: line.parity,
        stopBits: line.stopBits,
        autoOpen: false,
      })
      const shut = (): Promise<void> => {
        open = false
        // Also called back with "port is not open": it is closed already then.
        return new Promise((done) => port.close(() => done()))
      }
      port.on('data', (chunk: Buffer) => {
        if (open) events.bytes(chunk)
      })
      port.on('error', (error) => {
        lastError = error.message
      })
      port.on('close', (error: Error | null) => {
        if (!open) return
        open = false
        events.closed(error?.message ?? (lastError === '' ? 'serial port closed' : lastError))
      })
      port.open((error) => {
        if (error !== null) {
          open = false
          reject(new BridgeError('LINK_UNREACHABLE', error.message))
          return
        }
        if (signal.aborted) {
          void shut()
          reject(signal.reason)
          return
        }
        // What an adapter collected before we came answers nothing of ours.
        port.flush(() => {
          if (signal.aborted) {
            void shut()
            reject(signal.reason)
            return
          }
          resolve({
            write: (bytes) => {
              port.write(bytes)
            },
            close: shut,
          })
        })
      })
    })
  }
}
