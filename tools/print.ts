import type { StepReport } from './check-steps.ts'
import { totalLine, type Outcome } from './outcome.ts'
import type { TestFileRun } from './run-test-file.ts'

/** A reason is told in full where it happens, and with this many lines at the end. */
const REASON_LINES_AT_END = 3

const say = (text: string): void => void process.stdout.write(`${text}\n`)

export function printHeading(text: string): void {
  say(`\n== ${text}`)
}

export function printStep({ step, ok, tookMs, looked, output, fix }: StepReport): void {
  say(`${ok ? '  ok ' : 'FAIL '} ${step.padEnd(14)} ${seconds(tookMs)}  ${looked}`.trimEnd())
  if (!ok) say(`${indent(output)}\n  To mend it: ${fix}`)
}

export function printTestFile({ file, outcomes, measured, output, tookMs }: TestFileRun): void {
  const broken = outcomes.filter((one) => one.end === 'failed')
  say(`${broken.length === 0 ? '  ok ' : 'FAIL '} ${file}  ${totalLine(outcomes)}  ${seconds(tookMs)}`)
  for (const figure of measured) say(`       ${figure}`)
  for (const { name, reason } of broken) say(`  ✖ ${name}\n${indent(reason)}`)
  if (broken.length > 0 && output.trim() !== '') say(`  it printed:\n${indent(output.trim())}`)
}

/** Failures and omissions by name once more, since what was told above has scrolled away; then the total, last. */
export function printTotal(outcomes: readonly Outcome[]): void {
  for (const [heading, end] of [
    ['Failed', 'failed'],
    ['Left out', 'skipped'],
  ] as const) {
    const some = outcomes.filter((one) => one.end === end)
    if (some.length > 0) printHeading(heading)
    for (const one of some) {
      const reason = 'reason' in one ? one.reason.split('\n').slice(0, REASON_LINES_AT_END).join('\n') : ''
      say(`${one.name}\n${indent(reason)}`)
    }
  }
  say(`\n${totalLine(outcomes)}`)
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
