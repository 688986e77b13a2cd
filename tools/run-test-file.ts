import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ReportedEvent } from './event-reporter.ts'
import { failed, passed, skipped, type Outcome } from './outcome.ts'
import { runCommand, type CommandEnd } from './run-command.ts'

export interface TestFileRun {
  readonly file: string
  readonly outcomes: readonly Outcome[]
  /** What its tests measured and told with `t.diagnostic()`, in their order. */
  readonly measured: readonly string[]
  /** What the file printed. Worth reading when something failed. */
  readonly output: string
  readonly tookMs: number
}

const REPORTER = new URL('./event-reporter.ts', import.meta.url).href

/** A test that hangs is ended by node:test this much before its file is killed, so that the failure names the test. */
const NAMED_FIRST_MS = 5_000

/**
 * Runs one test file in a node process of its own and says what became of each test in it.
 *
 * The file is run by itself and not with `node --test`, because that hides three things which must fail (Node 26.10): a
 * file that declares no test counts as a passed test; an exception while loading is lost with `--test-isolation=none`;
 * and a file that leaves a timer or a socket open hangs the whole run, whatever `--test-timeout` says.
 */
export async function runTestFile(file: string, timeoutMs: number): Promise<TestFileRun> {
  const folder = await mkdtemp(join(tmpdir(), 'octopus-test-'))
  try {
    const eventsFile = join(folder, 'events.jsonl')
    const testTimeoutMs = Math.max(timeoutMs - NAMED_FIRST_MS, timeoutMs / 2)
    const command = [
      process.execPath,
      `--test-timeout=${testTimeoutMs}`,
      `--test-reporter=${REPORTER}`,
      `--test-reporter-destination=${eventsFile}`,
      file,
    ]
    const end = await runCommand(command, { timeoutMs })
    const events = parseEvents(await readFile(eventsFile, 'utf8').catch(() => ''))
    return {
      file,
      outcomes: readOutcomes(file, events, end),
      measured: readMeasured(events),
      output: end.output,
      tookMs: end.tookMs,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The process may have been killed in the middle of a line: what does not end with a line break is left out. */
function parseEvents(text: string): ReportedEvent[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as ReportedEvent)
}

/** node:test tells its own counts as diagnostics too, after the plan of the file. */
function readMeasured(events: readonly ReportedEvent[]): readonly string[] {
  const planAt = events.findIndex(({ on }) => on === 'plan')
  const ofTests = planAt === -1 ? events : events.slice(0, planAt)
  return ofTests.flatMap((event) => (event.on === 'diagnostic' ? event.text : []))
}

function readOutcomes(file: string, events: readonly ReportedEvent[], end: CommandEnd): readonly Outcome[] {
  const outcomes: Outcome[] = []
  const path: string[] = []
  for (const event of events) {
    if (event.on === 'start') path.splice(event.nesting, Infinity, event.name)
    if (event.on !== 'end') continue
    const name = `${file}: ${[...path.slice(0, event.nesting), event.name].join(' > ')}`
    if (event.suite) {
      if (!event.passed && !event.onlyInside) outcomes.push(failed(name, event.error ?? 'a hook of the suite failed'))
    } else if (event.skip !== undefined) outcomes.push(skipped(name, event.skip))
    else if (event.passed) outcomes.push(passed(name))
    else outcomes.push(failed(name, event.error ?? 'failed without an error'))
  }
  const problem = problemOfFile(events, end, outcomes)
  return problem === undefined ? outcomes : [...outcomes, failed(file, problem)]
}

function problemOfFile(
  events: readonly ReportedEvent[],
  end: CommandEnd,
  outcomes: readonly Outcome[],
): string | undefined {
  if (end.timedOut) return describeHang(events, end.tookMs)
  if (end.code === 0 && outcomes.length === 0) {
    return 'ran no test: it declares none, or it ends its process before the first one is through.'
  }
  if (!events.some((event) => event.on === 'summary')) {
    return `ended (${end.signal ?? `exit code ${end.code}`}) before its tests were through: an error while loading, or process.exit() in a test.`
  }
  if (end.code !== 0 && !outcomes.some((one) => one.end === 'failed')) {
    const told = events.flatMap((event) =>
      event.on === 'diagnostic' && event.text.startsWith('Error') ? event.text : [],
    )
    return [`exit code ${end.code ?? end.signal} although every test passed.`, ...told].join('\n')
  }
  return undefined
}

function describeHang(events: readonly ReportedEvent[], tookMs: number): string {
  const done = new Set(events.flatMap((event) => (event.on === 'done' ? event.name : [])))
  const hanging = events.flatMap((event) => (event.on === 'began' && !done.has(event.name) ? event.name : []))
  const killed = `killed after ${Math.round(tookMs / 1_000)} s`
  if (hanging.length > 0) return `${killed}, while in: ${hanging.join(', ')}.`
  if (done.size === 0) return `${killed}, before its first test was through: it may be in an endless loop.`
  return `${killed}: its tests were through, but something is still open (a timer, a socket, a child). Close it in the test that opened it.`
}
