/** What the queue and the exchange of one link both work with. */

import type { Clock } from '../../src/model/clock.ts'
import type { LinkRecord } from '../../src/wire/link-record.ts'
import type { Alarm } from './alarm.ts'
import type { Connection } from './connection.ts'
import type { Framing } from './framing.ts'
import type { LineJudge } from './line-judge.ts'
import type { LineSilence } from './line-silence.ts'
import type { UnitPauses } from './unit-pauses.ts'

export interface LinkParts {
  readonly url: string
  readonly framing: Framing
  readonly clock: Clock
  readonly alarm: Alarm
  readonly connection: Connection
  readonly record: LinkRecord
  readonly pauses: UnitPauses
  readonly silence: LineSilence
  /** Null where frames carry a transaction id: there no answer looks like another. */
  readonly judge: LineJudge | null
}
