/** Devices behind an MQTT broker: their topics are heard, orders are published. */

import type {
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

export const mqttDriver = {
  schemes: MQTT_SCHEMES,
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
