import type { VNode } from 'preact'
import type { SiteSnapshot } from '../api/types.ts'
import { Circuits } from './circuits.tsx'
import { Icon } from './icon.tsx'
import { connection, siteName, snapshot } from './live.ts'
import { carsPowerW } from './load.ts'
import { Passing } from './passing.tsx'
import { Stations } from './stations.tsx'
import { clockTime, headline, kilowatts } from './words.ts'

export function Page(): VNode {
  const site = snapshot.value
  const old = connection.value === 'lost'
  return (
    <>
      <a class="skip" href="#content">
        Skip to the chargers
      </a>
      <header class="top">
        <p class="brand">
          <span class="mark-name">ampbridge</span>
          {siteName.value !== '' && <span class="site-name">{siteName.value}</span>}
        </p>
        <ConnectionState site={site} />
      </header>
      <main id="content" class={old ? 'old' : ''}>
        <div class="headline">
          <h1 aria-live="polite">{site === null ? 'Connecting to the bridge…' : headline(site)}</h1>
          <p class="quiet">{intro(site)}</p>
        </div>
        {site !== null && (
          <>
            <Alarms site={site} />
            <Circuits site={site} />
            <Stations site={site} />
            <Passing />
          </>
        )}
      </main>
    </>
  )
}

function intro(site: SiteSnapshot | null): string {
  const what = 'ampbridge shares the fuse among these chargers and shows each to its CSMS as an OCPP charging station.'
  const power = site === null ? null : carsPowerW(site)
  if (site === null || power === null) return what
  const some = site.stations.every((station) => station.online) ? '' : 'at least '
  return `${what} The cars take ${some}${kilowatts(power)} now.`
}

function ConnectionState({ site }: { readonly site: SiteSnapshot | null }): VNode {
  const state = connection.value
  if (state === 'live') {
    return (
      <p class="connection active">
        <Icon name="check" /> live <time>{site === null ? '' : clockTime(site.at)}</time>
      </p>
    )
  }
  return (
    <p class="connection bad" role="status">
      <Icon name={state === 'lost' ? 'cross' : 'pause'} />
      {state === 'lost' && site !== null ? `connection lost; values of ${clockTime(site.at)}` : 'connecting'}
    </p>
  )
}

function Alarms({ site }: { readonly site: SiteSnapshot }): VNode | null {
  if (site.alarms.length === 0) return null
  return (
    <section class="alarms" aria-labelledby="alarms-title" role="alert">
      <h2 id="alarms-title">
        <Icon name="warning" /> {site.alarms.length === 1 ? '1 alarm' : `${site.alarms.length} alarms`}
      </h2>
      <ul>
        {site.alarms.map((alarm) => (
          <li key={`${alarm.kind} ${alarm.about}`}>
            {alarm.text} <span class="quiet">since {clockTime(alarm.since)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
