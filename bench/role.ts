/** The process of a role: imports the benchmark's file, sets the role up and answers what it is asked. */
import type { Asks, FromRole, Role, ToRole } from './child.ts'
import { STARTED } from './child.ts'

let answers: Asks = {}

function tell(message: FromRole): void {
  process.send?.(message)
}

async function take(message: ToRole): Promise<void> {
  const id = 'start' in message ? STARTED : message.id
  try {
    if ('start' in message) {
      const module = (await import(message.start)) as Readonly<Record<string, Role<unknown, Asks> | undefined>>
      const role = module[message.role]
      if (role === undefined) throw new Error(`${message.start} exports no ${message.role}`)
      answers = await role(message.params)
      tell({ id, value: null })
      return
    }
    const answer = answers[message.ask]
    if (answer === undefined) throw new Error(`cannot be asked ${message.ask}`)
    tell({ id, value: (await answer(message.argument as never)) ?? null })
  } catch (error) {
    tell({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

process.on('message', (message: ToRole) => void take(message))
process.on('disconnect', () => process.exit())
