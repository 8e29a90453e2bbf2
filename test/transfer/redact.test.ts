import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { redact, redactor } from '../../src/transfer/redact.ts'

const R = '[redacted]'
/** Every character of the mark is a bad luck for it. */
const secrets = fc.array(
  fc.oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
    fc.constantFrom('redacted', '[', ']', '*', '•', 'act', 'a', '\n', 'a\nb', 'password'),
  ),
  { minLength: 1, maxLength: 4 },
)
/** Texts that hold them, in pieces and in spellings. */
function textWith(known: readonly string[]): fc.Arbitrary<string> {
  const secret = fc.constantFrom(...known)
  return fc
    .array(
      fc.oneof(
        secret,
        secret,
        secret.map((each) => each.slice(0, Math.ceil(each.length / 2))),
        secret.map((each) => each.slice(Math.floor(each.length / 2))),
        secret.map((each) => JSON.stringify({ password: each, url: `ftp://u:${each}@h/` })),
        fc.string({ maxLength: 20 }),
        fc.constantFrom('\n', ' ', 'password: ', 'Authorization: Basic ', '"AuthorizationKey","value":"', '://u:', '@'),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(''))
}

describe('a secret that is given', () => {
  it('is never in the result, whatever it is and wherever it stands', () => {
    fc.assert(
      fc.property(
        secrets.chain((known) => fc.tuple(fc.constant(known), textWith(known))),
        ([known, text]) => {
          const shown = redact(text, known)
          for (const each of known) expect(shown.includes(each)).toBe(false)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('is in none of the pieces of a long text either, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9/@]{8,20}$/),
        fc.nat(5_000),
        fc.integer({ min: 500, max: 70_000 }),
        (secret, gap, size) => {
          const line = 'a line of a log that says nothing at all\n'
          let text = ''
          while (text.length < 200_000) text += line.repeat(gap / 40) + line.slice(0, gap % 40) + secret
          const clean = redactor([secret])
          let shown = ''
          for (let at = 0; at < text.length; at += size) shown += clean.next(text.slice(at, at + size))
          shown += clean.end()
          expect(shown.includes(secret)).toBe(false)
          expect(shown).toBe(redact(text, [secret]))
        },
      ),
      { numRuns: 15 },
    )
  })

  it('is in none of the pieces when it is many lines long', () => {
    const secret = Array.from({ length: 60 }, (_, at) => `row ${at} of a table that is nobody's business`).join('\n')
    const clean = redactor([secret])
    let shown = ''
    for (let count = 0; count < 40; count += 1) {
      const text = `${'a line\n'.repeat(count * 137)}${secret}\n`
      for (let at = 0; at < text.length; at += 700) shown += clean.next(text.slice(at, at + 700))
    }
    expect(shown + clean.end()).not.toContain('row')
  })

  it('is found as URLs, JSON, base64 and hex spell it', () => {
    const secret = 'p@ss "wörd"/1'
    const spellings = [
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('hex').toUpperCase(),
    ]
    const shown = redact(spellings.join('\n'), [secret])
    expect(shown).not.toMatch(/w.*rd/i)
    expect(shown.split('\n').map((line) => line.replaceAll('"', '').replace(/=+$/, ''))).toEqual(spellings.map(() => R))
  })
})

describe('what looks like a secret goes too', () => {
  it.each([
    ['wss://CP-1:geheim@csms.example.com/ocpp', `wss://${R}@csms.example.com/ocpp`],
    ['at ftp://u:ge@heim@h/x, then', `at ftp://${R}@h/x, then`],
    ['ftp://geheim@h', `ftp://${R}@h`],
    [String.raw`{\"url\":\"http:\/\/u:geheim@h\"}`, String.raw`{\"url\":\"http:\/\/${R}@h\"}`],
    ['GET /a?X-Amz-Signature=geheim&b=1', `GET /a?X-Amz-Signature=${R}`],
    ['https://h/x?sig=geheim', `https://h/x?sig=${R}`],
    ['password: geheim', `password: ${R}`],
    ['  password: "geheim und lang"', `  password: ${R}`],
    ['    wifi-password: ge heim # x', `    wifi-password: ${R}`],
    ['{"password":"ge\\"heim","user":"u"}', `{"password":"${R}","user":"u"}`],
    ['login {user: u, password: geheim}', `login {user: u, password: ${R}`],
    ['MQTT_PASSWORD=geheim x', `MQTT_PASSWORD=${R} x`],
    ["apiKey = 'geheim'", `apiKey = '${R}'`],
    ['Authorization: Basic Z2VoZWlt', `Authorization: ${R}`],
    ['"authorization": "Bearer geheim.x.y", "a": 1', `"authorization": "${R}", "a": 1`],
    ['sent Bearer geheimgeheim to', `sent Bearer ${R} to`],
    ['Cookie: sid=geheim; b=2', `Cookie: ${R}`],
    ['PASS geheim', `PASS ${R}`],
    [
      '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"67656865696d"}]',
      `[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"${R}"}]`,
    ],
    [
      '[2,"1","ChangeConfiguration",{"value":"}ge\\"heim{","key":"authorizationkey"}]',
      `[2,"1","ChangeConfiguration",{"value":"${R}","key":"authorizationkey"}]`,
    ],
    [
      String.raw`{"msg":"[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\",\"value\":\"geheim\"}]"}`,
      String.raw`{"msg":"[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\",\"value\":\"${R}\"}]"}`,
    ],
    [
      '{\n  "key": "AuthorizationKey",\n  "readonly": false,\n  "value": "geheim"\n}',
      `{\n  "key": "AuthorizationKey",\n  "readonly": false,\n  "value": "${R}"\n}`,
    ],
    [
      '-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQEE\n-----END EC PRIVATE KEY-----\nafter',
      `-----BEGIN EC PRIVATE KEY-----${R}-----END EC PRIVATE KEY-----\nafter`,
    ],
    ['-----BEGIN PRIVATE KEY-----\nMHcC\n(cut', `-----BEGIN PRIVATE KEY-----${R}`],
    ['key: |\n  a\npassword: |\n  ge\n  heim\nnext: 1', `key: |\n  a\npassword: ${R}\n${R}next: 1`],
  ])('%s', (text, shown) => {
    expect(redact(text)).toBe(shown)
  })

  it('and what does not stays', () => {
    for (const text of [
      'CP-001 charges at 16 A; see https://example.com/a@b',
      '2026-11-21T08:15:00Z meter 1234 Wh, mail ops@example.com',
      '[2,"7","ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    ])
      expect(redact(text)).toBe(text)
  })

  it('even where a long text is cut, and in time that grows with its length only', () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'QUJDREVGR0g=\n'.repeat(150)}-----END PRIVATE KEY-----\n`
    const frame = '{\n "key": "AuthorizationKey",\n "value": "geheim"\n}\n'
    const text = Array.from({ length: 120 }, (_, at) => `${'line\n'.repeat(at * 7)}${key}${frame}`).join('')
    const clean = redactor([])
    let shown = ''
    for (let at = 0; at < text.length; at += 1_111) shown += clean.next(text.slice(at, at + 1_111))
    shown += clean.end()
    expect(shown).not.toMatch(/QUJD|geheim/)
    expect(shown.match(/line/g)).toHaveLength(text.match(/line/g)?.length ?? 0)
    for (const evil of [
      'a.',
      'password',
      '\n',
      '-----BEGIN PRIVATE KEY-----',
      'a://',
      '"',
      '\\',
      'authorizationkey"',
      ' ',
    ])
      redact(evil.repeat(100_000 / evil.length))
  })
})
