/**
 * The site file as people write it. One source: the loader checks with it, editors complete with its JSON Schema, and
 * docs/configuration.md is printed from the descriptions. Each section has its file in `entries`.
 */
import { z } from 'zod'
import { apiKeySection } from './entries/api-entry.ts'
import { balancingSection } from './entries/balancing-entry.ts'
import { busSection } from './entries/bus-entry.ts'
import { circuitSection } from './entries/circuit-entry.ts'
import { controllerSection } from './entries/controller-entry.ts'
import { demandTargetSection } from './entries/demand-target-entry.ts'
import { firmwareSection } from './entries/firmware-entry.ts'
import { meterSection } from './entries/meter-entry.ts'
import { planFlag } from './entries/plan-entry.ts'
import { signalSection } from './entries/signal-entry.ts'
import { siteSection } from './entries/site-entry.ts'
import { groupSection, stationSection } from './entries/station-entry.ts'
import { tariffSection } from './entries/tariff-entry.ts'
import { transfersSection } from './entries/transfers-entry.ts'
import { upstreamSection } from './entries/upstream-entry.ts'
import { webSection } from './entries/web-entry.ts'
import { section } from './fields.ts'

export type { SecretSource } from './entries/device-address.ts'
export { CONVERSATION_KEYS, MAX_CONNECTORS } from './entries/station-entry.ts'

const named = <Entry extends z.ZodType>(entry: Entry) => z.record(z.string(), entry)

/** The whole file, for editors and docs. The loader checks section by section, so that one wrong entry hides no other. */
const siteFileSchema = section({
  site: siteSection.prefault({}).describe('The site as a whole.'),
  buses: named(busSection).optional().describe('Wires that several devices share, by name.'),
  circuits: named(circuitSection).describe('The site’s wiring as a tree of fuses, by name.'),
  meters: named(meterSection).optional().describe('Meters, by name.'),
  stations: named(z.union([stationSection, groupSection])).describe(
    'Chargers, by the id under which the CSMS knows them: at most 48 letters, digits and `- _ . * = + | @`. Several can be one station with `members`.',
  ),
  upstreams: named(upstreamSection).optional().describe('CSMSs, by name.'),
  balancing: balancingSection.optional().describe('How current is shared when there is not enough for all.'),
  tariff: tariffSection
    .optional()
    .describe('What a kWh costs when, in local time: cars that can wait charge in the cheap hours.'),
  'demand-target': demandTargetSection.optional().describe('Cars that can wait do so rather than raise the peak.'),
  plan: planFlag.optional(),
  controller: controllerSection
    .optional()
    .describe('The site’s own station at the CSMS: its configuration keys are the parameters of the site.'),
  signals: named(signalSection)
    .optional()
    .describe(
      'Limits of the grid operator, the energy manager and the operator, by name. With `connect` or `bus` a signal is a contact, with `mqtt` a topic; with neither it is what a key of the API with `allow: [limit]` may set.',
    ),
  web: webSection.optional().describe('The page and the API. Without this section there is none.'),
  api: section({ keys: named(apiKeySection).describe('Keys, by name.') })
    .optional()
    .describe('Keys of kiosks, apps and booking systems. Without it the API only shows. docs/api.md has the calls.'),
  firmware: firmwareSection.optional().describe('What a CSMS may do with firmware.'),
  transfers: transfersSection.optional().describe('Files that a CSMS has sent or fetched.'),
})

export type SiteEntry = z.output<typeof siteSection>
export type BusEntry = z.output<typeof busSection>
export type CircuitEntry = z.output<typeof circuitSection>
export type MeterEntry = z.output<typeof meterSection>
export type StationEntry = z.output<typeof stationSection>
export type GroupEntry = z.output<typeof groupSection>
export type ApiKeyEntry = z.output<typeof apiKeySection>
export type FirmwareEntry = z.output<typeof firmwareSection>
export type TransfersEntry = z.output<typeof transfersSection>
export type UpstreamEntry = z.output<typeof upstreamSection>
export type WebEntry = z.output<typeof webSection>
export type BalancingEntry = z.output<typeof balancingSection>
export type TariffEntry = z.output<typeof tariffSection>
export type DemandTargetEntry = z.output<typeof demandTargetSection>
export type ControllerEntry = z.output<typeof controllerSection>
export type SignalEntry = z.output<typeof signalSection>

/** JSON Schema for editors (draft 2020-12), of the file as written. */
export function siteJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(siteFileSchema, { io: 'input', unrepresentable: 'any' }), title: 'ampbridge site file' }
}
