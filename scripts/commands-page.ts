/** docs/commands.md, from what the command line prints with --help. */
import type { CliContext } from '../src/cli/context.ts'
import { createProgram } from '../src/cli/program.ts'
import { code, pageHead, table } from './markdown.ts'

export function commandsPage(): string {
  const program = createProgram(silent())
  const sections = program.commands.map((command) => {
    const rows = command.options.map((option) => [
      code(option.flags),
      `${option.description}${option.mandatory ? ' (required)' : ''}`,
    ])
    const options = rows.length === 0 ? [] : [table(['Option', 'Meaning'], rows), '']
    return [`## ${command.name()}`, '', command.description(), '', ...options].join('\n')
  })
  return [
    pageHead('Commands', 'src/cli'),
    'From a checkout: `npm run -s ampbridge -- COMMAND`. Relative paths start at the folder where you stand.',
    'Every command explains itself with `--help`; `--json` prints results for programs.\n',
    '## Exit codes\n',
    table(
      ['Code', 'Meaning'],
      [
        ['0', 'done, or stopped by SIGTERM or SIGINT'],
        ['1', 'failed; the message names the [error](errors.md)'],
        ['2', 'wrong use of the command'],
        ['69', 'device, bus or CSMS cannot be reached'],
        ['78', 'site file, mapping or secret is wrong'],
      ],
    ),
    '',
    ...sections,
    '## What `read --json` prints\n',
    'One line: `{"mapping":"keba-p30","connector":1,"values":{...}}`. Units are A, V, W, Wh, Hz, °C and %; lists are per phase; `energy` is the import register.',
    'A value that the device does not give now is `null`, never 0.',
    '',
  ].join('\n')
}

function silent(): CliContext {
  return { out: () => {}, err: () => {}, env: {}, folder: '/', stopping: new AbortController().signal, exitCode: 0 }
}
