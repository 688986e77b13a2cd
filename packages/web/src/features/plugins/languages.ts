import type { Language } from './plugin-queries.ts'

interface LanguageFacts {
  readonly value: Language
  readonly label: string
  /** What a new plugin begins with: it runs as it stands, and shows where things go. */
  readonly template: string
}

export const LANGUAGES: readonly LanguageFacts[] = [
  {
    value: 'python',
    label: 'Python',
    template: `import logging

logger = logging.getLogger("octopus")


def run(name: str = "world", times: int = 1):
    """Greets somebody."""
    for _ in range(times):
        logger.info("Hello, %s", name)
    return {"greeted": name, "times": times}
`,
  },
  {
    value: 'typescript',
    label: 'TypeScript',
    template: `import { definePlugin } from '@octopus/plugin-sdk'

/** Greets somebody. */
export const run = definePlugin({ parameters: { name: 'world', times: 1 } }, async ({ kwargs, log }) => {
  for (let n = 0; n < kwargs.times; n += 1) log.info(\`Hello, \${kwargs.name}\`)
  return { greeted: kwargs.name, times: kwargs.times }
})
`,
  },
  {
    value: 'javascript',
    label: 'JavaScript',
    template: `/** Greets somebody. */
export function run({ kwargs }) {
  console.log(\`Hello, \${kwargs.name ?? 'world'}\`)
  return { greeted: kwargs.name ?? 'world' }
}
`,
  },
  {
    value: 'shell',
    label: 'Shell',
    template: `#!/bin/sh
# octopus: actions=run
# octopus: param name=world — who is greeted
set -eu
# The arguments are JSON, in the file $OCTOPUS_ARGS_FILE and on standard input.
echo "Hello from $(hostname)"
# The last line is the result; JSON is parsed.
echo '{"greeted": true}'
`,
  },
  {
    value: 'powershell',
    label: 'PowerShell',
    template: `# octopus: actions=run
# octopus: param name=world — who is greeted
$arguments = Get-Content -Raw $env:OCTOPUS_ARGS_FILE | ConvertFrom-Json
Write-Host "Hello from $env:COMPUTERNAME"
# The last line is the result; JSON is parsed.
'{"greeted": true}'
`,
  },
]

export function languageLabel(language: Language): string {
  return LANGUAGES.find(({ value }) => value === language)?.label ?? language
}

export function templateOf(language: Language): string {
  return LANGUAGES.find(({ value }) => value === language)?.template ?? ''
}
