import type { VNode } from 'preact'
import type { CircuitSnapshot, MeterSnapshot, SiteSnapshot } from '../api/types.ts'
import { Icon } from './icon.tsx'
import { circuitTree, phaseLoad, PHASES } from './load.ts'
import type { PhaseLoad } from './load.ts'
import { TrendChart } from './trend-chart.tsx'
import { amps, trim } from './words.ts'

export function Circuits({ site }: { readonly site: SiteSnapshot }): VNode {
  return (
    <section class="circuits" aria-labelledby="circuits-title">
      <h2 id="circuits-title">Circuits</h2>
      <ul class="tree">
        {circuitTree(site.circuits).map(({ circuit, depth }) => (
          <li key={circuit.id} class={`card depth-${Math.min(depth, 3)}`}>
            <Circuit circuit={circuit} meter={site.meters.find((meter) => meter.id === circuit.meterId) ?? null} />
            {circuit.meterId !== null && <TrendChart circuit={circuit} />}
          </li>
        ))}
      </ul>
      <p class="legend" aria-hidden="true">
        <i class="swatch building" /> building <i class="swatch cars" /> cars <i class="swatch free" /> free{' '}
        <i class="swatch limit" /> limit
      </p>
    </section>
  )
}

function Circuit({
  circuit,
  meter,
}: {
  readonly circuit: CircuitSnapshot
  readonly meter: MeterSnapshot | null
}): VNode {
  return (
    <>
      <header class="card-head">
        <h3>{circuit.id}</h3>
        <p class="quiet">{limitText(circuit)}</p>
      </header>
      {circuit.failSafe && (
        <p class="notice bad">
          <Icon name="warning" /> Fail-safe: the meter is silent, the cars may take less.
        </p>
      )}
      {PHASES.map((phase) => (
        <LoadBar key={phase} load={phaseLoad(circuit, phase)} />
      ))}
      <p class="quiet small">{meterText(circuit, meter)}</p>
    </>
  )
}

function limitText({ limitAmps, parentId }: CircuitSnapshot): string {
  const same = limitAmps.L1 === limitAmps.L2 && limitAmps.L2 === limitAmps.L3
  const limit = same ? `${trim(limitAmps.L1)} A` : PHASES.map((phase) => trim(limitAmps[phase])).join(' / ') + ' A'
  return parentId === null ? `${limit} per phase` : `${limit} per phase, below ${parentId}`
}

function meterText(circuit: CircuitSnapshot, meter: MeterSnapshot | null): string {
  if (circuit.meterId === null) return 'No meter of its own: sum of the chargers.'
  if (meter === null) return `Meter ${circuit.meterId} is not known.`
  if (!meter.online) return `Meter ${meter.id} does not answer${meter.problem === null ? '' : `: ${meter.problem}`}`
  return meter.ageSeconds === null
    ? `Meter ${meter.id}: no value yet`
    : `Meter ${meter.id}, measured ${ageText(meter.ageSeconds)}`
}

function ageText(seconds: number): string {
  return seconds < 2 ? 'just now' : `${Math.round(seconds)} s ago`
}

/** The bar ends a little beyond the limit, so that an overload is seen as one. */
const HEADROOM = 1.12

function LoadBar({ load }: { readonly load: PhaseLoad }): VNode {
  const { phase, limitAmps, totalAmps, buildingAmps, carsAmps } = load
  const full = limitAmps * HEADROOM
  const share = (value: number | null): string => `${Math.min(Math.max(((value ?? 0) / full) * 100, 0), 100)}%`
  const over = totalAmps !== null && totalAmps > limitAmps + 0.05
  return (
    <div class={over ? 'bar-row over' : 'bar-row'} role="img" aria-label={describe(load)}>
      <span class="phase">{phase}</span>
      <span class="bar">
        <span class="part building" style={{ width: share(buildingAmps) }} />
        <span class="part cars" style={{ width: share(carsAmps) }} />
        <span class="mark limit" style={{ left: share(limitAmps) }} />
      </span>
      <span class="value">
        <b>{amps(totalAmps)}</b> A
      </span>
      <span class="value quiet">
        {totalAmps === null
          ? 'unknown'
          : over
            ? `${amps(totalAmps - limitAmps)} over`
            : `${amps(limitAmps - totalAmps)} free`}
      </span>
    </div>
  )
}

function describe({ phase, limitAmps, totalAmps, buildingAmps, carsAmps }: PhaseLoad): string {
  if (totalAmps === null) return `${phase}: current unknown, limit ${trim(limitAmps)} A`
  const building = buildingAmps === null ? '' : `building ${amps(buildingAmps)} A, `
  return `${phase}: ${amps(totalAmps)} of ${trim(limitAmps)} A; ${building}cars ${amps(carsAmps)} A`
}
