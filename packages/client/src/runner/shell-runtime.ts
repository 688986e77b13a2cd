import { isShell, readShebang, type Shell } from '@octopus/protocol/script-header.ts'

import type { Environment } from './environment.ts'
import { type Search, shown } from './program-finder.ts'
import type { Command } from './spawn.ts'

/** What a script asks for by its first line; `sh` when it says nothing. */
export interface WantedShell {
  readonly shell: Shell
  readonly args: readonly string[]
}

/** Pure: the shell of a script. The server refuses other programs; should one come all the same, it is `sh`'s to refuse. */
export function wantedShell(source: string): WantedShell {
  const shebang = readShebang(source.replace(/^\uFEFF/, ''))
  if (shebang === undefined || !isShell(shebang.program)) return { shell: 'sh', args: [] }
  return { shell: shebang.program, args: shebang.args }
}

/** Shells with a version say it; `sh` and `dash` have none. */
const QUESTION = 'echo "octopus ${BASH_VERSION:-${ZSH_VERSION:-${KSH_VERSION:-}}}"'

/** The search for a shell: `setting` is the setting SHELL, which then runs every script. */
export function shellSearch(
  setting: string | undefined,
  shell: Shell,
  platform: NodeJS.Platform,
  environment: Environment,
): Search {
  const candidates = shellCandidates(setting, shell, platform, environment)
  const remedy = platform === 'win32' ? 'Install Git for Windows, which brings it' : `Install ${shell}`
  return {
    candidates,
    question: ['-c', QUESTION],
    understand: (answer, candidate) => {
      const said = /^octopus ?(\S*)/.exec(answer)
      if (said === null) return undefined
      const version = /\d+(?:\.\d+)*/.exec(said[1] ?? '')?.[0]
      return { command: candidate, version: version === undefined ? shell : `${shell} ${version}` }
    },
    missing: `No ${shell} was found. Looked for: ${candidates.map(shown).join(', ')}. ${remedy}, or set SHELL to the path of a shell in the client's settings.`,
  }
}

/**
 * Pure: what is tried. On Windows only what comes with Git: the `bash` that is in the path there starts a Linux machine
 * of its own, which sees other files.
 */
export function shellCandidates(
  setting: string | undefined,
  shell: Shell,
  platform: NodeJS.Platform,
  environment: Environment,
): readonly Command[] {
  if (setting !== undefined && setting !== '') return [{ file: setting, args: [] }]
  if (platform !== 'win32') return [{ file: shell, args: [] }]
  const variable = (wanted: string): string | undefined =>
    Object.entries(environment).find(([name]) => name.toUpperCase() === wanted)?.[1]
  const local = variable('LOCALAPPDATA')
  const roots = [
    variable('PROGRAMFILES') ?? 'C:\\Program Files',
    variable('PROGRAMFILES(X86)'),
    local === undefined ? undefined : `${local}\\Programs`,
  ]
  return roots
    .filter((root) => root !== undefined)
    .flatMap((root) =>
      ['bin', 'usr\\bin'].map((folder) => ({ file: `${root}\\Git\\${folder}\\${shell}.exe`, args: [] })),
    )
}
