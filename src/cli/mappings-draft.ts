import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { ownMappingFolders } from './mapping-folders.ts'
import { parseWhole, required, single } from './options.ts'
import { progress } from './progress.ts'

interface DraftOptions {
  readonly connect: string
  readonly unit?: number
}

export function addMappingsDraft(mappings: Command, context: CliContext): void {
  mappings
    .command('draft')
    .summary('begin a mapping for an unknown device')
    .description(
      'Tries which mappings a device fits; if none does, finds the registers that answer and prints a half-filled mapping. It only reads. Ctrl-C ends the search and prints what was found.',
    )
    .addOption(required('--connect <url>', 'tcp://HOST:PORT or rtu:/dev/ttyUSB0?baud=9600&format=8N1'))
    .addOption(single('--unit <id>', 'Modbus unit id (default: 1)', parseWhole(0, 255)))
    .action((options: DraftOptions) => draft(options, context))
}

async function draft(options: DraftOptions, context: CliContext): Promise<void> {
  const { createRegistry, draftMapping } = await import('../site/facade.ts')
  const { fits, file } = await draftMapping({
    registry: createRegistry(ownMappingFolders(context)),
    connect: options.connect,
    unit: options.unit ?? 1,
    signal: context.stopping,
    onProgress: progress(context),
  })
  for (const { mapping, device, isSure } of fits) context.err(`${isSure ? 'fits' : 'perhaps'}: ${mapping} (${device})`)
  if (file === null) context.err('A mapping fits: use it with --mapping; nothing was drafted.')
  else context.out(file.trimEnd())
}
