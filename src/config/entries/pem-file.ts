/** A file with certificates or a key. */
import { text } from '../fields.ts'

export const pemFile = (what: string) => text(255, `the path of ${what}`).optional()
