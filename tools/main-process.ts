import process from 'node:process'

import { ROOT } from './root.ts'
import { killRunningCommands } from './run-command.ts'

/** For the two programs here: everything runs in the repository's folder, and nothing we started outlives us. */
export function prepareProcess(): void {
  process.chdir(ROOT)
  process.on('exit', killRunningCommands)
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  // Whoever reads us may stop reading (`npm test | head`): that is no crash.
  process.stdout.on('error', () => process.exit(141))
}
