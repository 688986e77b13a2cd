import type { ClientBuilds } from '@octopus/protocol/client-build.ts'

/** Scripts that a PC can ask for, and what they are. */
export const SCRIPTS = {
  'install.sh': { type: 'text/x-shellscript; charset=utf-8', target: /^(?:linux|macos)-/ },
  'install.ps1': { type: 'text/plain; charset=utf-8', target: /^win-/ },
} as const
export type ScriptName = keyof typeof SCRIPTS

/** What to do where no client was packed; whoever runs the line reads it, so it names who has to do it. */
const NOT_BUILT =
  'This Octopus server has no packed clients yet. Its administrator makes them with "npm run build:client" in the folder of Octopus; then run the same line again.'

/**
 * Pure: a script for who reaches the server at `origin`. Everything that is put in is of a kind in which nothing means
 * something to a shell: an origin (checked), names and checksums (checked when the manifest was read).
 */
export function installScript(template: string, origin: string, builds: ClientBuilds): string {
  const archives = builds.archives.map(({ target, file, checksum }) => `${target} ${file} ${checksum}`)
  return template
    .replaceAll('@SERVER@', () => origin)
    .replaceAll('@VERSION@', () => builds.version)
    .replaceAll('@ARCHIVES@', () => archives.join('\n'))
}

/** A script that only says what is missing: what answers a `curl … | sh` with an error is not seen by anybody. */
export function missingScript(name: ScriptName): string {
  return name === 'install.sh' ? `#!/bin/sh\necho '${NOT_BUILT}' >&2\nexit 1\n` : `throw '${NOT_BUILT}'\n`
}

/** The lines that a person copies onto a PC. The token is in the environment: a list of processes does not show it. */
export interface InstallLines {
  readonly sh: string
  readonly powershell: string
  readonly targets: readonly string[]
}

/** Pure: the lines for a new token; null when the server has nothing to install. */
export function installLines(origin: string, token: string, builds: ClientBuilds | undefined): InstallLines | null {
  if (builds === undefined || builds.archives.length === 0) return null
  return {
    sh: `curl -fsSL ${origin}/install.sh | OCTOPUS_TOKEN=${token} sh`,
    powershell: `$env:OCTOPUS_TOKEN='${token}'; irm ${origin}/install.ps1 | iex`,
    targets: builds.archives.map(({ target }) => target),
  }
}
