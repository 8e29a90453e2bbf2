/** Serial ports as wires. */

import type { SerialLine } from './serial-line.ts'
import type { Dial, PatientWire, Wire } from './wire.ts'

/**
 * Opens a serial port by its path, again and again by the same one: a udev name such as /dev/serial/by-id/... finds an adapter that came
 * back elsewhere. The package is loaded here, so that sites without serial ports do not pay for it.
 */
export function dialSerial(path: string, line: SerialLine): Dial<Wire & PatientWire> {
  return async (events, signal) => {
    const { SerialPort } = await import('serialport')
    signal.throwIfAborted()
    const { baud: baudRate, dataBits, parity, stopBits } = line
    const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, autoOpen: false })
    let open = true
    let lastError = ''
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
    const close = async (): Promise<void> => {
      open = false
      // It also fails with "port is not open": it is closed already then.
      await done((back) => port.close(back)).catch(() => undefined)
    }
    const wire: Wire & PatientWire = {
      write: (bytes) => {
        port.write(bytes)
      },
      send: async (bytes) => {
        await done((back) => port.write(bytes, undefined, back))
        await done((back) => port.drain(back))
      },
      // A port that was pulled out reads as if nothing came, for ever; only an order to the device fails.
      check: () => done((back) => port.drain(back)),
      setBaud: (baud) => done((back) => port.update({ baudRate: baud }, back)),
      close,
    }
    await done((back) => port.open(back))
    // What an adapter collected before we came is the rest of something.
    await done((back) => port.flush(back)).catch(() => undefined)
    if (signal.aborted) await close()
    signal.throwIfAborted()
    return wire
  }
}

/** A call of the package as a promise. */
function done(call: (back: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}
