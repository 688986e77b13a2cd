import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { aboutOf, flagsOf, usageLine } from '@octopus/cli/command-line/help.ts'
import { placeholder } from '@octopus/cli/command-line/parse.ts'
import { COMMON_FLAGS, type CommandRow, type FlagRow } from '@octopus/cli/command-line/rows.ts'
import { EXIT } from '@octopus/cli/exit-codes.ts'
import { COMMANDS } from '@octopus/cli/tables/commands.ts'

import { ROOT } from './root.ts'

// node tools/cli-doc.ts: writes docs/cli.md from the table of commands.

const HEAD = `# The command line

Everything that the dashboard can do, for terminals and scripts. Made from the [table of commands](../packages/cli/src/tables/commands.ts) by \`node tools/cli-doc.ts\`; a test holds the two together. \`octopus help COMMAND\` says the same.

## Begin

\`\`\`
octopus login --server https://octopus.example.com     asks for an API token (dashboard, Settings), or with --user NAME for a password
octopus run disk_report --on user:alice --arg warnAt=90 --follow
octopus task list --status active
octopus doctor
\`\`\`

- **Which server**: \`--server\`, else \`OCTOPUS_SERVER\`, else the one you signed in to last.
- **Which token**: \`OCTOPUS_API_TOKEN\`, else \`OCTOPUS_TOKEN\` (when it holds an API token: the client reads its enrolment token from there), else the one that \`octopus login\` keeps in \`~/.config/octopus/credentials.json\` (\`%APPDATA%\\octopus\` on Windows), readable for you alone. It is sent to no other server than the one it was kept for. No token and no password is ever a flag: all processes of a machine see those. Files are read by \`--token-file\` and \`--password-file\`; \`-\` is standard input.
- **For people**: tables and lines. Text of clients and plugins cannot act on your terminal: control characters are written out.
- **For programs**: \`--json\` prints the API's answer as it is; with \`--all\`, one page a line. A refusal is then JSON on standard error: \`{"code", "status", "detail", "fields"}\`. Standard output holds answers only; everything said to people goes to standard error.
- **Proxies**: \`HTTPS_PROXY\`, \`HTTP_PROXY\` and \`NO_PROXY\` count. **Colours**: only on a terminal, and not with \`NO_COLOR\`.
- **Changes** name the revision they are made on: the newest, unless \`--revision\` says which one you saw. What creates is sent with a key, so that a lost answer is asked for again without doing anything twice.
- **Ctrl-C while following** stops the watching, and says how to cancel; with \`--cancel-on-interrupt\` it cancels, and shows how that ends.
- **Completion**: \`source <(octopus completion bash)\`, or \`zsh\`, or \`octopus completion powershell | Out-String | Invoke-Expression\`.

## Exit codes

| code | meaning |
|---|---|
`

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done; of a followed run: it succeeded',
  failed: 'a followed run did not succeed or never came, a check found something wrong, or something broke',
  usage: 'the command line or a setting is wrong, or nobody has signed in',
  unreachable:
    'the server cannot be reached, or cannot do it now: it starts or stops, its disk is full, it is asked too much',
  refused: 'the server refused: not signed in, not allowed, not found, or it does not fit',
  waitedTooLong: 'waiting took longer than `--wait-seconds`; the work goes on',
  interrupted: 'Ctrl-C',
  nobodyReads: 'whatever read the output has gone, as in `octopus task list \\| head`',
}

/** The page: how to begin, the exit codes, then every command. */
export function cliPage(): string {
  const codes = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => `| ${EXIT[name]} | ${MEANINGS[name]} |\n`)
  const common = COMMON_FLAGS.map((flag) => `| ${flagCell(flag)} | ${flag.about} |\n`)
  return [
    HEAD,
    ...codes,
    '\n`octopus server`, `octopus client` and `octopus demo` end with their own codes: 0 when they were told to stop, 1 when they could not start or go on, 3 when a client was revoked.\n',
    '\n## Flags of every command of the API\n\n| flag | |\n|---|---|\n',
    ...common,
    '\n## Commands\n',
    ...COMMANDS.map(section),
  ].join('')
}

function section(row: CommandRow): string {
  const common = new Set(COMMON_FLAGS.map(({ name }) => name))
  const flags = flagsOf(row).filter(({ name }) => !common.has(name))
  const places = row.arguments.map(({ name, about, words }) => {
    return `| \`${name}\` | ${cell(about)}${words ? `: ${words.join(', ')}` : ''} |\n`
  })
  const rows = [...places, ...flags.map((flag) => `| ${flagCell(flag)} | ${cell(aboutOf(flag))} |\n`)]
  return [
    `\n### octopus ${row.words}\n\n${row.about}.${ownWords(row)}\n`,
    `\n\`${usageLine(row)}\`\n`,
    ...(row.more ? [`\n${cell(row.more).replaceAll('\n', '  \n')}\n`] : []),
    ...(rows.length > 0 ? ['\n| | |\n|---|---|\n', ...rows] : []),
  ].join('')
}

/** Programs tell of their flags by themselves; those with a settings file have a page. */
function ownWords({ words, ownFlags }: CommandRow): string {
  if (!ownFlags) return ''
  const page = words === 'server' || words === 'client' ? ', or [settings](settings.md)' : ''
  return ` Its flags: \`octopus ${words} --help\`${page}.`
}

const flagCell = (flag: FlagRow): string => `\`${cell(`--${flag.name} ${placeholder(flag)}`.trim())}\``

/** A bar would end the cell, and angle brackets are no HTML. */
const cell = (text: string): string => text.replaceAll('|', '\\|')

if (import.meta.main) writeFileSync(join(ROOT, 'docs/cli.md'), cliPage())
