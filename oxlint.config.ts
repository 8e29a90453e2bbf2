import { defineConfig, type OxlintOverride } from 'oxlint'

/**
 * Who may import whom (the layers of the house). A room may import itself and what is listed; every other room is an error.
 * Rooms are named by their folder; `node` stands for Node's own modules.
 */
const ROOMS = {
  model: [],
  mapping: ['model', 'node'],
  // a site in the computer: a planner's protocol, recorded days and rush hours through the very same core
  study: ['model', 'balance', 'node'],
  balance: ['model'],
  'ocpp/rpc': ['model', 'node'],
  'ocpp/v16': ['model', 'ocpp/rpc', 'node'],
  'ocpp/station': ['model', 'ocpp/rpc', 'ledger', 'node'],
  'ocpp/security': ['model', 'node'],
  ledger: ['model', 'node'],
  config: ['model', 'node'],
  // files to and from an operator's server
  transfer: ['model', 'node'],
  // The site meets drivers, versions and mappings only in its registry.
  site: [
    'model',
    'mapping',
    'balance',
    'ocpp/rpc',
    'ocpp/station',
    'ocpp/security',
    'ledger',
    'transfer',
    'study',
    'config',
    'node',
  ],
  api: ['model', 'config', 'site', 'node'],
  cli: ['model', 'config', 'site', 'api', 'node'],
  web: ['api'],
  demo: ['model', 'mapping', 'config', 'site', 'api', 'node'],
  wire: ['model', 'node'],
  drivers: ['model', 'wire', 'node'],
} as const satisfies Record<string, readonly string[]>

/** The rooms inside src/mapping: `mapping.ts` says what a mapping is, and all know it. */
const MAPPING_ROOMS = {
  // words and names <-> values
  values: [],
  // a YAML file -> a mapping
  language: ['values'],
  // a mapping and a link -> a device
  device: ['values', 'language'],
  examples: ['values', 'language', 'device'],
  // a mapping in reverse
  simulator: ['values', 'language', 'device', 'examples'],
  // tools of a person who writes one
  workbench: ['values', 'language', 'device'],
} as const satisfies Record<string, readonly string[]>

/**
 * The rooms inside src/balance, and the files beside them that each may know. `allocate.ts` joins them. The gate knows of the scheduler only
 * the shape of what it asks for; the policy knows neither of them, for it only shapes inputs.
 */
const BALANCE_ROOMS = {
  // the input, made sound: numbers, tree, limits
  known: { rooms: [], types: [], files: ['timing'] },
  // what flows, what must be held free, what is left
  measure: { rooms: ['known'], types: [], files: ['timing', 'state'] },
  // who is served, with how much
  schedule: { rooms: ['known', 'measure'], types: [], files: ['timing', 'state'] },
  // lowers or delays
  gate: { rooms: ['known', 'measure'], types: ['schedule'], files: ['timing'] },
  // who may wait
  policy: { rooms: [], types: [], files: [] },
} as const satisfies Record<
  string,
  { readonly rooms: readonly string[]; readonly types: readonly string[]; readonly files: readonly string[] }
>

type Room = keyof typeof ROOMS
const ALL: readonly Room[] = Object.keys(ROOMS) as Room[]

interface Pattern {
  readonly group: string[]
  readonly message: string
  readonly allowTypeImports?: boolean
}

function layer(
  room: Room,
  files: string[],
  also: readonly string[] = [],
  more: readonly Pattern[] = [],
): OxlintOverride {
  const allowed = new Set<string>([room, ...ROOMS[room], ...also])
  // Neighbours under src/ocpp meet as `../rpc/...`, all others by their whole name.
  const forbidden = ALL.filter((other) => !allowed.has(other)).flatMap((other) => [
    `**/${other}/**`,
    ...(room.startsWith('ocpp/') && other.startsWith('ocpp/') ? [`../${other.slice('ocpp/'.length)}/**`] : []),
  ])
  const group = allowed.has('node') ? forbidden : [...forbidden, 'node:*']
  const layers: Pattern = { group, message: `src/${room} may import only: ${[...allowed].join(', ')}.` }
  // A driver's neighbour is `../name/...`.
  const neighbours = {
    regex: String.raw`^\.\./[^.]`,
    message: 'A driver never imports another one: src/wire is for what they share.',
  }
  return {
    files,
    rules: {
      'no-restricted-imports': ['error', { patterns: [layers, ...(room === 'drivers' ? [neighbours] : []), ...more] }],
    },
  }
}

/** Inside src/mapping rooms meet as `../room/...`. */
function mappingRoom(room: keyof typeof MAPPING_ROOMS): OxlintOverride {
  const allowed: readonly string[] = [room, ...MAPPING_ROOMS[room]]
  const inner = Object.keys(MAPPING_ROOMS).filter((other) => !allowed.includes(other))
  return layer(
    'mapping',
    [`src/mapping/${room}/**`],
    [],
    [
      {
        group: inner.map((other) => `../${other}/**`),
        message: `src/mapping/${room} may import only: ${allowed.join(', ')}.`,
      },
    ],
  )
}

/** Inside src/balance rooms meet as `../room/...`, and the files beside them as `../file.ts`. */
function balanceRoom(room: keyof typeof BALANCE_ROOMS): OxlintOverride {
  const { rooms, types, files } = BALANCE_ROOMS[room]
  const known: readonly string[] = [room, ...rooms, ...types]
  const inner = Object.keys(BALANCE_ROOMS).filter((other) => !known.includes(other))
  const named = [room, ...rooms, ...types.map((other) => `types of ${other}`), ...files.map((file) => `${file}.ts`)]
  const message = `src/balance/${room} may import of src/balance only: ${named.join(', ')}.`
  return layer(
    'balance',
    [`src/balance/${room}/**`],
    [],
    [
      {
        group: [...inner.map((other) => `../${other}/**`), '../*.ts', ...files.map((file) => `!../${file}.ts`)],
        message,
      },
      ...types.map((other) => ({ group: [`../${other}/**`], message, allowTypeImports: true })),
    ],
  )
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['dist/**', 'node_modules/**'],
  rules: {
    'no-console': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    // `fc.assert(...)` is how fast-check's own documentation is written.
    'import/no-named-as-default-member': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    // tsc proves it: an exhaustive switch needs no return after it.
    'typescript/consistent-return': 'off',
    'consistent-return': 'off',
    // Order matters on a bus and in a ledger: waiting in a loop is what we mean.
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    eqeqeq: 'error',
    'prefer-const': 'error',
  },
  overrides: [
    ...ALL.filter((room) => room !== 'drivers').map((room) => layer(room, [`src/${room}/**`])),
    ...Object.keys(MAPPING_ROOMS).map((room) => mappingRoom(room as keyof typeof MAPPING_ROOMS)),
    ...Object.keys(BALANCE_ROOMS).map((room) => balanceRoom(room as keyof typeof BALANCE_ROOMS)),
    layer('drivers', ['drivers/**']),
    layer('site', ['src/site/registry.ts'], ['drivers', 'ocpp/v16']),
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
    { files: ['src/cli/**', 'scripts/**', 'bench/**'], rules: { 'no-console': 'off' } },
    { files: ['test/**'], rules: { 'typescript/no-non-null-assertion': 'off', 'no-console': 'off' } },
  ],
})
