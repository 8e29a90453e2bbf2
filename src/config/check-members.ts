/** Stations that are the connectors of another one: they exist, belong to one station only, and leave the conversation to it. */
import { nearestHint } from './nearest-name.ts'
import { error, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'
import { CONVERSATION_KEYS, MAX_CONNECTORS } from './site-schema.ts'

/** By the member's id, the station it belongs to. */
export function stationOfMembers({ groups }: SiteEntries): ReadonlyMap<string, string> {
  return new Map([...groups.valid].flatMap(([id, { members }]) => members.map((member) => [member, id] as const)))
}

export function checkMembers(entries: SiteEntries): readonly Finding[] {
  const { stations, groups } = entries
  const findings: Finding[] = []
  const owners = new Map<string, string>()
  for (const [id, { members }] of groups.valid) {
    if (groups.repaired.get(id)?.has('members') === true) continue
    for (const [index, member] of members.entries()) {
      const at = ['stations', id, 'members', index]
      const shown = member.slice(0, 60)
      if (groups.ids.has(member)) {
        findings.push(error(at, `\`${shown}\` has members itself`, 'list the chargers'))
        continue
      }
      if (!stations.ids.has(member)) {
        findings.push(error(at, `there is no station \`${shown}\``, nearestHint(member, stations.ids)))
        continue
      }
      const owner = owners.get(member)
      if (owner !== undefined) {
        const [message, hint] =
          owner === id
            ? ['is named twice', 'delete one of them']
            : [`is a member of \`${owner}\` already`, 'a charger has one station: delete one of them']
        findings.push(error(at, message, hint))
        continue
      }
      owners.set(member, id)
      findings.push(...checkMember(member, id, stations.written.get(member) ?? []))
    }
    const connectors = members.reduce((sum, member) => sum + (stations.valid.get(member)?.connectors ?? 1), 0)
    if (connectors > MAX_CONNECTORS) {
      const what = `has ${connectors} connectors`
      findings.push(
        error(['stations', id, 'members'], what, `at most ${MAX_CONNECTORS}: make two stations of it`, 'key'),
      )
    }
  }
  return findings
}

function checkMember(member: string, station: string, written: readonly string[]): readonly Finding[] {
  return written
    .filter((key) => CONVERSATION_KEYS.includes(key))
    .map((key) => {
      const path = ['stations', member, key]
      if (key === 'upstream') {
        const hint = `the CSMS knows it as a connector of \`${station}\`: delete it`
        return error(path, 'a member has no CSMS of its own', hint, 'key')
      }
      return error(path, `is said for all members at \`${station}\``, 'write it there, and delete it here', 'key')
    })
}
