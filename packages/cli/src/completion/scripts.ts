import { COMMON_FLAGS, type CommandRow } from '#command-line/rows.ts'

export type Shell = 'bash' | 'zsh' | 'powershell'

/** What may follow the words typed so far: `task` → `list show …`, `task list` → its flags. */
export function completionTable(rows: readonly CommandRow[]): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, Set<string>>([['', new Set(['help', '--version'])]])
  const add = (path: string, word: string): void => {
    const words = table.get(path) ?? new Set<string>()
    table.set(path, words.add(word))
  }
  for (const { words } of rows) {
    const parts = words.split(' ')
    for (const [index, part] of parts.entries()) add(parts.slice(0, index).join(' '), part)
  }
  for (const row of rows) {
    if (row.ownFlags) continue
    for (const { words } of row.arguments.slice(0, 1)) for (const word of words ?? []) add(row.words, word)
    for (const { name } of [...row.flags, ...COMMON_FLAGS]) add(row.words, `--${name}`)
    for (const { name, words } of row.flags) for (const word of words ?? []) add(`${row.words} --${name}`, word)
  }
  return new Map([...table].map(([path, words]) => [path, [...words]]))
}

/** The script for a shell, made from the table of commands: it needs no program of ours while it completes. */
export function completionScript(shell: Shell, rows: readonly CommandRow[]): string {
  const table = [...completionTable(rows)]
  if (shell === 'powershell') return powershell(table)
  const cases = table.map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n')
  return shell === 'bash' ? bash(cases) : zsh(cases)
}

type Table = readonly (readonly [string, readonly string[]])[]

/** Walks the words before the cursor: each that leads to a longer entry of the table is taken; a flag asks for its values. */
const bash = (cases: string): string => `# Completion of octopus for bash: source <(octopus completion bash)
_octopus_words() {
  local words=''
  case "$1" in
${cases}
  esac
  printf '%s' "$words"
}
_octopus() {
  local path='' next word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    next="\${path:+$path }$word"
    if [[ -n "$(_octopus_words "$next")" && "$word" != -* ]]; then path="$next"; fi
  done
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [[ "$previous" == --* ]]; then words="$(_octopus_words "$path $previous")"; fi
  if [[ -z "$words" ]]; then words="$(_octopus_words "$path")"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 && "$current" != -* ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _octopus octopus
`

const zsh = (cases: string): string => `#compdef octopus
# Completion of octopus for zsh: source <(octopus completion zsh)
_octopus_words() {
  local words=''
  case "$1" in
${cases}
  esac
  print -rn -- "$words"
}
_octopus() {
  local path_='' next word i found
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    next="\${path_:+$path_ }$word"
    if [[ -n "$(_octopus_words "$next")" && "$word" != -* ]]; then path_="$next"; fi
  done
  if [[ "\${words[CURRENT-1]}" == --* ]]; then found="$(_octopus_words "$path_ \${words[CURRENT-1]}")"; fi
  if [[ -z "$found" ]]; then found="$(_octopus_words "$path_")"; fi
  compadd -- \${=found}
  if [[ "$PREFIX" != -* ]]; then _files; fi
}
compdef _octopus octopus
`

function powershell(table: Table): string {
  const entries = table.map(([path, words]) => `  '${path}' = @(${words.map((word) => `'${word}'`).join(', ')})`)
  return `# Completion of octopus for PowerShell: octopus completion powershell | Out-String | Invoke-Expression
$octopusWords = @{
${entries.join('\n')}
}
Register-ArgumentCompleter -Native -CommandName octopus -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $path = ''
  $previous = ''
  $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1)
  foreach ($element in $typed) {
    $word = $element.ToString()
    $next = ("$path $word").Trim()
    if (-not $word.StartsWith('-') -and $octopusWords.ContainsKey($next)) { $path = $next }
    $previous = $word
  }
  $words = $null
  if ($previous.StartsWith('--')) { $words = $octopusWords[("$path $previous").Trim()] }
  if (-not $words) { $words = $octopusWords[$path] }
  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
}
