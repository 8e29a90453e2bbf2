/** The commands as commander knows them; docs/commands.md is printed from here. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { addBalanceCommand } from './balance-command.ts'
import { addCheckCommand } from './check-command.ts'
import { PACKAGE_FOLDER, type CliContext } from './context.ts'
import { addDemoCommand } from './demo-command.ts'
import { addMappingsCommand } from './mappings-command.ts'
import { addReadCommand } from './read-command.ts'
import { addRunCommand } from './run-command.ts'
import { addScanCommand } from './scan-command.ts'
import { addSetCommand } from './set-command.ts'
import { addSimulateCommand } from './simulate-command.ts'
import { addWhatIfCommand } from './whatif-command.ts'
import { addWhyCommand } from './why-command.ts'

export function createProgram(context: CliContext): Command {
  const program = new Command('ampbridge')
    .description('Puts EV chargers and meters that speak no OCPP on the charging network, and keeps every fuse safe.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(text.trimEnd()),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong use, 69 device or CSMS unreachable, 78 wrong configuration.',
    )
  addRunCommand(program, context)
  addDemoCommand(program, context)
  addCheckCommand(program, context)
  addReadCommand(program, context)
  addSetCommand(program, context)
  addSimulateCommand(program, context)
  addMappingsCommand(program, context)
  addScanCommand(program, context)
  addBalanceCommand(program, context)
  addWhatIfCommand(program, context)
  addWhyCommand(program, context)
  return program
}

function packageVersion(): string {
  const data: unknown = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'))
  return typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : 'unknown'
}
