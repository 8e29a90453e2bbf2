/** Where files of a CSMS may go to and come from. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KNOWN, load, problemsOf, siteText } from './site-text.ts'

describe('transfers', () => {
  it('go nowhere else where nothing is written', async () => {
    const { config } = await load(siteText())
    expect(config?.transfers).toEqual({ allow: [], certificateAuthorityFile: null })
  })

  it('may go to networks that are named, with an authority of their own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-transfers-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'files.pem'), '-----BEGIN CERTIFICATE-----\n')
    const text = siteText({ transfers: '{allow: [192.168.7.0/24, 10.0.0.1/32, "fd00:7::/64"], ca: files.pem}' })
    const { config } = await load(text, KNOWN, join(folder, 'site.yaml'))
    expect(config?.transfers).toEqual({
      allow: ['192.168.7.0/24', '10.0.0.1/32', 'fd00:7::/64'],
      certificateAuthorityFile: join(folder, 'files.pem'),
    })
  })

  it.each([
    ['{allow: 10.0.0.0/8}', '3:20: transfers.allow: is a text, not a list (list networks: `[192.168.7.0/24]`)'],
    ['{allow: [10.0.0.0]}', '3:21: transfers.allow.0: is not a network (write for example `192.168.7.0/24`'],
    ['{allow: [10.0.0.0/33]}', '3:21: transfers.allow.0: is not a network'],
    ['{allow: [0.0.0.0/0]}', '3:21: transfers.allow.0: is not a network'],
    ['{allow: [files.example.com/24]}', '3:21: transfers.allow.0: is not a network'],
    ['{ca: ../files.pem}', '3:17: transfers.ca: is outside the configuration and state folders'],
    ['{alow: [10.0.0.0/8]}', '3:13: transfers.alow: unknown key `alow` (did you mean `allow`?)'],
  ])('refuse %s', async (transfers, expected) => {
    const [problem = '', ...rest] = await problemsOf(siteText({ transfers }))
    expect(problem).toContain(expected)
    expect(rest).toEqual([])
  })
})
