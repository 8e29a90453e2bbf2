import { describe, expect, it } from 'vitest'
import { ampbridge } from './command.ts'

const DEVICE = ['--mapping', 'keba-p30', '--connect', 'tcp://127.0.0.1:1']

describe('help', () => {
  it('is what the bare command prints', async () => {
    const { code, out, err } = await ampbridge([])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const word of ['run', 'demo', 'check', 'read', 'set', 'simulate', 'Exit codes']) expect(out).toContain(word)
  })
  it.each(['run', 'demo', 'check', 'read', 'set', 'simulate'])('explains %s', async (command) => {
    const { code, out } = await ampbridge([command, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`Usage: ampbridge ${command}`)
  })
  it('has a version', async () => {
    expect(await ampbridge(['--version'])).toEqual({ code: 0, out: '0.1.0', err: '' })
  })
})

describe('wrong use ends with 2 and a reason', () => {
  it.each([
    [['reed'], 'Did you mean read?'],
    [['--nonsense'], 'unknown option'],
    [['read'], "'--mapping <mapping>' not specified"],
    [['read', '--mapping', 'keba-p30'], "'--connect <url>' not specified"],
    [['read', ...DEVICE, 'more'], 'too many arguments'],
    [['read', ...DEVICE, '--unit', '256'], 'a whole number from 0 to 255'],
    [['read', ...DEVICE, '--unit'], 'argument missing'],
    [['read', ...DEVICE, '--connector', '0'], 'a whole number from 1 to 64'],
    [['read', ...DEVICE, '--mapping', 'keba-p30'], 'It is given twice'],
    [['run', '--config', 'a', '--config', 'b', '--state', 'c'], 'It is given twice'],
    [['run', '--config', 'a'], '--state FOLDER is missing'],
    [['run', '--config', 'a', '--state', 'b', '--log', 'xml'], 'Allowed choices are text, json'],
    [['demo', '--speed', '0'], 'a whole number from 1 to 100'],
    [['demo', '--port', '65536'], 'a whole number from 0 to 65535'],
    [['check', '--config', 'x'.repeat(5000)], 'an argument is too long'],
    [['check', ...Array<string>(200).fill('x')], 'too many arguments'],
    [['set', ...DEVICE, '--current', '10'], 'add --yes'],
    [['set', ...DEVICE, '--yes'], 'name one of --current'],
    [['set', ...DEVICE, '--yes', '--pause', '--current', '10'], 'name one of --current'],
    [['set', ...DEVICE, '--yes', '--current', '3'], '0 A is --pause'],
    [['set', ...DEVICE, '--yes', '--phases', '2'], 'It is 1 or 3'],
    [['set', ...DEVICE, '--yes', '--pause', '--hold', '10'], 'with its unit'],
    [['set', ...DEVICE, '--yes', '--failsafe', '6'], 'Write A,SECONDS'],
  ])('%j', async (argv, reason) => {
    const { code, out, err } = await ampbridge(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(reason)
    expect(err.length).toBeLessThan(500)
  })
})
