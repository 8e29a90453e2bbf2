/** Devices behind an MQTT broker: their topics are heard, orders are published. */

import type {
  AddressScheme,
  DeviceServer,
  DocumentBank,
  DocumentServerDriver,
  DocumentServerSettings,
  Driver,
  LinkSettings,
} from '../../src/model/driver.ts'
import { MqttLink } from './link.ts'
import { serveMqtt } from './server.ts'
import { MQTT_SCHEMES, parseMqttUrl } from './url.ts'

const COMMON = {
  speaks: 'mqtt',
  at: 'host',
  portOfMapping: false,
  path: false,
  sharing: 'many',
  settings: ['client', 'insecure'],
  format: null,
  login: true,
  place: (url: string): string => {
    const { host, port } = parseMqttUrl(url)
    return `${host}:${port}`
  },
} as const
const ADDRESSES: readonly AddressScheme[] = [
  { ...COMMON, name: 'mqtt', port: 1883, example: 'mqtt://BROKER' },
  { ...COMMON, name: 'mqtts', port: 8883, example: 'mqtts://BROKER' },
]

export const mqttDriver = {
  schemes: MQTT_SCHEMES,
  addresses: ADDRESSES,
  open(url: string, settings: LinkSettings): MqttLink {
    return new MqttLink(parseMqttUrl(url), settings)
  },
} as const satisfies Driver

export const mqttServer = {
  schemes: MQTT_SCHEMES,
  async serve(url: string, bank: DocumentBank, settings: DocumentServerSettings): Promise<DeviceServer> {
    return serveMqtt(parseMqttUrl(url), bank, settings)
  },
} as const satisfies DocumentServerDriver
