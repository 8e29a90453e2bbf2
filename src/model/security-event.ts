/**
 * What the security log names (OCPP 1.6 security whitepaper ed. 3, appendix "Security events"; the words are the standard's).
 * True: told to the CSMS, and queued while it is away: the critical ones (A04), and those that a use case asks for (A00 TLS version and
 * ciphers, A02 and A03 a refused station certificate, M05 a refused root, L01 a refused firmware). All are kept in the security log.
 */
export const SECURITY_EVENTS = {
  FirmwareUpdated: true,
  FailedToAuthenticateAtCentralSystem: false,
  CentralSystemFailedToAuthenticate: false,
  SettingSystemTime: true,
  StartupOfTheDevice: true,
  ResetOrReboot: true,
  SecurityLogWasCleared: true,
  ReconfigurationOfSecurityParameters: false,
  MemoryExhaustion: true,
  InvalidMessages: false,
  AttemptedReplayAttacks: false,
  TamperDetectionActivated: true,
  InvalidFirmwareSignature: true,
  InvalidFirmwareSigningCertificate: true,
  InvalidCentralSystemCertificate: true,
  InvalidChargePointCertificate: true,
  InvalidTLSVersion: true,
  InvalidTLSCipherSuite: true,
} as const satisfies Record<string, boolean>
export type SecurityEventType = keyof typeof SECURITY_EVENTS
