/** `from: NAME`: a file that says only what differs from another one. */
import { layered, without } from './layers.ts'
import type { Problem } from './problem.ts'
import { isPlainMap, parseSource } from './source-file.ts'
import type { SourceFile } from './source-file.ts'

/** The text of a base file, or why there is none. `above` are the files that lead to it, the first one last. */
export type FindBase = (
  name: string,
  above: readonly string[],
) => { readonly text: string; readonly file: string } | { readonly problem: string; readonly hint: string }

/** A base of a base of a base is the last that anybody can follow. */
const MAX_DEPTH = 3

/** What a file says about itself: it never passes to the files that are derived from it. */
const OWN_KEYS: readonly string[] = [
  'from',
  'device',
  'vendor',
  'model',
  'also',
  'source',
  'note',
  'status',
  'tried',
  'examples',
]

/** The file over all its bases, without `from`; or what is wrong with the chain. */
export function inherit(
  source: SourceFile,
  findBase: FindBase | null,
  above: readonly string[] = [],
): { readonly source: SourceFile } | { readonly problems: readonly Problem[] } {
  const from = isPlainMap(source.data) ? source.data['from'] : undefined
  if (from === undefined) return { source }
  const refuse = (message: string, hint: string) => ({ problems: [source.problem(['from'], message, hint)] })
  if (typeof from !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/u.test(from))
    return refuse('is not the name of a mapping', 'e.g. `from: keba-p30`, without a folder and without .yaml')
  const chain = [source.name, ...above]
  if (chain.length > MAX_DEPTH)
    return refuse(`more than ${MAX_DEPTH} files on top of each other`, 'take the lowest base')
  if (findBase === null) return refuse(`the base "${from}" cannot be looked up here`, 'load the file by a library')
  const found = findBase(from, chain)
  if ('problem' in found) return refuse(found.problem, found.hint)
  const parsed = parseSource(found.text, found.file)
  if ('problems' in parsed) return parsed
  const base = inherit(parsed.source, findBase, chain)
  if ('problems' in base) return base
  return { source: layered(without(base.source, OWN_KEYS), without(source, ['from'])) }
}
