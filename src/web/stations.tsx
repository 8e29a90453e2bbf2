import type { VNode } from 'preact'
import type { EvseSnapshot, SiteSnapshot, StationSnapshot, UpstreamSnapshot } from '../api/types.ts'
import { Icon } from './icon.tsx'
import { barScale, hasVehicle } from './load.ts'
import { amps, duration, kilowattHours, kilowatts, stateWord, trim, upstreamWord, whyQuestion } from './words.ts'

export function Stations({ site }: { readonly site: SiteSnapshot }): VNode {
  return (
    <section class="stations" aria-labelledby="stations-title">
      <h2 id="stations-title">Chargers</h2>
      <p class="legend" aria-hidden="true">
        <i class="swatch cars" /> measured <i class="swatch set" /> set-point
      </p>
      <ul class="cards">
        {site.stations.flatMap((station) =>
          station.evses.map((evse) => (
            <li key={`${station.id}/${evse.evse}`} class={`card tone-${stateWord(station, evse).tone}`}>
              <Evse site={site} station={station} evse={evse} />
            </li>
          )),
        )}
      </ul>
    </section>
  )
}

interface EvseProps {
  readonly site: SiteSnapshot
  readonly station: StationSnapshot
  readonly evse: EvseSnapshot
}

function Evse({ site, station, evse }: EvseProps): VNode {
  const word = stateWord(station, evse)
  const title = station.evses.length > 1 ? `${station.id} / ${evse.evse}` : station.id
  return (
    <article aria-label={`${title}: ${word.text}`}>
      <header class="card-head">
        <h3>{title}</h3>
        <p class={`state ${word.tone}`}>
          <Icon name={word.icon} /> {word.text}
        </p>
      </header>
      <p class="quiet small">
        {station.vendor} {station.model}
        {station.stationId === station.id ? '' : ` · connector ${evse.evse} of ${station.stationId}`}
        {wiring(station)}
      </p>
      {station.problem !== null && (
        <p class="notice bad">
          <Icon name="warning" /> {station.problem}
        </p>
      )}
      {evse.fault !== null && (
        <p class="notice bad">
          <Icon name="warning" /> {evse.fault.text ?? evse.fault.kind} ({evse.fault.code})
        </p>
      )}
      <div class={station.online ? 'phases' : 'phases stale'}>
        {station.rotation.toSorted().map((phase) => (
          <SetPointBar
            key={phase}
            phase={phase}
            measured={evse.phasesAmps[phase] ?? null}
            evse={evse}
            scale={scaleOf(station.id, evse)}
          />
        ))}
      </div>
      {(hasVehicle(evse) || evse.setAmps !== 0) && (
        <p class="why">
          <b>{whyQuestion(evse)}</b> {evse.why}
          {evse.pendingAmps !== null && (
            <span class="quiet"> · {trim(evse.pendingAmps)} A ordered, not confirmed yet</span>
          )}
        </p>
      )}
      <p class="session">{sessionText(site, evse)}</p>
      {site.upstreams
        .filter((upstream) => upstream.stationId === station.stationId)
        .map((upstream) => (
          <Upstream key={upstream.id} upstream={upstream} />
        ))}
    </article>
  )
}

interface SetPointBarProps {
  readonly phase: string
  readonly measured: number | null
  readonly evse: EvseSnapshot
  readonly scale: number
}

function SetPointBar({ phase, measured, evse, scale }: SetPointBarProps): VNode {
  const { setAmps } = evse
  const share = (value: number): string => `${Math.min(Math.max((value / scale) * 100, 0), 100)}%`
  const label = `${phase}: measured ${measured === null ? 'unknown' : `${amps(measured)} A`}, set-point ${setAmps === null ? 'unknown' : `${amps(setAmps)} A`}`
  return (
    <div class="bar-row" role="img" aria-label={label}>
      <span class="phase">{phase}</span>
      <span class="bar">
        {measured !== null && <span class="part cars" style={{ width: share(measured) }} />}
        {setAmps !== null && <span class="mark set" style={{ left: share(setAmps) }} />}
      </span>
      <span class="value">
        <b>{amps(measured)}</b>
      </span>
      <span class="value quiet">{setAmps === 0 ? (hasVehicle(evse) ? 'paused' : '') : `of ${amps(setAmps)} A`}</span>
    </div>
  )
}

/** Where the charger's terminals sit on the site's phases, when they are not in the plain order. */
function wiring({ rotation }: StationSnapshot): VNode | null {
  const text = rotation.join(' ')
  return text === 'L1 L2 L3' ? null : <span class="wiring"> · wired {text}</span>
}

/** Grows with the highest value seen, and stays, so that bars of one charger can be compared over time. */
const scales = new Map<string, number>()

function scaleOf(stationId: string, evse: EvseSnapshot): number {
  const key = `${stationId}/${evse.evse}`
  const now = barScale([evse.setAmps, evse.pendingAmps, ...Object.values(evse.phasesAmps)])
  const scale = Math.max(now, scales.get(key) ?? 0)
  scales.set(key, scale)
  return scale
}

function sessionText(site: SiteSnapshot, evse: EvseSnapshot): VNode {
  const { transaction } = evse
  if (transaction === null) return <span class="quiet">No session</span>
  return (
    <>
      <b>{kilowattHours(transaction.energyWh)}</b> in {duration(site.at - transaction.startedAt)}
      {evse.powerW !== null && <> · {kilowatts(evse.powerW)}</>}
      {' · '}
      <span class="quiet token">id {transaction.idToken}</span>
    </>
  )
}

function Upstream({ upstream }: { readonly upstream: UpstreamSnapshot }): VNode {
  const word = upstreamWord(upstream)
  return (
    <p class={`upstream ${word.tone}`}>
      <Icon name={word.icon} /> CSMS {upstream.id}: {word.text}
      {upstream.backlog > 0 && `, ${upstream.backlog} ${upstream.backlog === 1 ? 'message waits' : 'messages wait'}`}
      {upstream.problem !== null && <span class="quiet"> · {upstream.problem}</span>}
    </p>
  )
}
