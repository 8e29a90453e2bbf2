/** The site's own station at the CSMS: an id of its own, an upstream that is there, values that its keys take. */
import { describe, expect, it } from 'vitest'
import { load, problemsOf, siteText } from './site-text.ts'

const site = (controller: string): string =>
  siteText({ controller, upstreams: '{u: {url: "ws://localhost:9000"}, v: {url: "ws://localhost:9001"}}' })
const withValues = (values: string): string => site(`{identity: SITE, upstream: [u, v], start-values: {${values}}}`)

describe('the controller', () => {
  it('has an identity, upstreams and start values', async () => {
    const { config, warnings } = await load(withValues('percentsupplyuseable: 80, tolerancechargecurrent: 0.5'))
    expect(config?.controller).toEqual({
      identity: 'SITE',
      upstreamIds: ['u', 'v'],
      startValues: { percentsupplyuseable: '80', tolerancechargecurrent: '0.5' },
    })
    expect(warnings).toEqual([]) // its upstreams are used
  })

  it('is none where none is written', async () => {
    expect((await load(siteText())).config?.controller).toBeNull()
  })

  it.each([
    ['{identity: a, upstream: u}', 'controller.identity: is the id of the station `A`'],
    ['{identity: "a:b", upstream: u}', 'controller.identity: this id holds a `:`'],
    ['{identity: "a b", upstream: u}', 'controller.identity: this is not an id that OCPP allows'],
    ['{upstream: u}', 'controller.identity: is missing'],
    ['{identity: SITE}', 'controller.upstream: is missing (name an upstream, or a list of them)'],
    ['{identity: SITE, upstream: w}', 'controller.upstream: there is no upstream `w`'],
    ['{identity: SITE, upstream: [u, u]}', 'controller.upstream.1: is named twice'],
    ['{identity: SITE, upstreams: u}', 'unknown key `upstreams` (did you mean `upstream`?)'],
  ])('refuses %s', async (controller, expected) => {
    expect((await problemsOf(site(controller))).join('\n')).toContain(expected)
  })

  it.each([
    ['percentsupplyuseable: 0', 'it takes a number from 1 to 100 %'],
    ['percentsupplyuseable: 101', 'it takes a number from 1 to 100 %'],
    ['PercentSupplyUseable: lots', '`lots` is not a value of this key'],
    ['numreserve: 1.5', 'it takes a whole number from 0 to 1000'],
    ['currentreserve: -1', 'it takes a number from 0 to '],
    ['percentsupplyusable: 80', 'has no key `percentsupplyusable` (did you mean `percentsupplyuseable`?)'],
    ['authorizationkey: secret', 'a password is not written in the site file'],
  ])('refuses the start value {%s}', async (values, expected) => {
    const problems = await problemsOf(withValues(values))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
  })

  it('takes the keys of OCPP too', async () => {
    expect(await problemsOf(withValues('HeartbeatInterval: 60'))).toEqual([])
  })
})
