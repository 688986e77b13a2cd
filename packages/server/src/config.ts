import { isAbsolute, resolve } from 'node:path'

import {
  describeSettings,
  readFlags,
  readSettings,
  type Settings,
  SettingsError,
  type SettingsTable,
  whereSet,
} from '@octopus/kit/settings.ts'
import { addressRangeProblem } from '@octopus/kit/trusted-addresses.ts'

const PROGRAM = 'octopus server'
const CONFIG_FILE = 'octopus-server.conf'

/** Below it, a client that was suspended for a moment would be given up; above it, its work waits an hour for nobody. */
const HOLD_SECONDS_MIN = 45
const HOLD_SECONDS_MAX = 3_600

/** Every setting, by the name that users write. docs/settings.md is made from it. */
export const SERVER_SETTINGS = {
  SERVER_HOST: {
    kind: 'text',
    default: '127.0.0.1',
    flags: ['host'],
    about: 'Address to listen on; off this machine only with ALLOW_PLAIN_HTTP, behind something that speaks TLS.',
    check: (value) => (/^[A-Za-z0-9.:_-]{1,255}$/.test(value) ? undefined : 'must be a host name or an IP address'),
  },
  SERVER_PORT: {
    kind: 'integer',
    default: 8_000,
    min: 0,
    max: 65_535,
    unit: '',
    flags: ['port'],
    about: 'Port to listen on; 0 takes a free one.',
  },
  CACHE_TTL: {
    kind: 'integer',
    default: 600,
    min: 0,
    max: 86_400,
    unit: 'seconds',
    about: 'How long parsed plugins are kept, and counts of who has which version while nothing changes.',
  },
  PLUGINS_FOLDER: { kind: 'text', default: './plugins', about: 'Inbox for plugin files; what changes is published.' },
  DATA_FOLDER: { kind: 'text', default: './octopus-data', about: 'Database, output and logs.' },
  CLIENT_BUILDS_FOLDER: {
    kind: 'text',
    default: null,
    about: 'Packed clients that PCs install (client-builds in the data folder, else where build:client writes).',
  },
  HOLD_SECONDS: {
    kind: 'integer',
    default: 120,
    min: HOLD_SECONDS_MIN,
    max: HOLD_SECONDS_MAX,
    unit: 'seconds',
    about: 'How long work of a client that fell silent stays its own.',
  },
  ALLOW_PLAIN_HTTP: {
    kind: 'boolean',
    default: false,
    about: 'Listen off this machine without TLS: passwords and tokens are readable on the way.',
  },
  PUBLIC_URL: {
    kind: 'text',
    default: null,
    about: 'Where people and clients reach this server, as https://octopus.example.com; for links and enrolment.',
    check: (value) =>
      /^https?:\/\/[A-Za-z0-9.:[\]_-]{1,255}$/.test(value) && URL.canParse(value)
        ? undefined
        : 'must be https://host, without a path',
  },
  TRUSTED_PROXIES: {
    kind: 'list',
    default: [],
    max: 50,
    about:
      'Addresses of proxies before this server, as 127.0.0.1 or 10.0.0.0/8; only they may say who asks, and by HTTPS.',
    check: addressRangeProblem,
  },
  SMTP_URL: {
    kind: 'text',
    default: null,
    from: ['file', 'environment'],
    about: 'Mail server for notifications: smtps://user:password@host:465 or smtp://host:25.',
    check: (value) =>
      URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol) && new URL(value).hostname !== ''
        ? undefined
        : 'must be smtps://user:password@host:465 or smtp://host:25',
  },
  SMTP_FROM: {
    kind: 'text',
    default: null,
    about: 'Sender of notifications, as Octopus <octopus@example.com>; needed with SMTP_URL.',
    check: (value) => (/^[^\r\n]{0,100}@[^\r\n]{1,255}$/.test(value) ? undefined : 'must hold a mail address'),
  },
  WEBHOOK_HOSTS: {
    kind: 'list',
    default: [],
    max: 50,
    about: 'Hosts of webhooks that may lie in a private network, and be reached without TLS.',
    check: (item) => (/^[A-Za-z0-9.:_-]{1,255}$/.test(item) ? undefined : 'must be a host name or an IP address'),
  },
  DATABASE_URL: { kind: 'text', default: null, about: 'Reserved: PostgreSQL comes later.' },
  BUS_URL: { kind: 'text', default: null, about: 'Reserved: several servers come later.' },
  CONFIG: {
    kind: 'text',
    default: null,
    from: ['environment', 'command line'],
    about: `Settings file; otherwise ${CONFIG_FILE} in this folder, if it is there.`,
  },
} as const satisfies SettingsTable

/** Variables of the client, of an installation and of our own processes, which may share the environment. */
const FOREIGN = new Set([
  'SERVER_URL',
  'TOKEN',
  'TOKEN_FILE',
  'HEARTBEAT_INTERVAL',
  'SLOTS',
  'CLIENT_NAME',
  'CLIENT_USER',
  'CLIENT_LABELS',
  'PYTHON',
  'SHELL',
  'POWERSHELL',
  'INSTALL_SCOPE',
  'INSTALL_FOLDER',
  'ATTEMPT',
  'CLIENT',
  'ACTION',
  'ARGS_FILE',
  'FAILPOINT',
  'API_TOKEN',
  'SERVER',
  'URL',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
])

/** What the server was told, with every folder settled. */
export interface ServerConfig {
  readonly settings: Settings<typeof SERVER_SETTINGS>
  /** Where each setting that was set comes from, as messages name it. */
  readonly from: ReadonlyMap<string, string>
  readonly host: string
  readonly port: number
  readonly pluginsFolder: string
  readonly dataFolder: string
  readonly holdMs: number
  readonly trustedProxies: readonly string[]
  /** What notifications go out by. */
  readonly notifications: {
    readonly mail: { readonly url: string; readonly from: string } | null
    readonly webhookHosts: readonly string[]
  }
  /** PUBLIC_URL, as an origin. */
  readonly publicUrl: string | null
  /** Null: the usual places. */
  readonly clientBuildsFolder: string | null
  readonly cacheTtlMs: number
}

export interface ConfigInput {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Paths that are not absolute begin here. */
  readonly workFolder: string
  /** The text of a file, or undefined if there is none. */
  readText(path: string): string | undefined
}

/** Reads the settings; a `SettingsError` says in one sentence what is wrong. */
export function readConfig(input: ConfigInput): ServerConfig {
  const flags = readFlags(SERVER_SETTINGS, input.argv, PROGRAM)
  const sources = { program: PROGRAM, env: input.env, flags, foreign: FOREIGN }
  const first = readSettings(SERVER_SETTINGS, sources)
  const here = (path: string): string => (isAbsolute(path) ? path : resolve(input.workFolder, path))
  const path = here(first.CONFIG ?? CONFIG_FILE)
  const text = input.readText(path)
  if (text === undefined && first.CONFIG !== null) {
    throw new SettingsError(`There is no settings file ${path}. Correct --config.`)
  }
  const file = text === undefined ? undefined : { name: first.CONFIG ?? CONFIG_FILE, text }
  const settings = readSettings(SERVER_SETTINGS, { ...sources, file })
  refuseReserved(settings)
  refuseUnprotected(settings)
  return {
    settings,
    from: whereSet(SERVER_SETTINGS, { ...sources, file }),
    host: settings.SERVER_HOST,
    port: settings.SERVER_PORT,
    pluginsFolder: here(settings.PLUGINS_FOLDER),
    dataFolder: here(settings.DATA_FOLDER),
    holdMs: settings.HOLD_SECONDS * 1_000,
    trustedProxies: settings.TRUSTED_PROXIES,
    notifications: {
      mail: mailOf(settings),
      webhookHosts: settings.WEBHOOK_HOSTS,
    },
    publicUrl: settings.PUBLIC_URL === null ? null : new URL(settings.PUBLIC_URL).origin,
    clientBuildsFolder: settings.CLIENT_BUILDS_FOLDER === null ? null : here(settings.CLIENT_BUILDS_FOLDER),
    cacheTtlMs: settings.CACHE_TTL * 1_000,
  }
}

export function helpText(): string {
  return `${PROGRAM}: plans tasks, hands them to clients, serves the dashboard.\n\n${describeSettings(SERVER_SETTINGS)}\n`
}

/** The value of SMTP_URL is not named: it holds a password. */
function mailOf({ SMTP_URL: url, SMTP_FROM: from }: ServerConfig['settings']): { url: string; from: string } | null {
  if (url === null) return null
  if (from === null)
    throw new SettingsError('SMTP_URL is set, but SMTP_FROM is not. Say who sends: octopus@example.com.')
  return { url, from }
}

/** The value is not named: it holds a password. */
function refuseReserved({ DATABASE_URL, BUS_URL }: ServerConfig['settings']): void {
  const name = DATABASE_URL !== null ? 'DATABASE_URL' : BUS_URL !== null ? 'BUS_URL' : undefined
  if (name === undefined) return
  const what = name === 'DATABASE_URL' ? 'PostgreSQL is' : 'Several servers are'
  throw new SettingsError(`${name} is set, but ${what} not supported yet. Remove it: the data folder is used.`)
}

function refuseUnprotected({ SERVER_HOST, ALLOW_PLAIN_HTTP }: ServerConfig['settings']): void {
  if (ALLOW_PLAIN_HTTP || isLoopback(SERVER_HOST)) return
  throw new SettingsError(
    `SERVER_HOST is "${SERVER_HOST}": off this machine, passwords and tokens would be readable on the way. Set it to 127.0.0.1 and put a proxy with TLS before it, or accept that with ALLOW_PLAIN_HTTP = true.`,
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
