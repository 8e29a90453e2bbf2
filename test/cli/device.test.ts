/** `simulate` as a process, `read` and `set` against it: once as processes, else in here, because a start costs half a second. */
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ampbridge } from './command.ts'
import { run, start, type Started } from './process.ts'

let simulator: Started
let url: string
beforeAll(async () => {
  simulator = start(['simulate', '--mapping', 'keba-p30', '--listen', 'tcp://127.0.0.1:0', '--json'])
  const listening: unknown = JSON.parse(await simulator.line('"url"'))
  expect(listening).toMatchObject({ mapping: 'keba-p30', unit: 255 })
  url = typeof listening === 'object' && listening !== null && 'url' in listening ? String(listening.url) : ''
})
afterAll(async () => {
  simulator.kill('SIGTERM')
  expect(await simulator.ended).toMatchObject({ code: 0, err: '' })
})

const keba = (): readonly string[] => ['--mapping', 'keba-p30', '--connect', url]

describe('read', () => {
  it('prints a table for people', async () => {
    const { code, out } = await ampbridge(['read', ...keba()])
    expect(code).toBe(0)
    expect(out).toMatch(/^keba-p30, connector 1\n {2}state {7}[A-F]\n {2}current {5}[\d. -]+ A\n/)
    expect(out).toMatch(/\n {2}soc {9}-\n/)
  })

  it('prints one reading as JSON; what the device does not give is null', async () => {
    const { code, out, err } = await run(['read', ...keba(), '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const reading: unknown = JSON.parse(out)
    expect(reading).toMatchObject({ mapping: 'keba-p30', connector: 1 })
    const values = Object.entries((reading as { values: object }).values)
    expect(values.map(([name]) => name).join(' ')).toBe(
      'state current voltage power powers energy export session limit enabled tag error frequency temperature soc phases evid',
    )
    // the KEBA has neither
    expect(reading).toMatchObject({ values: { soc: null, frequency: null } })
  })

  it('ends with 69 when nobody answers', async () => {
    const { code, out, err } = await ampbridge([
      'read',
      '--mapping',
      'keba-p30',
      '--connect',
      await closedPort(),
      '--json',
    ])
    expect({ code, out }).toEqual({ code: 69, out: '' })
    expect(err).toContain('LINK_UNREACHABLE')
  })

  it.each([
    [['--mapping', 'keba-p3', '--connect', 'tcp://127.0.0.1:1'], 78, 'MAPPING_UNKNOWN'],
    [['--mapping', './none.yaml', '--connect', 'tcp://127.0.0.1:1'], 78, 'MAPPING_'],
    [['--mapping', 'keba-p30', '--connect', 'http://127.0.0.1:1'], 2, 'LINK_BAD_URL'],
  ])('%j ends with %s', async (argv, expected, reason) => {
    const { code, out, err } = await ampbridge(['read', ...argv], { folder: tmpdir() })
    expect({ code, out }).toEqual({ code: expected, out: '' })
    expect(err).toContain(reason)
  })
})

describe('set', () => {
  it('writes, shows every write, and leaves the set-point', async () => {
    const { code, out, err } = await run(['set', ...keba(), '--current', '13.5', '--yes'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    // the last write is the set-point: nothing takes it back
    expect(out.split('\n').at(-1)).toContain('unit 255 holding 5004 <- 13500 (fc 6): ')
  })

  it('serves the device for --hold and prints JSON', async () => {
    const { code, out } = await ampbridge(['set', ...keba(), '--resume', '10', '--yes', '--hold', '200ms', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ mapping: 'keba-p30', connector: 1, command: { kind: 'resume', amps: 10 } })
  })

  it('ends a --hold with 0 on SIGINT', async () => {
    const holding = start(['set', ...keba(), '--current', '8', '--yes', '--hold', '1h'])
    await holding.line('5004 <- 8000')
    holding.kill('SIGINT')
    expect(await holding.ended).toMatchObject({ code: 0, err: '' })
  })

  it('gives control back as the mapping says, or says that there is nothing to give back', async () => {
    const server = start(['simulate', '--mapping', 'wallbox-quasar', '--listen', 'tcp://127.0.0.1:0', '--json'])
    const { url: quasar } = JSON.parse(await server.line('"url"')) as { url: string }
    const device = ['--mapping', 'wallbox-quasar', '--connect', quasar]
    const { code, out } = await ampbridge(['set', ...device, '--give-back', '--yes'])
    server.kill('SIGTERM')
    await server.ended
    expect(code).toBe(0)
    expect(out.split('\n').at(-1)).toContain('give back control')
    const nothing = await ampbridge(['set', ...keba(), '--give-back', '--yes'])
    expect(nothing).toMatchObject({ code: 0, out: 'nothing was written: the mapping has no `stop`' })
  })

  it('refuses what the device cannot do', async () => {
    const { code, out, err } = await ampbridge(['set', ...keba(), '--current', '63', '--yes'])
    expect(code).toBe(1)
    expect(out).not.toContain('5004')
    expect(err).toContain('DEVICE_VALUE_REFUSED')
    expect(await ampbridge(['set', ...keba(), '--wake', '--yes'])).toMatchObject({ code: 1 })
  })
})

/** An address where nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return `tcp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 1}`
}
