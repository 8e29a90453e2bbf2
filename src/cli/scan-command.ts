import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Found } from '../site/facade.ts'
import type { CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { single } from './options.ts'
import { progress } from './progress.ts'

interface ScanOptions {
  readonly units?: readonly number[]
  readonly json?: boolean
}

export function addScanCommand(program: Command, context: CliContext): void {
  program
    .command('scan')
    .summary('look for devices on a network or a line')
    .description(
      'Looks which unit ids answer and which mappings they fit. It only reads, with one connection to a host at a time. Stop it with Ctrl-C; what was found stays printed.',
    )
    .argument('<target>', 'tcp://192.168.1.0/24, tcp://HOST:PORT or rtu:/dev/ttyUSB0')
    .addOption(single('--units <list>', 'unit ids to try, for example 1-10,100 (default: the usual ones)', parseUnits))
    .option('--json', 'print each device as a line of JSON')
    .action((target: string, options: ScanOptions) => scanFor(target, options, context))
}

/** `1-10,100`. */
export function parseUnits(text: string): readonly number[] {
  const units = text.split(',').flatMap((part) => {
    const [, from = '', to = from] = /^(\d{1,3})(?:-(\d{1,3}))?$/u.exec(part.trim()) ?? []
    const first = Number(from)
    const last = Number(to)
    if (from === '' || last > 255 || first > last)
      throw new InvalidArgumentError('Write unit ids from 0 to 255, for example 1-10,100.')
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  return [...new Set(units)]
}

async function scanFor(target: string, options: ScanOptions, context: CliContext): Promise<void> {
  const { createRegistry, scan } = await import('../site/facade.ts')
  let found = 0
  await scan({
    registry: createRegistry(ownMappingFolders(context)),
    target,
    signal: context.stopping,
    ...(options.units === undefined ? {} : { units: options.units }),
    onProgress: progress(context),
    onFound: (device) => {
      found += 1
      context.out(options.json === true ? JSON.stringify(device) : foundText(device))
    },
  })
  context.err(`${found} ${found === 1 ? 'device' : 'devices'} found`)
}

function foundText({ connect, unit, fits }: Found): string {
  const sure = fits.filter(({ isSure }) => isSure)
  const shown = sure.length > 0 ? sure : fits.slice(0, 5)
  const names = shown.map(({ mapping, device }) => `${mapping} (${device})`).join(', ')
  const what =
    shown.length === 0
      ? 'no mapping fits; try `ampbridge mappings draft`'
      : sure.length > 0
        ? names
        : `perhaps ${names}`
  return `${connect} unit ${unit}: ${what}`
}
