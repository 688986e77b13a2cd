import { resolve } from 'node:path'

import {
  describeSettings,
  readFlags,
  readSettings,
  type Settings,
  type SettingsTable,
  whereSet,
} from '@octopus/kit/settings.ts'
import { LABEL_CHARACTERS_MAX, LABELS_MAX, SLOTS_DEFAULT, SLOTS_MAX } from '@octopus/protocol/limits.ts'

const PROGRAM = 'octopus client'
const CONFIG_FILE = 'octopus-client.conf'

/** Every setting, by the name that users write. docs/settings.md is made from it. */
export const CLIENT_SETTINGS = {
  SERVER_URL: {
    kind: 'text',
    default: null,
    flags: ['server'],
    about: 'Address of the server; the enrolment token holds one too.',
    check: (value) => (isHttpUrl(value) ? undefined : 'must be an address like https://octopus.example.com:8000'),
  },
  TOKEN: {
    kind: 'text',
    default: null,
    from: ['environment', 'command line'],
    about: 'Enrolment token, needed at the first start only.',
  },
  TOKEN_FILE: {
    kind: 'text',
    default: null,
    from: ['environment', 'command line'],
    about: 'File with the enrolment token, so that it is in no list of processes.',
  },
  CONFIG: {
    kind: 'text',
    default: null,
    from: ['environment', 'command line'],
    about: `Settings file; otherwise ${CONFIG_FILE} in the data folder, if it is there.`,
  },
  DATA_FOLDER: { kind: 'text', default: null, about: 'Key, journal, plugins, logs (~/.octopus/client).' },
  PLUGINS_FOLDER: { kind: 'text', default: null, about: 'Cache of plugins (plugins in the data folder).' },
  HEARTBEAT_INTERVAL: {
    kind: 'integer',
    default: 10,
    min: 1,
    max: 3_600,
    unit: 'seconds',
    about: 'How often the server hears from this PC; the server sets the limits.',
  },
  CACHE_TTL: {
    kind: 'integer',
    default: 600,
    min: 0,
    max: 86_400,
    unit: 'seconds',
    about: 'How long an idle plugin process is kept warm.',
  },
  SLOTS: {
    kind: 'integer',
    default: SLOTS_DEFAULT,
    min: 1,
    max: SLOTS_MAX,
    unit: '',
    about: 'Executions that may run side by side.',
  },
  CLIENT_NAME: {
    kind: 'text',
    default: null,
    about: 'Name on the dashboard (the host name).',
    check: (value) => (value.length <= 255 ? undefined : 'may have at most 255 characters'),
  },
  CLIENT_USER: {
    kind: 'text',
    default: null,
    about: 'User this PC belongs to; a wish, which the server grants or not.',
    check: (value) => (value.length <= 64 ? undefined : 'may have at most 64 characters'),
  },
  CLIENT_LABELS: {
    kind: 'list',
    default: [],
    max: LABELS_MAX,
    about: 'Labels, with commas between them.',
    check: (label) =>
      label.length <= LABEL_CHARACTERS_MAX
        ? undefined
        : `may have labels of at most ${LABEL_CHARACTERS_MAX} characters`,
  },
  PYTHON: { kind: 'text', default: null, about: 'Path of the Python that runs plugins (the one that is found).' },
  SHELL: { kind: 'text', default: null, about: 'Path of the shell that runs all shell plugins (what each one names).' },
  POWERSHELL: { kind: 'text', default: null, about: 'Path of the PowerShell that runs plugins (pwsh, or powershell).' },
  HTTPS_PROXY: {
    kind: 'text',
    default: null,
    unprefixed: true,
    from: ['file', 'environment'],
    about: 'Proxy on the way to a server with TLS, as http://proxy:3128.',
    check: (value) => (value === '' || isHttpUrl(value) ? undefined : 'must be an address like http://proxy:3128'),
  },
  HTTP_PROXY: {
    kind: 'text',
    default: null,
    unprefixed: true,
    from: ['file', 'environment'],
    about: 'Proxy on the way to a server without TLS.',
    check: (value) => (value === '' || isHttpUrl(value) ? undefined : 'must be an address like http://proxy:3128'),
  },
  NO_PROXY: {
    kind: 'text',
    default: null,
    unprefixed: true,
    from: ['file', 'environment'],
    about: 'Hosts that are reached without a proxy, with commas between them; this PC itself always is.',
  },
} as const satisfies SettingsTable

/** Variables of the server, of an installation and of our own processes, which may share the environment. */
const FOREIGN = new Set([
  'SERVER_HOST',
  'SERVER_PORT',
  'DATABASE_URL',
  'BUS_URL',
  'HOLD_SECONDS',
  'CLIENT_BUILDS_FOLDER',
  'PUBLIC_URL',
  'TRUSTED_PROXIES',
  'SMTP_URL',
  'SMTP_FROM',
  'WEBHOOK_HOSTS',
  'INSTALL_SCOPE',
  'INSTALL_FOLDER',
  'ALLOW_PLAIN_HTTP',
  'ATTEMPT',
  'CLIENT',
  'ACTION',
  'ARGS_FILE',
  'FAILPOINT',
  'API_TOKEN',
  'SERVER',
  'URL',
])

/** What the client was told, with every folder settled. */
export interface ClientConfig {
  readonly settings: Settings<typeof CLIENT_SETTINGS>
  /** Where each setting that was set comes from, as messages name it. */
  readonly from: ReadonlyMap<string, string>
  readonly dataFolder: string
  /** Where the settings file is, or would be. */
  readonly settingsFile: string
  readonly pluginsFolder: string
}

export interface ConfigInput {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeFolder: string
  /** Folders that are not absolute begin here: what runs for the client has other working folders. */
  readonly workFolder: string
  /** The text of a file, or undefined if there is none. */
  readText(path: string): string | undefined
}

/** Reads the settings; a `SettingsError` says in one sentence what is wrong. */
export function readConfig(input: ConfigInput): ClientConfig {
  const flags = readFlags(CLIENT_SETTINGS, input.argv, PROGRAM)
  const sources = { program: PROGRAM, env: input.env, flags, foreign: FOREIGN }
  const first = readSettings(CLIENT_SETTINGS, sources)
  const dataFolderOf = (path: string | null): string =>
    resolve(input.workFolder, path ?? `${input.homeFolder}/.octopus/client`)
  const path = first.CONFIG ?? `${dataFolderOf(first.DATA_FOLDER)}/${CONFIG_FILE}`
  const text = input.readText(path)
  if (text === undefined && first.CONFIG !== null)
    throw new Error(`There is no settings file ${path}. Correct --config.`)
  const settings =
    text === undefined ? first : readSettings(CLIENT_SETTINGS, { ...sources, file: { name: path, text } })
  const dataFolder = dataFolderOf(settings.DATA_FOLDER)
  const from = whereSet(CLIENT_SETTINGS, { ...sources, file: text === undefined ? undefined : { name: path, text } })
  const pluginsFolder = resolve(input.workFolder, settings.PLUGINS_FOLDER ?? `${dataFolder}/plugins`)
  return { settings, from, dataFolder, settingsFile: path, pluginsFolder }
}

export function helpText(): string {
  return `${PROGRAM}: connects this PC to an Octopus server and runs the plugins it is sent.\n\n${describeSettings(CLIENT_SETTINGS)}\n`
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
