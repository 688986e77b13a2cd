// npm test                                   everything, in order: check, unit, sim, e2e
// npm run test:faults                        e2e/faults, those too that take too long for every run
// npm test -- unit e2e                       only these phases
// npm test -- packages/server/src/runs       only the tests in a folder, or one file
// The last line is always the total.
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'

import { buildDashboard } from './build-dashboard.ts'
import { runCheck } from './check-steps.ts'
import { inLanes } from './in-lanes.ts'
import { prepareProcess } from './main-process.ts'
import { needPrograms } from './need-programs.ts'
import { failed, parseAllowedOmissions, refuseOmissions, type Outcome } from './outcome.ts'
import { select, type Phase } from './phases.ts'
import { printHeading, printStep, printTestFile, printTotal } from './print.ts'
import { runTestFile } from './run-test-file.ts'

const ALLOWED_OMISSIONS = '.ci/allowed-omissions.json'

const selection = select(process.argv.slice(2))
prepareProcess()
const outcomes: Outcome[] = []

if (selection.check) {
  printHeading('check')
  outcomes.push(...(await runCheck([], printStep)))
}
if (selection.phases.length > 0) {
  const faults = selection.phases.some(({ files }) => files.some((file) => file.startsWith('e2e/faults/')))
  for (const missing of await needPrograms({ faults }, console.log)) console.log(missing)
}
for (const { phase, files } of selection.phases) {
  printHeading(`${phase.title} (${files.length} files)`)
  outcomes.push(...judge(await runPhase(phase, files)))
}
printTotal(outcomes)
process.exitCode = outcomes.some(({ end }) => end === 'failed') ? 1 : 0

async function runPhase(phase: Phase, files: readonly string[]): Promise<readonly Outcome[]> {
  if (files.length === 0) {
    return [
      failed(`${phase.name}: no test found`, `Looked for ${phase.globs.join(', ')}; the globs are in tools/phases.ts.`),
    ]
  }
  const problem = phase.needsDashboard ? await buildDashboard(console.log) : undefined
  if (problem !== undefined) return [problem]
  const runs = await inLanes(files, phase.lanes, async (file) => {
    const run = await runTestFile(file, phase.fileMsMax)
    printTestFile(run)
    return run.outcomes
  })
  return runs.flat()
}

function judge(some: readonly Outcome[]): readonly Outcome[] {
  if (process.env['CI'] !== 'true') return some
  const text = existsSync(ALLOWED_OMISSIONS) ? readFileSync(ALLOWED_OMISSIONS, 'utf8') : '{}'
  return refuseOmissions(some, parseAllowedOmissions(text, ALLOWED_OMISSIONS), ALLOWED_OMISSIONS)
}
