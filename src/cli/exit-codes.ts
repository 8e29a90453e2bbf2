/** Exit codes as in sysexits.h where it has one. */
import type { ErrorCode } from '../model/errors.ts'

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** EX_UNAVAILABLE: device, bus or CSMS cannot be reached. */
  unreachable: 69,
  /** EX_CONFIG: site file, mapping or secret is wrong. */
  configuration: 78,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'LINK_UNREACHABLE':
    case 'LINK_CLOSED':
    case 'DEVICE_TIMEOUT':
    case 'CSMS_UNREACHABLE':
      return EXIT.unreachable
    case 'CONFIG_INVALID':
    case 'CONFIG_UNREADABLE':
    case 'MAPPING_INVALID':
    case 'MAPPING_UNKNOWN':
    case 'SECRET_UNREADABLE':
      return EXIT.configuration
    case 'LINK_BAD_URL':
      return EXIT.usage
    default:
      return EXIT.failure
  }
}
