// npm run check                 everything that can be said about the code without running it
// npm run check -- lint types   only these steps
import process from 'node:process'

import { runCheck } from './check-steps.ts'
import { prepareProcess } from './main-process.ts'
import { printStep, printTotal } from './print.ts'

prepareProcess()
const outcomes = await runCheck(process.argv.slice(2), printStep)
printTotal(outcomes)
process.exitCode = outcomes.some(({ end }) => end === 'failed') ? 1 : 0
