/** The demo's site file: written out as a person would write it, so that it can be read, kept and changed. */

export interface DemoAddresses {
  readonly keba: string
  readonly abb: string
  /** Without settings: the bus states them. */
  readonly bus: string
  readonly csms: string
}

export const DEMO_BUS = { baud: 19_200, format: '8E1' } as const
const HOUSE_AMPS = 63
const GARAGE_AMPS = 40
/** What the sessions of `authorize: free` carry. */
export const FREE_TOKEN = 'EMPLOYEE'

export function demoSiteFile({ keba, abb, bus, csms }: DemoAddresses): string {
  return `# The demo car park. Written anew at each start: the ports change.
site: {name: Demo car park, timezone: Europe/Zurich}
buses:
  cellar: {connect: "${bus}", baud: ${DEMO_BUS.baud}, format: ${DEMO_BUS.format}}
circuits:
  house:  {limit: ${HOUSE_AMPS} A, meter: grid, fail-safe: 12 A}
  garage: {parent: house, limit: ${GARAGE_AMPS} A}
meters:
  grid: {mapping: eastron-sdm630, bus: cellar, unit: 3}
stations:
  CP-001:
    mapping: keba-p30
    connect: ${keba}
    circuit: garage
    phases: L1L2L3
    authorize: card
    upstream: demo-csms
    start-values: {MeterValueSampleInterval: 15}
  CP-002:
    mapping: abb-terra-ac
    connect: ${abb}
    circuit: garage
    phases: L2L3L1
    authorize: remote
    upstream: demo-csms
    start-values: {MeterValueSampleInterval: 15}
  CP-003:
    mapping: heidelberg-energy-control
    bus: cellar
    unit: 1
    circuit: garage
    phases: L3L1L2
    authorize: free
    token: ${FREE_TOKEN}
    upstream: demo-csms
    start-values: {MeterValueSampleInterval: 15}
  CP-004:
    mapping: heidelberg-energy-control
    bus: cellar
    unit: 2
    circuit: garage
    phases: L2L3L1
    authorize: free
    token: ${FREE_TOKEN}
    upstream: demo-csms
    start-values: {MeterValueSampleInterval: 15}
upstreams:
  demo-csms: {url: "${csms}", ocpp: "1.6", security-profile: 0}
`
}
