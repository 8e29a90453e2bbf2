/** Where a CSMS says that a file lies. Which schemes and hosts are allowed is for the transfer to say. */

/** Printable ASCII with a scheme and an authority: `URL` alone would take spaces and line breaks, and repair them. */
const LOCATION = /^[a-z][a-z0-9+.-]*:\/\/[\x21-\x7e]+$/i

/** GetLog and SignedUpdateFirmware say 512 characters; the older GetDiagnostics and UpdateFirmware leave it open. */
const MAX_LENGTH = 2048

export function isLocation(text: string): boolean {
  return text.length <= MAX_LENGTH && LOCATION.test(text) && URL.canParse(text)
}
