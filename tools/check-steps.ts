import { globSync } from 'node:fs'

import { inLanes } from './in-lanes.ts'
import { failed, passed, type Outcome } from './outcome.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'
import { runTestFile } from './run-test-file.ts'

export interface StepReport {
  readonly step: string
  readonly ok: boolean
  readonly tookMs: number
  /** What the step looked at, in words: `214 files`. */
  readonly looked: string
  /** What the tool printed, when it is worth reading. */
  readonly output: string
  readonly fix: string
}

interface Step {
  readonly name: string
  readonly fix: string
  readonly run: () => Promise<Omit<StepReport, 'step' | 'fix'>>
}

/** Longer than any step should take on two busy cores; a tool that hangs is then a failure with a name. */
const STEP_MS_MAX = 180_000
/** oxlint and tsc use all cores by themselves; two steps at a time fill the gaps between them. */
const LANES = 2

const script = (path: string, ...args: string[]): string[] => [process.execPath, `${ROOT}node_modules/${path}`, ...args]

/** It counts nothing aloud by itself. */
const KNIP = script('knip/bin/knip.js', '--no-progress', '--reporter', 'symbols', '--reporter', './tools/knip-count.ts')

const fixTypes = 'Correct the types; `npm run check -- types` tries again, and it takes a second.'

// The slowest first, so that the lanes end together.
const STEPS: readonly Step[] = [
  {
    name: 'unused',
    fix: 'Delete what nothing uses, or stop exporting it. What knip cannot see is used goes into knip.json, with its reason in docs/decisions/0002-parts.md.',
    run: () => tool(KNIP, (output) => numberIn(output, /^Looked at (\d+) files\.$/m)),
  },
  {
    name: 'lint',
    fix: '`npm run lint -- --fix` repairs what can be repaired by machine; the rest by hand. A rule is switched off for a line only with its reason: // oxlint-disable-next-line rule -- why',
    run: () => tool(script('oxlint/bin/oxlint'), (output) => numberIn(output, /on (\d+) files? with/)),
  },
  {
    name: 'format',
    fix: '`npm run format` writes the files as they should be.',
    run: () => tool(script('oxfmt/bin/oxfmt', '--check', '.'), (output) => numberIn(output, /on (\d+) files?/)),
  },
  { name: 'types', fix: fixTypes, run: () => typesOf('tsconfig.json') },
  { name: 'types of kit', fix: fixTypes, run: () => typesOf('packages/kit/tsconfig.json') },
  { name: 'types of web', fix: fixTypes, run: typesOfWeb },
  {
    name: 'architecture',
    fix: 'Each failure above says how to mend it. The table is tools/layers.ts.',
    run: architecture,
  },
]

/** Runs the steps whose name begins with one of `wanted` (all, if there is none) and tells of each as it ends. */
export async function runCheck(
  wanted: readonly string[],
  tell: (report: StepReport) => void,
): Promise<readonly Outcome[]> {
  const steps = STEPS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
  if (steps.length === 0) {
    throw new Error(`No step is called ${wanted.join(' or ')}. There are: ${STEPS.map(({ name }) => name).join(', ')}.`)
  }
  return inLanes(steps, LANES, async ({ name, fix, run }) => {
    const report: StepReport = { step: name, fix, ...(await run()) }
    tell(report)
    return report.ok ? passed(`check: ${name}`) : failed(`check: ${name}`, `To mend it: ${fix}`)
  })
}

/** Runs a tool and holds it to having looked at something: a check that saw no file would pass for ever. */
async function tool(
  command: readonly string[],
  countFiles: (output: string) => number,
  readable: (output: string) => string = (output) => output,
): ReturnType<Step['run']> {
  const end = await runCommand(command, { cwd: ROOT, timeoutMs: STEP_MS_MAX })
  const files = countFiles(end.output)
  const sawNothing = files === 0 ? '\nIt looked at no file at all, so it has checked nothing.' : ''
  const late = end.timedOut ? `\nEnded after ${STEP_MS_MAX / 1_000} s.` : ''
  return {
    ok: end.code === 0 && files !== 0 && !end.timedOut,
    tookMs: end.tookMs,
    looked: `${files} files`,
    output: readable(end.output).trim() + sawNothing + late,
  }
}

/** A tool whose words have changed is not believed either: no number found counts as no file seen. */
function numberIn(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? 0)
}

function typesOf(project: string): ReturnType<Step['run']> {
  const ownFile = (line: string): boolean => /^\S.*\.(?:ts|tsx)$/.test(line) && !line.includes('node_modules')
  const isFile = (line: string): boolean => /^(?:\/|[A-Za-z]:).*\.(?:ts|tsx|cts|mts|json)$/.test(line)
  const command = script('typescript/bin/tsc', '--pretty', 'false', '--listFiles', '-p', project)
  return tool(
    command,
    (output) => output.split('\n').filter(ownFile).length,
    (output) =>
      output
        .split('\n')
        .filter((line) => !isFile(line))
        .join('\n'),
  )
}

async function typesOfWeb(): ReturnType<Step['run']> {
  const source = await typesOf('packages/web/tsconfig.json')
  const hasTests = globSync('packages/web/src/**/*.test.ts', { cwd: ROOT }).length > 0
  if (!source.ok || !hasTests) return source
  const tests = await typesOf('packages/web/tsconfig.test.json')
  return { ...tests, tookMs: source.tookMs + tests.tookMs, looked: source.looked }
}

async function architecture(): ReturnType<Step['run']> {
  const run = await runTestFile('tools/architecture.test.ts', STEP_MS_MAX)
  const broken = run.outcomes.flatMap((one) => (one.end === 'failed' ? `${one.name}\n${one.reason}` : []))
  return {
    ok: broken.length === 0,
    tookMs: run.tookMs,
    looked: `${run.outcomes.length} rules`,
    output: broken.join('\n'),
  }
}
