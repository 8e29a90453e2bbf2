/**
 * Writes everything in the repository that is made from source: JSON Schemas for editors, pages of docs/, the OCPP schemas.
 *
 *   node scripts/generate.ts [--check]
 *
 * With `--check` nothing is written; stale files are named and the exit code is 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { siteJsonSchema } from '../src/config/site-schema.ts'
import { mappingJsonSchema, mappingLibrary } from '../src/mapping/index.ts'
import { commandsPage } from './commands-page.ts'
import { configurationPage } from './configuration-page.ts'
import { devicesPage, mappingsReadme } from './devices-page.ts'
import { errorsPage } from './errors-page.ts'
import { ocppKeysPage } from './ocpp-keys-page.ts'
import { OCPP16_SCHEMAS_FILE, ocpp16Schemas } from './ocpp-schemas.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Path from the root of the repository, and content. */
function generatedFiles(): ReadonlyMap<string, string> {
  const library = mappingLibrary()
  const mappings = library.list().map(({ name }) => library.load(name))
  return new Map([
    ['config/site.schema.json', json(siteJsonSchema())],
    ['config/mapping.schema.json', json(mappingJsonSchema())],
    ['docs/commands.md', commandsPage()],
    ['docs/configuration.md', configurationPage()],
    ['docs/devices.md', devicesPage(mappings)],
    ['docs/errors.md', errorsPage()],
    ['docs/ocpp-keys.md', ocppKeysPage()],
    ['mappings/README.md', mappingsReadme(mappings)],
    [relative(ROOT, OCPP16_SCHEMAS_FILE), ocpp16Schemas()],
  ])
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // not generated yet
  }
}

const files = generatedFiles()
const stale = [...files].filter(([path, content]) => contentOf(join(ROOT, path)) !== content)
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is stale: run npm run generate`)
  if (stale.length > 0) process.exitCode = 1
} else {
  for (const [path, content] of stale) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), content)
    console.log(`${path} written`)
  }
}
