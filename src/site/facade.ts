/** The only door into the site for `api`, `cli` and `northbound`. */
export { startSite } from './start-site.ts'
export type { RunningSite } from './running-site.ts'
export { openDeviceAlone, type DeviceAlone } from './device-alone.ts'
export {
  checkMapping,
  explainMapping,
  lintMappings,
  listMappings,
  testMapping,
  type MappingListed,
} from './mapping-tools.ts'
export { mappingFacts } from './mapping-facts.ts'
export { draftMapping } from './draft.ts'
export { scan, type Found } from './scan.ts'
export { simulateAlone } from './simulate-alone.ts'
export { startValueExpectation } from './start-values.ts'
export { askWhy, type OutletAnswer, type WhyAnswer } from './records/ask-why.ts'
export { askWhatIf } from './what-if.ts'
export { createRegistry, type Registry } from './registry.ts'
export type { ParameterOperations, Wrong } from './controller/parameter-operations.ts'
export type { Presented, SiteOperations, Unknown } from './operations.ts'
export type { LimitOperations, LimitView, SetLimit } from './signals/limit-operations.ts'
export type { DecisionOperations } from './records/decision-operations.ts'
export type { Why } from './records/why.ts'
export type { ProvenCommand } from './signals/proof-report.ts'
export type * from './snapshot.ts'
export { playPlannerText } from '../study/planner-lines.ts'
