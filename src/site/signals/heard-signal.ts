/** A signal of the site file with who reads it: how it is seen, and what is wrong with it. */
import type { SignalConfig } from '../../config/site-config.ts'
import type { Raised } from '../alarms.ts'
import { type ContactReader, SILENCE_MS } from './contact-reader.ts'
import type { SignalView } from './limit-operations.ts'
import type { TopicReader } from './topic-reader.ts'

export interface HeardSignal {
  readonly signal: SignalConfig
  readonly contact: ContactReader | null
  readonly topic: TopicReader | null
  /** Its limit ended because nothing more was heard. */
  fellSilent: boolean
}

export function signalView({ signal, contact, topic }: HeardSignal): SignalView {
  return {
    id: signal.id,
    source: signal.source,
    circuit: signal.circuitId,
    way: signal.way.kind,
    contact: contact?.state ?? null,
    problem: contact?.problem?.message ?? topic?.problem?.message ?? topic?.misunderstood ?? null,
  }
}

export function signalAlarms({ signal, contact, topic, fellSilent }: HeardSignal): readonly Raised[] {
  const { id } = signal
  if (contact?.state === 'presumed') {
    const text = `contact ${id} has not been read for ${SILENCE_MS / 1000} s and counts as active: ${contact.problem?.message ?? ''}`
    return [{ kind: 'signal-silent', about: id, text }]
  }
  const raised: Raised[] = []
  if (fellSilent)
    raised.push({ kind: 'signal-silent', about: id, text: `nothing more was heard of ${id}: its limit has ended` })
  const problem = topic?.problem ?? null
  if (problem !== null)
    raised.push({ kind: 'signal-unreachable', about: id, text: `${id} cannot be heard: ${problem.message}` })
  const misunderstood = topic?.misunderstood ?? null
  if (misunderstood !== null) raised.push({ kind: 'signal-misunderstood', about: id, text: misunderstood })
  return raised
}
