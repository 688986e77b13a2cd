import { join } from 'node:path'

import { type ClientConfig, readConfig } from '@octopus/client/config.ts'
import { lockStateFolder } from '@octopus/client/host/state-lock.ts'
import { createRuntimes } from '@octopus/client/runner/runtimes.ts'
import { outputOf } from '@octopus/client/runner/spawn.ts'
import type { Ms } from '@octopus/kit/clock.ts'
import { readGivenFile } from '@octopus/kit/given-file.ts'
import { LANGUAGES } from '@octopus/protocol/work.ts'

import type { World } from '#world.ts'

import { dataFolderOf } from './data-folder.ts'
import { fail, type Finding, ok, warn } from './finding.ts'
import { judgeRights } from './judge.ts'
import { enrolledAt, exists, lookAtFolder, lookAtLog, modeOf } from './machine.ts'

/** How long a program may take to tell its version. */
const VERSION_MS_MAX: Ms = 10_000

/** The client on this machine: what it was told, what it has, how it is. */
export async function lookAtClient(
  named: string | undefined,
  world: World,
): Promise<{
  readonly findings: readonly Finding[]
  readonly server: string | undefined
  readonly serverFrom: string
}> {
  const read = settingsOf(await dataFolderOf(named, world), world)
  if ('state' in read) return { findings: [read], server: undefined, serverFrom: '' }
  const folder = read.dataFolder
  const findings = [settingsFinding(read), ...(await lookAtRuntimes(read, world))]
  const enrolled = await enrolledAt(folder)
  const server = read.settings.SERVER_URL ?? enrolled
  const serverFrom = read.from.get('SERVER_URL') ?? join(folder, 'identity.json')
  if (!(await exists(folder))) {
    const remedy =
      'If this PC shall do work, enrol it: octopus client --token-file FILE. With another folder: --data-folder.'
    return {
      findings: [...findings, warn('client', `there is no client here (${folder})`, remedy)],
      server,
      serverFrom,
    }
  }
  findings.push(...(await lookAtFolder('client', folder, world.platform)))
  const key = join(folder, 'client.key')
  if (await exists(key)) findings.push(judgeRights('client key', key, await modeOf(key, world.platform)))
  findings.push(
    enrolled === undefined
      ? warn('enrolment', 'this PC is not enrolled', 'Start the client with an enrolment token: --token-file FILE.')
      : ok('enrolment', `at ${enrolled}`),
    await lookAtProcess(folder),
    await lookAtLog('client', join(folder, 'logs', 'client.log'), world.clock),
  )
  return { findings, server, serverFrom }
}

function settingsOf(dataFolder: string | undefined, world: World): ClientConfig | Finding {
  const argv = dataFolder === undefined ? [] : ['--data-folder', dataFolder]
  try {
    const { env, homeFolder, workFolder } = world
    return readConfig({ argv, env, homeFolder, workFolder, readText: readGivenFile })
  } catch (error) {
    return fail(
      'client settings',
      error instanceof Error ? error.message : String(error),
      'Correct it; the client does not start so.',
    )
  }
}

/** Each setting that was set, with its place. Tokens are not shown. */
function settingsFinding({ settings, from }: ClientConfig): Finding {
  const told = [...from].map(([name, where]) => {
    const value = name === 'TOKEN' ? '(hidden)' : String(settings[name as keyof typeof settings])
    return `${name} = ${value} (${where})`
  })
  return ok('client settings', told.length === 0 ? 'all as they are by default' : told.join('; '))
}

/** Whoever holds the lock of the state folder is the client. */
async function lookAtProcess(folder: string): Promise<Finding> {
  const remedy = 'Start it: octopus client. As a service: octopus client install-service.'
  if (!(await exists(join(folder, 'lock')))) return warn('client', 'does not run, and never did', remedy)
  try {
    lockStateFolder(folder)[Symbol.dispose]()
    return warn('client', 'does not run', remedy)
  } catch {
    return ok('client', 'runs')
  }
}

/** What plugins can be run with, found as the client finds it. */
async function lookAtRuntimes({ settings }: ClientConfig, world: World): Promise<readonly Finding[]> {
  const environment = Object.fromEntries(
    Object.entries(world.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const runtimes = createRuntimes({
    log: silent,
    run: (command) => outputOf(command, { timeoutMs: VERSION_MS_MAX, environment }),
    programs: {
      python: settings.PYTHON ?? undefined,
      shell: settings.SHELL ?? undefined,
      powershell: settings.POWERSHELL ?? undefined,
    },
    platform: world.platform,
    environment,
    node: { execPath: process.execPath, version: process.versions.node },
  })
  const found = await runtimes.list()
  const missing = LANGUAGES.filter((language) => !found.some((one) => one.language === language))
  const there = found.map(({ language, version }) => `${language} ${version}`).join(', ')
  if (missing.length === 0) return [ok('plugins', there)]
  const remedy = `Plugins in ${missing.join(', ')} go to other PCs. Install what they need, or name it with ${missing.map(settingFor).join(', ')}.`
  // PowerShell is at home on Windows; elsewhere nobody misses it.
  const expected = missing.some((language) => language !== 'powershell' || world.platform === 'win32')
  return [expected ? warn('plugins', there, remedy) : ok('plugins', `${there} (no PowerShell)`)]
}

const settingFor = (language: string): string => language.toUpperCase()
