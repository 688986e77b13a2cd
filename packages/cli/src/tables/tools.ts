import type { CommandRow } from '#command-line/rows.ts'

export const TOOL_COMMANDS: readonly CommandRow[] = [
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
