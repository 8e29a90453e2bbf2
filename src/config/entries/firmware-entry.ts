/** `firmware`: what a CSMS may do with it. */
import { section, text } from '../fields.ts'

export const firmwareSection = section({
  hook: text(255, 'the path of a program').describe(
    'Program that installs a firmware file after the bridge has fetched and verified it: absolute path, executable, owned by root or the service, writable by nobody else. Without it the CSMS is told that firmware cannot be updated.',
  ),
})
