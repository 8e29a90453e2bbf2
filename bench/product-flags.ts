/** How the product starts Node: the options in the first line of its door. Ours and the peers of a benchmark run with the same ones. */
import { readFileSync } from 'node:fs'

const DOOR = new URL('../src/cli/ampbridge.mjs', import.meta.url)

export const PRODUCT_FLAGS: readonly string[] = readFileSync(DOOR, 'utf8').split('\n', 1)[0]?.match(/--\S+/g) ?? []
