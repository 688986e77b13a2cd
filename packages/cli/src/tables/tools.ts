import type { CommandRow } from '#command-line/rows.ts'

export const TOOL_COMMANDS: readonly CommandRow[] = [
  {
    words: 'doctor',
    about: 'Look what is in the way between this machine and the server, and say what to do',
    more: 'Exit code 0: nothing is wrong, or only warnings; 1: something is.',
    arguments: [],
    flags: [
      { name: 'data-folder', kind: 'text', about: 'Data folder of the client on this machine' },
      { name: 'server-data-folder', kind: 'text', about: 'Data folder of a server on this machine' },
    ],
    uses: ['me'],
    load: async () => (await import('#doctor/doctor.ts')).doctor,
  },
  {
    words: 'completion',
    about: 'Print a script that completes commands and flags in your shell',
    more: 'bash: source <(octopus completion bash)   zsh: source <(octopus completion zsh)   PowerShell: octopus completion powershell | Out-String | Invoke-Expression',
    arguments: [{ name: 'shell', about: 'Your shell', words: ['bash', 'zsh', 'powershell'] }],
    flags: [],
    uses: [],
    load: async () => (await import('#completion/completion.ts')).completion,
  },
]
