/** The whole demo as `npm start` runs it: world, sockets, bridge, CSMS, page. It ends as soon as it has shown that it works. */
import { expect, test } from 'vitest'
import type { SiteSnapshot } from '../../src/api/types.ts'
import { runDemo } from '../../src/demo/main.ts'
import { openStream } from '../api/sse-reader.ts'

test('cars charge over real sockets, the CSMS talks, and it ends cleanly', async () => {
  const ending = new AbortController()
  const said: string[] = []
  const { promise: url, resolve: runs } = Promise.withResolvers<string>()
  const say = (_: object, text: string): void => {
    said.push(text)
    const [found] = /http:\/\/\S+/.exec(text) ?? []
    if (found !== undefined) runs(found)
  }
  const demo = runDemo({
    port: 0,
    speed: 1,
    stateFolder: null,
    log: { info: say, warn: say, error: say },
    stopping: ending.signal,
  })
  try {
    const stream = await openStream(`${await Promise.race([url, demo.then(() => '')])}/api/v1/stream`)
    let site: SiteSnapshot
    do site = (await stream.next('snapshot')).data as SiteSnapshot
    while (!isCharging(site))
    const frames = stream.kept.filter(({ event }) => event === 'trace').map(({ data }) => JSON.stringify(data))
    stream.close()
    expect(site.stations.map(({ id, vendor, online }) => [id, vendor, online])).toEqual([
      ['CP-001', 'KEBA', true],
      ['CP-002', 'ABB', true],
      ['CP-003', 'Heidelberg', true],
      ['CP-004', 'Heidelberg', true],
    ])
    expect(site.circuits.map(({ id, failSafe }) => [id, failSafe])).toEqual([
      ['house', false],
      ['garage', false],
    ])
    expect(frames.some((frame) => frame.includes('StartTransaction'))).toBe(true)
  } finally {
    ending.abort()
    await demo
  }
  expect(said.at(-1)).toBe('The demo ends.')
})

/** Current flows in a session that the CSMS knows, and the grid meter is read. */
function isCharging(site: SiteSnapshot): boolean {
  return (
    site.meters.every(({ currentAmps }) => currentAmps !== null) &&
    site.stations.every(({ online }) => online) &&
    site.stations.some(
      ({ evses: [evse] }) =>
        evse?.status === 'charging' && evse.transaction?.csmsTransactionId !== null && (evse.powerW ?? 0) > 1000,
    )
  )
}
