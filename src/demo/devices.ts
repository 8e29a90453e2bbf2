/**
 * The demo's hardware on loopback sockets: a KEBA P30 and an ABB Terra AC on Modbus TCP, two Heidelberg boxes and the SDM630 grid meter on
 * one RTU-over-TCP bus that is as slow as its wires. Each is its mapping run in reverse.
 */
import { SimulatedCharger, simulateDevice } from '../mapping/index.ts'
import type { SimulatedDevice } from '../mapping/index.ts'
import type { Clock } from '../model/clock.ts'
import type { DeviceServer, RegisterBank } from '../model/driver.ts'
import { rotation } from '../model/phase.ts'
import type { RotationName } from '../model/phase.ts'
import type { Registry } from '../site/facade.ts'
import { DEMO_BUS } from './site-file.ts'
import type { DemoAddresses } from './site-file.ts'
import type { ChargerFront, MeterFront, WorldBay } from './world.ts'

export interface DemoDevices {
  readonly bays: readonly WorldBay[]
  readonly meter: MeterFront
  readonly addresses: Omit<DemoAddresses, 'csms'>
  close(): Promise<void>
}

/** Time that a box's own processor takes for an answer. */
const ANSWER_MS = { tcp: 8, bus: 3 }

export async function startDemoDevices(registry: Registry, clock: Clock): Promise<DemoDevices> {
  const simulate = (mapping: string, unit?: number): SimulatedDevice =>
    simulateDevice(registry.mappings.load(mapping), unit === undefined ? { clock } : { clock, unit })
  const keba = simulate('keba-p30')
  const abb = simulate('abb-terra-ac')
  const left = simulate('heidelberg-energy-control', 1)
  const right = simulate('heidelberg-energy-control', 2)
  const grid = simulate('eastron-sdm630', 3)

  await using starting = new AsyncDisposableStack()
  const listen = async (scheme: string, devices: readonly SimulatedDevice[]): Promise<DeviceServer> => {
    const url = `${scheme}://127.0.0.1:0`
    const overTcp = scheme === 'tcp'
    const units = new Map<number, RegisterBank>(devices.flatMap((device) => [...device.units]))
    const server = await registry.serverOf(url).listen(url, units, {
      clock,
      serial: overTcp ? null : DEMO_BUS,
      answerDelayMs: overTcp ? ANSWER_MS.tcp : ANSWER_MS.bus,
    })
    starting.defer(() => server.close())
    return server
  }
  const kebaServer = await listen('tcp', [keba])
  const abbServer = await listen('tcp', [abb])
  const busServer = await listen('rtu+tcp', [left, right, grid])
  const servers = starting.move()

  return {
    bays: [
      bay('CP-001', keba, 'L1L2L3', 32, clock),
      bay('CP-002', abb, 'L2L3L1', 32, clock),
      bay('CP-003', left, 'L3L1L2', 16, clock),
      bay('CP-004', right, 'L2L3L1', 16, clock),
    ],
    meter: { show: (values) => grid.set(values) },
    addresses: {
      keba: kebaServer.url,
      abb: abbServer.url,
      bus: withoutSettings(busServer.url),
    },
    close: () => servers.disposeAsync(),
  }
}

function bay(stationId: string, device: SimulatedDevice, wired: RotationName, maxAmps: number, clock: Clock): WorldBay {
  return {
    stationId,
    charger: chargerFront(device, clock),
    rotation: rotation(wired),
    hasReader: device.mapping.signals.has('tag'),
    maxAmps,
  }
}

/** Contactor and watchdog are the simulated box's own; meter, plug and reader show what the world says. */
function chargerFront(device: SimulatedDevice, clock: Clock): ChargerFront {
  const [connector] = device.connectors
  if (connector === undefined) throw new TypeError(`${device.mapping.device} has no connector`)
  const box = new SimulatedCharger(connector, { clock })
  return {
    offerAmps: () => box.offeredAmps,
    show: (values) => {
      const offered = box.offeredAmps
      connector.set({ ...values, enabled: offered > 0, limit: offered, error: null })
    },
  }
}

/** The bus's settings stand in the site file. */
function withoutSettings(url: string): string {
  return url.split('?', 1)[0] ?? url
}
