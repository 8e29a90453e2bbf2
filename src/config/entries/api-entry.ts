/** `api`: keys of kiosks, apps and booking systems. */
import { z } from 'zod'
import { list, missing, oneOf, reference, section, text } from '../fields.ts'
import { API_ACTIONS } from '../site-config.ts'

export const apiKeySection = section({
  secret: text(64, 'the name of a secret')
    .optional()
    .describe(
      'Name of a systemd credential, or of a file in the folder `secrets`, that holds the key: 16 to 128 letters, digits and `- _ . ~ + / =`.',
    ),
  file: text(255, 'the path of a file').optional().describe('Path of the file with the key, instead of `secret`.'),
  allow: list(oneOf(API_ACTIONS), API_ACTIONS.length, 'list what it may: `[token, stop]`').describe(
    '`token` presents an id as a card reader does, `stop` ends a session, `unlock` opens a socket, `wishes` says what a driver wants; for the whole site `limit` sets the limits of `signals` and `parameters` those of the controller.',
  ),
  stations: list(reference('a station'), 2000, 'list stations: `[CP-001]`')
    .optional()
    .describe('Where it may. Without it: at every station.'),
  signals: list(reference('a signal'), 100, 'list signals: `[ems]`')
    .optional()
    .describe('For which `signals` a key with `limit` speaks. Without it: for all that the API may set.'),
})

export const apiSection = section({
  keys: z
    .record(z.string(), z.unknown(), { error: (issue) => missing(issue.input, 'write `NAME: {...}` below it') })
    .describe('Who may do something over the API, by name.'),
})
