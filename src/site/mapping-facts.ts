/** What the loader of site files asks of a mapping. */
import type { MappingFacts } from '../config/load-options.ts'
import { capabilitiesOf, meterProblem, optionProblems, type Mapping } from '../mapping/index.ts'
import { wayOf } from './address.ts'

export function mappingFacts(mapping: Mapping): MappingFacts {
  return {
    kind: mapping.kind,
    speaks: wayOf(mapping),
    port: mapping.transport.tcpPort,
    unit: mapping.transport.unit,
    serial: mapping.transport.serial,
    connectors: typeof mapping.connectors.count === 'number' ? mapping.connectors.count : null,
    range: mapping.kind === 'charger' ? capabilitiesOf(mapping).current : null,
    unitOfMeter: (meter) => mapping.meters.get(meter)?.transport.unit ?? null,
    wrongSettings: ({ meter, options }) => {
      const wrong = optionProblems(mapping, options).map((problem) => ({ key: 'options' as const, ...problem }))
      const problem = meter === null ? null : meterProblem(mapping, meter)
      return problem === null ? wrong : [{ key: 'meter' as const, name: meter, ...problem }, ...wrong]
    },
  }
}
