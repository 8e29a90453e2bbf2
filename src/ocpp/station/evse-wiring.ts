/** What an EVSE is given by the parts of its station. */
import type { EvseShell } from './evse-shell.ts'
import type { StationParts } from './station-parts.ts'

export function evseShellOf(parts: StationParts): EvseShell {
  const { description, ledger, clock, port, settings, actor, profiles, admission, conversations } = parts
  const { newId, now, emit, report, onFault } = parts
  const unlock = (evse: number): void => {
    if (description.evses.some((one) => one.evse === evse && one.canUnlock)) void port.unlock(evse)
  }
  return {
    stationId: description.id,
    ledger,
    clock,
    settings,
    newId,
    now,
    policy: (evse) => admission.policy(evse),
    emit,
    post: (job) => actor.post(job),
    drafts: (transactionId, message) => conversations.drafts(transactionId, message),
    wakeOutboxes: () => conversations.wake(),
    authorise: (evse, idToken, purpose) => admission.authorise(evse, idToken, purpose),
    cardShown: (evse, tag, seen) => admission.cardShown(evse, tag, seen),
    begun: (evse, permit) => admission.begun(evse, permit),
    reportStatus: report,
    queueValues: (message) => conversations.queue(message, conversations.all),
    sessionOver: async (evse) => {
      try {
        if (await profiles.removeOfTransaction(evse)) port.changed()
      } catch (error) {
        // Tried again with the next poll; until the disk takes it no new transaction begins either.
        onFault(error)
      }
    },
    unplugged: (evse) => {
      // The cable of a session that goes on without its car stays locked, whatever the other setting says (§4.10).
      const stops = settings.flag('stopTransactionOnEVSideDisconnect')
      if (stops && settings.flag('unlockConnectorOnEVSideDisconnect')) unlock(evse)
    },
    letGo: unlock,
    lastReading: (evse) => port.lastReading?.(evse) ?? null,
    changed: () => port.changed(),
  }
}
