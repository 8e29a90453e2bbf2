/** Secrets of one device on the command line: from files or the environment, because other users of the machine see the arguments. */
import { basename, dirname } from 'node:path'
import type { Command } from 'commander'
import { readSecretFile, secretBytes } from '../config/secret-file.ts'
import type { AddressLogin } from '../model/address.ts'
import { BridgeError } from '../model/errors.ts'
import { resolvePath, type CliContext } from './context.ts'
import { single, UsageError } from './options.ts'

export interface LoginOptions {
  readonly login?: string
  readonly passwordFile?: string
  readonly keyFile?: string
}

export function addLoginOptions(command: Command): Command {
  return command
    .addOption(
      single(
        '--login <user>',
        'user name at an HTTP device or MQTT broker; the password is taken from --password-file or the environment variable AMPBRIDGE_PASSWORD',
      ),
    )
    .addOption(single('--password-file <file>', 'file with the password, in one line'))
    .addOption(single('--key-file <file>', 'file with the key of a DSMR meter that encrypts, 32 hexadecimal digits'))
}

/** Throws SECRET_UNREADABLE, or a UsageError when half of a login is missing. */
export async function loginOf(
  { login: user, passwordFile }: LoginOptions,
  context: CliContext,
): Promise<AddressLogin | null> {
  if (user === undefined) {
    if (passwordFile !== undefined) throw new UsageError('--password-file goes with --login USER')
    return null
  }
  const { AMPBRIDGE_PASSWORD: fromEnvironment = '' } = context.env
  const password = passwordFile === undefined ? fromEnvironment : await secretIn(passwordFile, context)
  if (password === '') {
    throw new UsageError('the password is missing: name --password-file FILE, or set AMPBRIDGE_PASSWORD')
  }
  return { user, password }
}

/** Throws SECRET_UNREADABLE. */
export async function keyOf({ keyFile }: LoginOptions, context: CliContext): Promise<string | null> {
  return keyFile === undefined ? null : secretIn(keyFile, context)
}

async function secretIn(file: string, context: CliContext): Promise<string> {
  const path = resolvePath(context, file)
  const unreadable = (why: string): BridgeError => new BridgeError('SECRET_UNREADABLE', `${file}: ${why}`)
  const folders = { configuration: dirname(path), state: null, credentials: null }
  const read = await readSecretFile(basename(path), folders)
  if ('problem' in read) throw unreadable(`${read.problem} (${read.hint})`)
  if (read.worldReadable) context.err(`${file}: every user of this machine can read this file`)
  const text = Buffer.from(secretBytes(read.bytes)).toString()
  if (text === '' || text.includes('\n')) throw unreadable('holds not one line')
  return text
}
