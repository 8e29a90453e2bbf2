/** A message with the stamps of before the machine's clock was set put right (F61): they were true to each other, not to the calendar. Pure. */
import type { StationMessage } from '../../model/csms.ts'

/** @param trueTime the same moment by a clock that is set, both wall ms; null: all stamps are true, as nearly always */
export function restamped(message: StationMessage, trueTime: ((at: number) => number) | null): StationMessage {
  if (trueTime === null) return message
  switch (message.kind) {
    case 'status':
    case 'security-event':
    case 'transaction-started':
      return put(message, { at: trueTime(message.at) })
    case 'transaction-ended':
      return put(message, { at: trueTime(message.at), samples: samplesOf(message, trueTime) })
    case 'meter-values':
      return put(message, { samples: samplesOf(message, trueTime) })
    default:
      return message
  }
}

type WithSamples = Extract<StationMessage, { readonly kind: 'transaction-ended' | 'meter-values' }>

function samplesOf({ samples }: WithSamples, trueTime: (at: number) => number): WithSamples['samples'] {
  const isRight = samples.every(({ at }) => trueTime(at) === at)
  return isRight ? samples : samples.map((sample) => ({ ...sample, at: trueTime(sample.at) }))
}

/** The same object where nothing changes: nearly always. */
function put<Message extends StationMessage>(message: Message, stamps: Partial<Message>): Message {
  const changed = Object.entries(stamps).some(([name, value]) => Reflect.get(message, name) !== value)
  return changed ? { ...message, ...stamps } : message
}
