// npm run check                 everything that can be said about the code without running it
// npm run check -- lint types   only these steps
import process from 'node:process'

import { runCheck } from './check-steps.ts'
import { printStep, printTotal } from './print.ts'
import { ROOT } from './root.ts'
import { killRunningCommands } from './run-command.ts'

process.chdir(ROOT)
process.on('exit', killRunningCommands)
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

const outcomes = await runCheck(process.argv.slice(2), printStep)
printTotal(outcomes)
process.exitCode = outcomes.some(({ end }) => end === 'failed') ? 1 : 0
