/** What passes: OCPP messages, news, register frames. */
import { computed, signal } from '@preact/signals'
import type { VNode } from 'preact'
import { registersWanted, showRegisters, snapshot, timeline } from './live.ts'
import { pretty } from './timeline.ts'
import type { OcppRow, TimelineRow } from './timeline.ts'
import { clockTime, latency } from './words.ts'

const station = signal('')
const eventsWanted = signal(true)
const ocppWanted = signal(true)
/** Rows as they were when somebody pressed pause; null: live. */
const held = signal<readonly TimelineRow[] | null>(null)
const SHOWN_ROWS = 160

const shown = computed(() =>
  (held.value ?? timeline.value)
    .filter((row) => {
      if (row.kind === 'registers') return registersWanted.value
      if (row.kind === 'event' ? !eventsWanted.value : !ocppWanted.value) return false
      return station.value === '' || row.stationId === station.value
    })
    .slice(0, SHOWN_ROWS),
)

export function Passing(): VNode {
  return (
    <section class="passing" aria-labelledby="passing-title">
      <div class="passing-head">
        <h2 id="passing-title">Messages as they pass</h2>
        <div class="controls" role="group" aria-label="What is shown">
          <label>
            Station{' '}
            <select value={station.value} onChange={(event) => (station.value = event.currentTarget.value)}>
              <option value="">all</option>
              {[...new Set((snapshot.value?.stations ?? []).map(({ stationId }) => stationId))].map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </label>
          <Toggle text="OCPP" on={ocppWanted.value} onPress={() => (ocppWanted.value = !ocppWanted.value)} />
          <Toggle text="News" on={eventsWanted.value} onPress={() => (eventsWanted.value = !eventsWanted.value)} />
          <Toggle text="Registers" on={registersWanted.value} onPress={() => showRegisters(!registersWanted.value)} />
          <button type="button" class="pause" aria-pressed={held.value !== null} onClick={pause}>
            {held.value === null ? 'Pause' : 'Go on'}
          </button>
        </div>
      </div>
      {shown.value.length === 0 ? (
        <p class="quiet empty">Nothing has passed yet.</p>
      ) : (
        <ol class="rows" reversed>
          {shown.value.map((row) => (
            <li key={row.key} class={`row ${row.kind}`}>
              <Row row={row} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function pause(): void {
  held.value = held.value === null ? timeline.value : null
}

interface ToggleProps {
  readonly text: string
  readonly on: boolean
  readonly onPress: () => void
}

function Toggle({ text, on, onPress }: ToggleProps): VNode {
  return (
    <button type="button" class="toggle" aria-pressed={on} onClick={onPress}>
      {text}
    </button>
  )
}

function Row({ row }: { readonly row: TimelineRow }): VNode {
  switch (row.kind) {
    case 'ocpp':
      return <Exchange row={row} />
    case 'event':
      return (
        <p class="line">
          <time>{clockTime(row.at)}</time>
          <span class="who">{row.stationId}</span>
          <span class="news">{row.text}</span>
        </p>
      )
    case 'registers':
      return (
        <p class="line">
          <time>{clockTime(row.at)}</time>
          <span class="who">{row.url}</span>
          <span class="arrow">{row.direction === 'sent' ? '→' : '←'}</span>
          <code>{row.text}</code>
        </p>
      )
  }
}

function Exchange({ row }: { readonly row: OcppRow }): VNode {
  const { answer } = row
  const up = row.direction === 'up'
  return (
    <details>
      <summary class="line">
        <time>{clockTime(row.at)}</time>
        <span class="who">{row.stationId}</span>
        <span class={`arrow ${row.direction}`} role="img" aria-label={up ? 'to the CSMS' : 'from the CSMS'}>
          {up ? '→' : '←'}
        </span>
        <b class="action">{row.action}</b>
        <span class={answer?.outcome === 'error' ? 'outcome bad' : 'outcome'}>
          {answer === null ? '…' : answer.outcome === 'error' ? `error ${answer.word}` : answer.word}
        </span>
        <span class="latency">{answer === null ? '' : latency(answer.latencyMs)}</span>
        <code class="brief">{row.request}</code>
      </summary>
      <div class="payloads">
        <div>
          <h4>{up ? `${row.stationId} asks ${row.upstreamId}` : `${row.upstreamId} asks ${row.stationId}`}</h4>
          <pre>{pretty(row.request)}</pre>
        </div>
        <div>
          <h4>{answer === null ? 'No answer yet' : 'Answer'}</h4>
          {answer !== null && <pre>{pretty(answer.text)}</pre>}
        </div>
      </div>
    </details>
  )
}
