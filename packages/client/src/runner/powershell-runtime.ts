import { type Search, shown } from './program-finder.ts'
import type { Command } from './spawn.ts'

/** Never the user's profile, never a question: nobody is there to answer. */
const QUIETLY = ['-NoLogo', '-NoProfile', '-NonInteractive']

/** The search for PowerShell: `setting` is the setting POWERSHELL. */
export function powershellSearch(setting: string | undefined, platform: NodeJS.Platform): Search {
  const candidates = powershellCandidates(setting, platform)
  return {
    candidates,
    question: [...QUIETLY, '-Command', '$PSVersionTable.PSVersion.ToString()'],
    understand: (answer, { file }) => {
      const version = /^\d+(?:\.\d+)+/.exec(answer.trim())?.[0]
      return version === undefined ? undefined : { command: powershellCommand(file, platform), version }
    },
    missing: `No PowerShell was found. Looked for: ${candidates.map(shown).join(', ')}. Install PowerShell 7, or set POWERSHELL to its path in the client's settings.`,
  }
}

/** Pure: PowerShell 7 first, which is the same everywhere; then the one that is part of Windows. */
export function powershellCandidates(setting: string | undefined, platform: NodeJS.Platform): readonly Command[] {
  if (setting !== undefined && setting !== '') return [{ file: setting, args: [] }]
  const names = platform === 'win32' ? ['pwsh', 'powershell'] : ['pwsh']
  return names.map((file) => ({ file, args: [] }))
}

/**
 * Pure: how a script is run. Both ends speak UTF-8, which Windows PowerShell does not by itself. The script is called,
 * not passed by `-File`, so that this can be said before; its exit code goes on. (After a script `$?` tells whether it
 * called `exit` with something else than 0; `$LASTEXITCODE` alone may be that of a program that it dealt with.)
 */
export function powershellCommand(file: string, platform: NodeJS.Platform): Command {
  const policy = platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : []
  const call = [
    '$OutputEncoding = [Console]::OutputEncoding = [Console]::InputEncoding = New-Object System.Text.UTF8Encoding $false',
    '& $env:OCTOPUS_SCRIPT_FILE',
    'if ($?) { exit 0 }',
    'if ($LASTEXITCODE) { exit $LASTEXITCODE }',
    'exit 1',
  ].join('; ')
  return { file, args: [...QUIETLY, ...policy, '-Command', call] }
}
