import type { Shell } from '@octopus/protocol/script-header.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { RuntimeMissing } from './attempt.ts'
import type { Environment } from './environment.ts'
import { type Launch, nodeLaunch, pythonLaunch } from './launch.ts'
import { powershellSearch } from './powershell-runtime.ts'
import { createFinder, type FinderNeeds, type ProgramFinder, type Runtime } from './program-finder.ts'
import { pythonSearch } from './python-runtime.ts'
import type { RunnerWork } from './runner.ts'
import { shellSearch, wantedShell } from './shell-runtime.ts'
import type { Command } from './spawn.ts'

/** The settings that name a program; undefined means: look for it. */
export interface ProgramSettings {
  readonly python: string | undefined
  readonly shell: string | undefined
  readonly powershell: string | undefined
}

export interface RuntimesNeeds extends FinderNeeds {
  readonly programs: ProgramSettings
  readonly platform: NodeJS.Platform
  readonly environment: Environment
  /** The Node that runs this client, and its version. */
  readonly node: { readonly execPath: string; readonly version: string }
}

/** What this PC has to run plugins with. */
export interface Runtimes {
  /** The runner to start for it. Rejects with a `RuntimeMissing` that says what was looked for. */
  launchFor(work: Pick<RunnerWork, 'language'>): Promise<Launch>
  /** The interpreter of a script, with what stands before the script's file; null for what the runner runs itself. */
  programFor(work: Pick<RunnerWork, 'language' | 'source'>): Promise<Command | null>
  /** It could not be started although it was found: what to tell. */
  startFailed(language: Language, reason: string): string
  list(): Promise<readonly { readonly language: Language; readonly version: string }[]>
}

export function createRuntimes(needs: RuntimesNeeds): Runtimes {
  const { programs, platform, environment, node } = needs
  const python = createFinder(needs, pythonSearch(programs.python, platform))
  const powershell = createFinder(needs, powershellSearch(programs.powershell, platform))
  const shells = new Map<Shell, ProgramFinder>()
  const shellFinder = (shell: Shell): ProgramFinder =>
    shells.getOrInsertComputed(shell, () =>
      createFinder(needs, shellSearch(programs.shell, shell, platform, environment)),
    )

  async function found(finder: ProgramFinder): Promise<Runtime> {
    const runtime = await finder.find()
    if (runtime === undefined) throw new RuntimeMissing(finder.missing)
    return runtime
  }

  return {
    launchFor: async ({ language }) =>
      language === 'python' ? pythonLaunch((await found(python)).command) : nodeLaunch(node.execPath),
    programFor: async ({ language, source }) => {
      if (language === 'powershell') return (await found(powershell)).command
      if (language !== 'shell') return null
      const wanted = wantedShell(source.subarray(0, 1_024).toString())
      const { command } = await found(shellFinder(wanted.shell))
      // What the first line says is meant for the shell that it names, not for the one that the setting names.
      return programs.shell === undefined ? { ...command, args: [...command.args, ...wanted.args] } : command
    },
    startFailed: (language, reason) => {
      if (language !== 'python') return `The runner of plugins in ${language} could not be started (${reason}).`
      python.forget()
      return `Python could not be started (${reason}). ${python.missing}`
    },
    list: async () => {
      const look = (one: ProgramFinder) => one.find().catch(() => undefined)
      const [ownPython, sh, power] = await Promise.all([python, shellFinder('sh'), powershell].map(look))
      const all: readonly (readonly [Language, string | undefined])[] = [
        ['python', ownPython?.version],
        ['typescript', node.version],
        ['javascript', node.version],
        ['shell', sh?.version],
        ['powershell', power?.version],
      ]
      return all.flatMap(([language, version]) => (version === undefined ? [] : [{ language, version }]))
    },
  }
}
