/**
 * A role of a benchmark in a process of its own, so that its processor time and memory are its own. A role is an exported function
 * that sets something up and hands back what it can be asked.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a role can be asked. Arguments and results cross as JSON. */
export type Asks = Readonly<Record<string, (argument: never) => Promise<unknown>>>
export type Role<Params, Answers extends Asks> = (params: Params) => Promise<Answers>

export interface Child<Answers extends Asks> {
  readonly pid: number
  ask<Name extends keyof Answers & string>(
    name: Name,
    ...argument: Parameters<Answers[Name]>
  ): Promise<Awaited<ReturnType<Answers[Name]>>>
  stop(): Promise<void>
}

export type ToRole = { readonly start: string; readonly role: string; readonly params: unknown } | Ask
interface Ask {
  readonly id: number
  readonly ask: string
  readonly argument: unknown
}
export type FromRole = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string })

/** The id of the answer to `start`. */
export const STARTED = 0

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface ChildOptions {
  readonly nodeOptions?: readonly string[]
  /** A command that runs Node, such as a tracer; its last words are put before Node's. */
  readonly under?: readonly [command: string, ...args: string[]]
}

/** @param module the `import.meta.url` of the file that exports `role` */
export async function startChild<Params, Answers extends Asks>(
  module: string,
  role: Role<Params, Answers>,
  params: Params,
  { nodeOptions = [], under }: ChildOptions = {},
): Promise<Child<Answers>> {
  const [command, ...args] = under === undefined ? [process.execPath] : [...under, process.execPath]
  const child = fork(fileURLToPath(new URL('./role.ts', import.meta.url)), [], {
    execPath: command,
    execArgv: [...args, ...nodeOptions],
  })
  const waiting = new Map<number, Waiting>()
  let lastId = STARTED
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.on('message', (message: FromRole) => {
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) asked?.reject(new Error(`${role.name}: ${message.error}`))
    else asked?.resolve(message.value)
  })
  let isGone = false
  child.once('exit', (code, signal) => {
    isGone = true
    for (const { reject } of waiting.values()) reject(new Error(`${role.name} ended (${signal ?? code ?? ''})`))
  })
  const send = (id: number, message: ToRole): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (isGone) throw new Error(`${role.name} has ended`)
      waiting.set(id, { resolve, reject })
      child.send(message, (error) => {
        if (error !== null) reject(error)
      })
    })
  await send(STARTED, { start: module, role: role.name, params })
  return {
    pid: child.pid ?? 0,
    ask: async (name, ...[argument]) =>
      // the role answers each question with that question's result
      (await send(++lastId, { id: lastId, ask: name, argument: argument ?? null })) as never,
    stop: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}
