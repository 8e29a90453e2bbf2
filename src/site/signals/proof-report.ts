/** The log of limits as a person or a grid operator reads it: one entry for each command. Pure; times are wall ms. */
import type { LimitCame, LimitMinute, LimitProof } from '../../model/limit-proof.ts'
import type { LimitSource } from '../../model/site-limit.ts'

/** What became of one command, as far as the asked span tells. */
export interface ProvenCommand {
  readonly commandId: string
  readonly source: LimitSource
  /** Null: it came before the span. */
  readonly command: Omit<LimitCame, 'kind' | 'at' | 'commandId' | 'source'> | null
  readonly cameAt: number | null
  /** From the command until every set-point was in force, and until what flowed was under the limit, ms. */
  readonly setAfterMs: number | null
  readonly reachedAfterMs: number | null
  /** Chargers that did not answer then. */
  readonly silentChargers: number | null
  /** Times at which the bridge was started again while it held. */
  readonly takenUpAt: readonly number[]
  readonly minutes: readonly Omit<LimitMinute, 'kind' | 'commandId' | 'source'>[]
  /** Minutes whose mean was over the limit after it had once been reached. */
  readonly exceededMinutes: number
  /** Minutes in which nobody knows, for the meter was silent. */
  readonly unknownMinutes: number
  readonly endedAt: number | null
  readonly endReason: string | null
}

/** Grows entry by entry: a limit that stands for weeks has tens of thousands of minutes. */
type Draft = { -readonly [Key in keyof ProvenCommand]: ProvenCommand[Key] } & {
  readonly takenUpAt: number[]
  readonly minutes: ProvenCommand['minutes'][number][]
}

/** @param entries oldest first */
export function provenCommands(entries: readonly LimitProof[]): readonly ProvenCommand[] {
  const commands = new Map<string, Draft>()
  for (const entry of entries) {
    const { commandId, source } = entry
    const command = commands.get(commandId) ?? nothingOf(commandId, source)
    commands.set(commandId, command)
    add(command, entry)
  }
  return [...commands.values()]
}

function add(command: Draft, entry: LimitProof): void {
  switch (entry.kind) {
    case 'came': {
      const { kind: _kind, at, commandId: _id, source: _source, ...told } = entry
      command.cameAt = at
      command.command = told
      return
    }
    case 'taken-up':
      command.takenUpAt.push(entry.at)
      return
    case 'set':
      // the first counts: one that another limit came before is told again when it holds again
      command.silentChargers ??= entry.silentChargers
      command.setAfterMs ??= entry.reactionMs
      return
    case 'reached':
      command.reachedAfterMs ??= entry.reactionMs
      return
    case 'minute': {
      const { kind: _kind, commandId: _id, source: _source, ...minute } = entry
      command.minutes.push(minute)
      if (entry.exceeded === null) command.unknownMinutes += 1
      else if (entry.exceeded) command.exceededMinutes += 1
      return
    }
    case 'ended':
      command.endedAt = entry.at
      command.endReason = entry.reason
  }
}

function nothingOf(commandId: string, source: LimitSource): Draft {
  return {
    commandId,
    source,
    command: null,
    cameAt: null,
    setAfterMs: null,
    reachedAfterMs: null,
    silentChargers: null,
    takenUpAt: [],
    minutes: [],
    exceededMinutes: 0,
    unknownMinutes: 0,
    endedAt: null,
    endReason: null,
  }
}
