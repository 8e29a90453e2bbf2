/** Signals: one way each, with what that way needs and nothing of the others. */
import { circuitLimit, fuseKilowatts } from './check-circuits.ts'
import { CONTACT_KEYS } from './entries/signal-entry.ts'
import { nearestHint } from './nearest-name.ts'
import { error, warning, type Finding } from './problem.ts'
import { thousandfold } from './quantity.ts'
import type { DeviceAddress, SignalConfig, SignalWay } from './site-config.ts'
import type { SiteEntries } from './site-entries.ts'
import type { SignalEntry } from './site-schema.ts'

/** @param addresses by `signals/ID` */
export function signalsOf(
  { signals }: SiteEntries,
  addresses: ReadonlyMap<string, DeviceAddress>,
): readonly SignalConfig[] {
  return [...signals.valid].map(([id, entry]) => ({
    id,
    source: entry.source,
    circuitId: entry.circuit,
    priority: entry.priority,
    expiresMs: entry.expires === undefined ? null : Math.round(entry.expires * 1000),
    way: wayOf(entry, addresses.get(`signals/${id}`) ?? null),
  }))
}

function wayOf(entry: SignalEntry, address: DeviceAddress | null): SignalWay {
  if (address === null) return { kind: 'api' }
  if (entry.topic !== undefined) return { kind: 'mqtt', address, topic: entry.topic }
  return {
    kind: 'contact',
    address: { ...address, unit: address.unit ?? 1 },
    table: entry.table ?? 'discrete',
    at: entry.at ?? 0,
    bit: entry.bit ?? null,
    inverted: entry.inverted ?? false,
    carsMaxWatts: entry.power === undefined ? null : thousandfold(entry.power),
    maxAmps: entry.current ?? null,
    section14a: entry['section-14a'] ?? false,
  }
}

export function checkSignals(entries: SiteEntries): readonly Finding[] {
  const { signals, circuits } = entries
  const findings = [...signals.valid].flatMap(([id, entry]) => {
    const at = ['signals', id, 'circuit']
    const known = circuits.ids.has(entry.circuit)
    const shown = entry.circuit.slice(0, 60)
    return [
      ...(known ? [] : [error(at, `there is no circuit \`${shown}\``, nearestHint(shown, circuits.ids))]),
      ...checkWay(['signals', id], entry),
    ]
  })
  return [...findings, ...checkIdle(entries), ...checkKeys(entries)]
}

function checkWay(path: readonly string[], entry: SignalEntry): readonly Finding[] {
  const isContact = entry.connect !== undefined || entry.bus !== undefined
  if (entry.mqtt !== undefined && isContact) {
    const message = 'is a contact and a topic at once'
    return [error([...path, 'mqtt'], message, 'one signal has one way: write two signals', 'key')]
  }
  if (isContact) return checkContact(path, entry)
  const strange = CONTACT_KEYS.filter((key) => entry[key] !== undefined).map((key) =>
    error([...path, key], 'belongs to a contact', 'name its device with `connect`, or delete it', 'key'),
  )
  return [...strange, ...(entry.mqtt === undefined ? checkCalled(path, entry) : checkTopic(path, entry))]
}

function checkContact(path: readonly string[], entry: SignalEntry): readonly Finding[] {
  const findings = [...unwanted(path, entry, ['topic', 'login'], 'a contact has none: delete it')]
  if (entry.expires !== undefined) {
    findings.push(error([...path, 'expires'], 'a contact is read all the time', 'delete it', 'key'))
  }
  if (entry.at === undefined) {
    findings.push(error(path, '`at` is missing', 'write the address of the contact, for example `at: 0`', 'key'))
  }
  const isRegister = entry.table === 'input' || entry.table === 'holding'
  if (entry.bit !== undefined && !isRegister) {
    const hint = 'delete it, or write `table: input` or `table: holding`'
    findings.push(error([...path, 'bit'], 'only a register has bits', hint, 'key'))
  }
  const said = [entry.power, entry.current, entry['section-14a'] === true ? true : undefined]
  const count = said.filter((value) => value !== undefined).length
  if (count !== 1) {
    const message = count === 0 ? 'does not say what the contact allows' : 'says twice what the contact allows'
    findings.push(error(path, message, 'write one of `power: 30 kW`, `current: 32 A`, `section-14a: true`', 'key'))
  }
  if (entry['section-14a'] === true && entry.source !== 'dso') {
    const hint = 'write `source: dso`'
    findings.push(error([...path, 'source'], 'section 14a is an order of the grid operator', hint))
  }
  return findings
}

function checkTopic(path: readonly string[], { topic }: SignalEntry): readonly Finding[] {
  if (topic === undefined) return [error(path, '`topic` is missing', 'write for example `topic: site/limit`', 'key')]
  if (!/[#+\0]/.test(topic) && !topic.startsWith('$')) return []
  return [error([...path, 'topic'], 'is not one topic', 'write it without `#`, `+` and `$` at its beginning')]
}

function checkCalled(path: readonly string[], entry: SignalEntry): readonly Finding[] {
  return unwanted(path, entry, ['topic', 'login'], 'name the broker with `mqtt`, or delete it')
}

function unwanted(
  path: readonly string[],
  entry: SignalEntry,
  keys: readonly ('topic' | 'login')[],
  hint: string,
): readonly Finding[] {
  return keys
    .filter((key) => entry[key] !== undefined)
    .map((key) => error([...path, key], 'belongs to a message over MQTT', hint, 'key'))
}

/** A contact that allows no less than the fuse changes nothing: a slip of a digit or of the circuit. */
function checkIdle({ signals, circuits, balancing }: SiteEntries): readonly Finding[] {
  return [...signals.valid].flatMap(([id, { circuit: circuitId, power, current }]) => {
    const circuit = circuits.valid.get(circuitId)
    // of a circuit that is wrong itself nothing is known
    if (circuit === undefined || circuits.repaired.has(circuitId)) return []
    const limit = circuitLimit(circuit)
    const [kilowatts, amps] = [fuseKilowatts(circuit, balancing.voltage), Math.max(limit.L1, limit.L2, limit.L3)]
    const shown = `is not less than what the fuse of \`${circuitId}\` allows`
    return [
      ...(power === undefined || power < kilowatts
        ? []
        : [warning(['signals', id, 'power'], `${shown} (${kilowatts.toFixed(1)} kW)`, 'so it changes nothing')]),
      ...(current === undefined || current < amps
        ? []
        : [warning(['signals', id, 'current'], `${shown} (${amps} A)`, 'so it changes nothing')]),
    ]
  })
}

/** Someone must be able to say what the API may say. */
function checkKeys({ signals, apiKeys }: SiteEntries): readonly Finding[] {
  // a key that is wrong may be the one
  if (apiKeys.valid.size < apiKeys.ids.size) return []
  if ([...apiKeys.valid.values()].some(({ allow }) => allow.includes('limit'))) return []
  return [...signals.valid]
    .filter(([, { connect, bus, mqtt }]) => (connect ?? bus ?? mqtt) === undefined)
    .map(([id]) =>
      warning(
        ['signals', id],
        'no key of the API may set it',
        'write `allow: [limit]` at one in `api: {keys: ...}`',
        'key',
      ),
    )
}
