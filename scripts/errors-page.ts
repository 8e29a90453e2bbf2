/** docs/errors.md, from the one table of codes. */
import { ERRORS } from '../src/model/errors.ts'
import { code, pageHead, table } from './markdown.ts'

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([name, { title, hint }]) => [code(name), title, hint])
  return [
    pageHead('Errors', 'src/model/errors.ts'),
    'Every fault carries one of these codes, in the log and on the command line. A code never changes its meaning.\n',
    table(['Code', 'What happened', 'What to do'], rows),
    '',
  ].join('\n')
}
