import type { CommandRow } from '#command-line/rows.ts'

import { CLIENT_COMMANDS } from './clients.ts'
import { PEOPLE_COMMANDS } from './people.ts'
import { PLUGIN_COMMANDS } from './plugins.ts'
import { PROGRAM_COMMANDS } from './programs.ts'
import { SERVER_COMMANDS } from './server.ts'
import { TASK_COMMANDS } from './tasks.ts'
import { TOOL_COMMANDS } from './tools.ts'
import { WORK_COMMANDS } from './work.ts'

/** Every command there is. What is not here does not exist; help, completion and docs/cli.md are made from it. */
export const COMMANDS: readonly CommandRow[] = [
  ...PROGRAM_COMMANDS,
  ...PEOPLE_COMMANDS.filter(({ words }) => !words.includes(' ')),
  ...WORK_COMMANDS,
  ...TASK_COMMANDS,
  ...PLUGIN_COMMANDS,
  ...CLIENT_COMMANDS,
  ...PEOPLE_COMMANDS.filter(({ words }) => words.includes(' ')),
  ...SERVER_COMMANDS,
  ...TOOL_COMMANDS,
]
