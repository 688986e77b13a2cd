import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { CLIENT_SETTINGS } from '@octopus/client/config.ts'
import { flagOf, type SettingRow, type SettingsTable } from '@octopus/kit/settings.ts'
import { SERVER_SETTINGS } from '@octopus/server/config.ts'

import { ROOT } from './root.ts'

// node tools/settings-doc.ts: writes docs/settings.md from what server and client declare.

const HEAD = `# Settings

Made from what [server](../packages/server/src/config.ts) and [client](../packages/client/src/config.ts) declare by \`node tools/settings-doc.ts\`; a test holds them together.

Weakest first: default, settings file, environment, command line. The file (\`octopus-server.conf\` in the folder the server is started in, \`octopus-client.conf\` in the client's data folder, or \`--config\`) has lines \`NAME = value\`, and comments that begin with \`#\`. In the environment a setting is called \`OCTOPUS_<NAME>\`; an empty variable counts as not set. An unknown name or a wrong value stops the start with a sentence that says what and where. \`octopus doctor\` shows which were set, and where.

`

/** The page: one table for each program. */
export function settingsPage(): string {
  return [
    HEAD,
    table('octopus server', SERVER_SETTINGS),
    '\n',
    table('octopus client', CLIENT_SETTINGS),
    COMMAND_LINE,
  ].join('')
}

const COMMAND_LINE = `
## The command line

| variable | meaning |
|---|---|
| \`OCTOPUS_SERVER\` | Address of the server that commands of the API speak to; \`--server\` wins |
| \`OCTOPUS_API_TOKEN\`, \`OCTOPUS_TOKEN\` | API token; the first one wins. \`OCTOPUS_TOKEN\` counts only when it is an API token: the client reads its enrolment token from there |
| \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`NO_PROXY\` | Proxies, as for other programs |
| \`NO_COLOR\` | No colours |

More: [the command line](cli.md).
`

function table(program: string, settings: SettingsTable): string {
  const rows = Object.entries(settings).map(([name, row]) => {
    const flags = [flagOf(name), ...(row.flags ?? []).map((flag) => `--${flag}`)]
      .map((flag) => `\`${flag}\``)
      .join(', ')
    const cells = [
      `\`${name}\``,
      defaultOf(row),
      limitsOf(row),
      cell(row.about),
      placesOf(row, name),
      allowed(row, 'command line') ? flags : '–',
    ]
    return `| ${cells.join(' | ')} |\n`
  })
  const head = '| name | default | values | meaning | environment | flag |\n|---|---|---|---|---|---|\n'
  return `## ${program}\n\n${head}${rows.join('')}`
}

const allowed = (row: SettingRow, source: 'file' | 'environment' | 'command line'): boolean =>
  row.from === undefined || row.from.includes(source)

function defaultOf(row: SettingRow): string {
  const text = row.default === null ? '' : String(row.default)
  return text === '' ? '–' : `\`${text}\``
}

function limitsOf(row: SettingRow): string {
  if (row.kind === 'integer') return `${row.min} to ${row.max}${row.unit === '' ? '' : ` ${row.unit}`}`
  if (row.kind === 'boolean') return 'true, false'
  return row.kind === 'list' ? `at most ${row.max}, with commas` : 'text'
}

/** Where it may be set besides the command line. */
function placesOf(row: SettingRow, name: string): string {
  const variables = allowed(row, 'environment')
    ? [`\`OCTOPUS_${name}\``, ...(row.unprefixed ? [`\`${name}\``] : [])].join(', ')
    : '–'
  return allowed(row, 'file') ? variables : `${variables} (not in the file)`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

if (import.meta.main) writeFileSync(join(ROOT, 'docs/settings.md'), settingsPage())
