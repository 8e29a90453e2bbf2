/** `plan`: whether one guides who waits. */
import { flag } from '../fields.ts'

export const planFlag = flag().describe('True: a plan over the next hours (linear programme) guides which cars wait.')
