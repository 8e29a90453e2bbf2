/** Keys whose value is a secret, in ChangeConfiguration.req. */
const SECRET_KEY = /"key"\s*:\s*"[^"]*(?:AuthorizationKey|password)[^"]*"/i
const VALUE = /("value"\s*:\s*)"(?:[^"\\]|\\.)*"/g

/** A frame as a trace may show it: the value of a key that holds a password is masked. */
export function maskSecrets(frame: string): string {
  // Most frames hold no such key, and this runs for each.
  if (!frame.includes('"ChangeConfiguration"') || !SECRET_KEY.test(frame)) return frame
  return frame.replaceAll(VALUE, '$1"***"')
}
