/** Where a device is, who we are there, and how secrets are named. */
import { z } from 'zod'
import { integer, missing, reference, say, section, text } from '../fields.ts'

export const secretSource = (what: string) =>
  z.strictObject(
    {
      secret: text(64, 'the name of a secret')
        .optional()
        .describe('Name of a systemd credential, or of a file in the folder `secrets` beside the site file.'),
      file: text(255, 'the path of a file')
        .optional()
        .describe('Path of a file in the configuration, state or credentials folder.'),
    },
    {
      error: (issue) => {
        const hint = 'write `{secret: NAME}` and put it in the file secrets/NAME'
        if (issue.input === undefined || issue.input === null) return missing(issue.input, hint)
        return say(`a ${what} is not written in the site file`, hint)
      },
    },
  )
export const password = secretSource('password')
export type SecretSource = z.output<typeof password>

export const login = section({
  user: text(64, 'the user name').describe('User name at the device or broker.'),
  password: password.describe('`{secret: NAME}` or `{file: PATH}`; never the password itself.'),
})

export const key = secretSource('key')

export const address = {
  connect: reference('the connection')
    .optional()
    .describe(
      'Where the device is. Modbus: `tcp://HOST:PORT`, `rtu+tcp://HOST:PORT`, `ascii+tcp://HOST:PORT`, `rtu:/dev/ttyUSB0?baud=9600&format=8N1`, `ascii:/dev/...`. Others: `http://HOST/prefix`, `https://HOST?insecure=yes`, `mqtt://BROKER`, `mqtts://BROKER`, `udp://HOST:PORT`. Meters that send telegrams: `dsmr:/dev/ttyUSB0`, `sml:/dev/...`, `iec62056:/dev/...?every=60` or behind a socket `dsmr+tcp://HOST:PORT`, `sml+tcp://...`, `iec62056+tcp://...`; `speedwire:?serial=...`. Devices with the same connection share it. Either this or `bus`.',
    ),
  login: login.optional().describe('Who we are at an HTTP device or an MQTT broker that wants to know.'),
  key: key
    .optional()
    .describe('`{secret: NAME}` or `{file: PATH}` with the key of a DSMR meter that encrypts, 32 hexadecimal digits.'),
  bus: reference('a bus of this file')
    .optional()
    .describe('Name of a bus in `buses`, for Modbus. Either this or `connect`.'),
  unit: integer(0, 255, 'the Modbus unit id')
    .optional()
    .describe('Modbus unit id. Without it: the one the mapping names, which is the factory setting.'),
}
