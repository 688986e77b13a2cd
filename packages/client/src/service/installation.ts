/** Whose the client is on this machine: everybody's, started at boot by the system; or one account's. */
export const SCOPES = ['machine', 'user'] as const
export type Scope = (typeof SCOPES)[number]

/** Who starts the client again after a boot. With `none` nobody does. */
export const MANAGERS = [
  'systemd',
  'systemd-user',
  'launchd',
  'launchd-agent',
  'init-d',
  'cron-d',
  'crontab',
  'task-scheduler',
  'none',
] as const
export type Manager = (typeof MANAGERS)[number]

/** A client that is installed on this machine. All of it lies in one folder, besides what the manager needs. */
export interface Installation {
  readonly scope: Scope
  readonly manager: Manager
  /** Holds `app` (the program), `state` and the record of all this. */
  readonly folder: string
  /** Program and arguments that come before our own. */
  readonly program: readonly string[]
  /** The account it runs as, where that is not the one that installed it. */
  readonly account: string | null
  /** The account was made for it, so it goes with it. */
  readonly accountMade: boolean
  /** The account's services run while it is signed out because of it, so that ends with it. */
  readonly lingerMade: boolean
}

/** Key, identity, journal, plugins, log: what makes it this client and no other. */
export function stateFolderOf({ folder }: Pick<Installation, 'folder'>): string {
  return `${folder}/state`
}

export function recordPathOf(folder: string): string {
  return `${folder}/installed.json`
}

/** The command that a manager runs. By its last two words it is found again among all processes. */
export function commandOf(installation: Pick<Installation, 'folder' | 'program'>): readonly string[] {
  return [...installation.program, '--data-folder', stateFolderOf(installation)]
}

/** The same under our own supervisor, for managers that start a program and then forget it. */
export function supervisedCommandOf(installation: Installation, supervisor: string): readonly string[] {
  return ['/bin/sh', supervisor, `${stateFolderOf(installation)}/start.log`, ...commandOf(installation)]
}

export interface Whereabouts {
  readonly platform: NodeJS.Platform
  readonly homeFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Where the client lies unless somebody wants it elsewhere. */
export function standardFolder(scope: Scope, { platform, homeFolder, env }: Whereabouts): string {
  if (platform === 'win32') {
    const base =
      scope === 'machine'
        ? (env['ProgramFiles'] ?? 'C:\\Program Files')
        : (env['LOCALAPPDATA'] ?? `${homeFolder}\\AppData\\Local`)
    return `${base}\\OctopusClient`.replaceAll('\\', '/')
  }
  return scope === 'machine' ? '/opt/octopus-client' : `${homeFolder}/.local/share/octopus-client`
}

/** Reads the record; undefined when it is none of ours. What an uninstall removes must not come from a broken file. */
export function parseRecord(text: string, folder: string): Installation | undefined {
  try {
    const record = JSON.parse(text) as Record<string, unknown>
    const scope = SCOPES.find((word) => word === record['scope'])
    const manager = MANAGERS.find((word) => word === record['manager'])
    const program = record['program']
    const account = record['account'] ?? null
    if (scope === undefined || manager === undefined || !isTextList(program)) return undefined
    if (account !== null && (typeof account !== 'string' || !isAccountName(account))) return undefined
    const [accountMade, lingerMade] = [record['accountMade'] === true, record['lingerMade'] === true]
    return { scope, manager, folder, program, account, accountMade, lingerMade }
  } catch {
    return undefined
  }
}

export function recordText(installation: Installation): string {
  const { scope, manager, program, account, accountMade, lingerMade } = installation
  return `${JSON.stringify({ scope, manager, program, account, accountMade, lingerMade }, undefined, 2)}\n`
}

/** Names of accounts go into unit files and commands: nothing in them can mean something there. */
export function isAccountName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,63}\$?$/.test(name)
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
}
