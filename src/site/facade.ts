/** The only door into the site for `api`, `cli` and `northbound`. */
export { startSite, type RunningSite, type SiteOptions } from './site.ts'
export { openDeviceAlone, type DeviceAlone, type DeviceAloneOptions } from './device-alone.ts'
export { simulateAlone, type SimulatedAlone, type SimulateOptions } from './simulate-alone.ts'
export { createRegistry, type Registry } from './registry.ts'
export type * from './snapshot.ts'
