import { parseArgs } from 'node:util'

import { InstallRefused } from './install-refused.ts'
import { installService } from './install-service.ts'
import { type Scope, SCOPES, standardFolder } from './installation.ts'
import type { Machine } from './machine.ts'
import { stopService, uninstall } from './uninstall.ts'

export const SERVICE_COMMANDS = ['install-service', 'uninstall', 'stop-service'] as const
export type ServiceCommand = (typeof SERVICE_COMMANDS)[number]

export const SERVICE_HELP = `
  install-service [--token-file FILE] [--scope machine|user] [--run-as ACCOUNT] [--server URL] [--folder FOLDER]
                               enrols this PC, starts the client, and has the system start it at boot
  stop-service                 stops it until the next start
  uninstall [--yes] [--keep-state] [--scope machine|user] [--folder FOLDER]
                               takes all of it away again
`

/** Where the program that runs now lies. */
export interface OwnProgram {
  /** How it is started. */
  readonly program: readonly string[]
  readonly supervisor: string
  /** The folder of the installation that it is the program of; undefined when it runs from its source. */
  readonly folder: string | undefined
}

export interface ServiceNeeds {
  readonly machine: Machine
  readonly own: OwnProgram
  /** The text of a file that a person named. */
  readGiven(path: string): string | undefined
}

const OPTIONS = {
  folder: { type: 'string' },
  scope: { type: 'string' },
  'token-file': { type: 'string' },
  'run-as': { type: 'string' },
  server: { type: 'string' },
  yes: { type: 'boolean' },
  'keep-state': { type: 'boolean' },
} as const

const OPTIONS_OF: Readonly<Record<ServiceCommand, readonly (keyof typeof OPTIONS)[]>> = {
  'install-service': ['folder', 'scope', 'token-file', 'run-as', 'server'],
  uninstall: ['folder', 'scope', 'yes', 'keep-state'],
  'stop-service': ['folder', 'scope'],
}

/** Runs `octopus client install-service` and its sisters. What a person can mend is an `InstallRefused`. */
export async function runServiceCommand(
  needs: ServiceNeeds,
  command: ServiceCommand,
  argv: readonly string[],
): Promise<void> {
  const { machine, own } = needs
  const given = parse(command, argv)
  const scope = scopeOf(given.scope, machine)
  const folder = (given.folder ?? own.folder ?? standardFolder(scope, machine)).replaceAll('\\', '/')
  const { supervisor } = own
  switch (command) {
    case 'install-service':
      return installService(machine, {
        scope,
        folder,
        program: own.program,
        supervisor,
        runAs: given['run-as'] ?? null,
        token: tokenOf(needs, given['token-file']),
        server: given.server,
      })
    case 'uninstall':
      return uninstall(machine, {
        folder,
        supervisor,
        yes: given.yes ?? false,
        keepState: given['keep-state'] ?? false,
      })
    case 'stop-service':
      return stopService(machine, { folder, supervisor })
  }
}

function parse(command: ServiceCommand, argv: readonly string[]): ReturnType<typeof parseAll> {
  const known = OPTIONS_OF[command]
  const sentence = `${command} knows ${known.map((name) => `--${name}`).join(', ')}.`
  try {
    const values = parseAll(argv)
    const foreign = Object.keys(values).find((name) => !known.some((one) => one === name))
    if (foreign === undefined) return values
    throw new InstallRefused(`${command} has no --${foreign}. ${sentence}`)
  } catch (error) {
    if (error instanceof InstallRefused) throw error
    throw new InstallRefused(`${error instanceof Error ? error.message : String(error)} ${sentence}`, { cause: error })
  }
}

function parseAll(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, strict: true }).values
}

function scopeOf(word: string | undefined, { uid, platform }: Machine): Scope {
  if (word === undefined) return platform !== 'win32' && uid === 0 ? 'machine' : 'user'
  const scope = SCOPES.find((one) => one === word)
  if (scope !== undefined) return scope
  throw new InstallRefused(`--scope is "${word}". It can be ${SCOPES.join(' or ')}.`)
}

/** From the file, else from the environment: never from the command line, which everybody on the machine can read. */
function tokenOf({ machine, readGiven }: ServiceNeeds, file: string | undefined): string | undefined {
  if (file === undefined) return machine.env['OCTOPUS_TOKEN']?.trim() || undefined
  const text = readGiven(file)?.trim()
  if (text === undefined || text === '') throw new InstallRefused(`There is no token in ${file}. Correct --token-file.`)
  return text
}
