/** docs/ocpp-keys.md: what a CSMS can read and change on a station, from the settings table. */
import { FIELD_PARAMETERS } from '../src/model/controller-parameters.ts'
import { expectedNumber } from '../src/model/number-rule.ts'
import { CIRCUIT_MAXIMUM, OUTLET_MAXIMUM, PARAMETER_NAMES, PARAMETER_TABLE } from '../src/model/parameter-table.ts'
import { SETTINGS } from '../src/model/setting.ts'
import { SETTINGS_TABLE, type SettingRule } from '../src/ocpp/station/settings-table.ts'
import { expectationOf } from '../src/ocpp/station/settings.ts'
import { CIRCUIT_KEY, OUTLET_KEY } from '../src/site/controller/controller-keys.ts'
import { keyOfSetting } from '../src/ocpp/v16/keys.ts'
import { code, pageHead, table } from './markdown.ts'

export function ocppKeysPage(): string {
  const rows = SETTINGS.map((setting) => {
    const { rule, standard, meaning } = SETTINGS_TABLE[setting]
    return { key: keyOfSetting(setting) ?? setting, rule, standard, meaning }
  })
  const changed = rows.filter(({ rule }) => rule.type !== 'fixed')
  const told = rows.filter(({ rule }) => rule.type === 'fixed')
  return [
    pageHead('OCPP keys', 'src/ocpp/station/settings-table.ts and src/model/parameter-table.ts'),
    [
      'What a CSMS can read with GetConfiguration and change with ChangeConfiguration. A change counts at once and survives a restart.',
      'Case does not matter: `connectiontimeout` is `ConnectionTimeOut`. The site file sets the first value with `start-values`.',
      'A value that is not allowed is rejected, and the old one stays.\n',
    ].join('\n'),
    '## To change\n',
    table(
      ['Key', 'Takes', 'At first', 'What it does'],
      changed.map(({ key, rule, standard, meaning }) => [code(key), takes(rule), standard, meaning]),
    ),
    '\n## To read\n',
    table(
      ['Key', 'Value', 'What it says'],
      told.map(({ key, standard, meaning }) => [
        code(key),
        standard === '' || standard === '0' ? 'of the station' : standard,
        meaning,
      ]),
    ),
    controllerKeys(),
    '',
  ].join('\n')
}

function controllerKeys(): string {
  const parameters = PARAMETER_NAMES.map((name) => {
    const { key, rule, unit, meaning } = PARAMETER_TABLE[name]
    const first = `${FIELD_PARAMETERS[name]} ${unit}`.trim()
    return [code(key), expectedNumber(rule), first, meaning]
  })
  const maxima = [
    [
      code(`${OUTLET_KEY}.STATION`),
      expectedNumber(OUTLET_MAXIMUM),
      'none',
      'Most current of an outlet, in A; 0 pauses it. `.1`, `.2`, ... follows where the station has several connectors',
    ],
    [
      code(`${CIRCUIT_KEY}.CIRCUIT`),
      expectedNumber(CIRCUIT_MAXIMUM),
      'none',
      'Most current of a circuit on each phase, in A',
    ],
  ]
  return [
    '\n## Of the site itself\n',
    [
      'The station that `controller` of the site file gives the site has the keys above and these, to change;',
      '[station-controller.md](station-controller.md) explains them. The API changes the same values.\n',
    ].join('\n'),
    table(['Key', 'Takes', 'At first', 'What it does'], [...parameters, ...maxima]),
  ].join('\n')
}

function takes(rule: SettingRule): string {
  return rule.type === 'secret' ? 'a password of 16 to 40 bytes; it is never shown' : expectationOf(rule)
}
