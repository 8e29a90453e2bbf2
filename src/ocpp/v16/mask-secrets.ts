/** Keys whose value is a secret, in ChangeConfiguration.req. */
const SECRET_KEY = /"key"\s*:\s*"[^"]*(?:AuthorizationKey|password)[^"]*"/i
const VALUE = /("value"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^\s",}\]]+)/g

/** Where files are fetched from and brought to: with a login, or a query that is as good as one (signed addresses). */
const LOCATION = /("(?:location|remoteLocation)"\s*:\s*")((?:[^"\\]|\\.)*)(?=")/g
/** Some CSMSs write a slash as `\/`. */
const SCHEME = /^[^/\\]*:(?:\\?\/){2}/

/** Nearly every frame is an answer, or a call of these: they hold nothing of the kind, and reading a whole frame for it costs more than parsing some. */
const PLAIN =
  /^\[(?:3,|2,"[^"\\]{1,36}","(?:Authorize|BootNotification|Heartbeat|MeterValues|StartTransaction|StatusNotification|StopTransaction)",)/

/** A frame as a trace may show it: passwords, and what in an address may be one, are masked. Certificates are public. */
export function maskSecrets(frame: string): string {
  if (PLAIN.test(frame)) return frame
  if (frame.includes('"ChangeConfiguration"') && SECRET_KEY.test(frame)) return frame.replaceAll(VALUE, '$1"***"')
  if (!frame.includes('://') && !frame.includes(String.raw`:\/\/`)) return frame
  return frame.replaceAll(LOCATION, (_, before: string, location: string) => before + maskLocation(location))
}

function maskLocation(location: string): string {
  const scheme = SCHEME.exec(location)?.[0] ?? ''
  const rest = location.slice(scheme.length)
  const loginEnd = rest.lastIndexOf('@')
  const query = rest.search(/[?#]/)
  if (query === -1) return loginEnd === -1 ? location : `${scheme}***${rest.slice(loginEnd)}`
  // A password with `?` or a query with `@`: nobody can tell which.
  if (loginEnd > query) return `${scheme}***`
  return loginEnd === -1 ? `${scheme}${rest.slice(0, query)}?***` : `${scheme}***${rest.slice(loginEnd, query)}?***`
}
