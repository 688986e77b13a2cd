// npm run test:seeded-bugs                        every bug: put in, and noticed by its test
// npm run test:seeded-bugs -- late-wins no-brake  only these
// The last line is always the total.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { inLanes } from './in-lanes.ts'
import { prepareProcess } from './main-process.ts'
import { failed, passed, totalLine, type Outcome } from './outcome.ts'
import { copyAgain, copyCheckout } from './private-copy.ts'
import { ROOT } from './root.ts'
import { runCommand, type CommandEnd } from './run-command.ts'
import { seedBug } from './seed-bug.ts'
import { BUGS } from './seeded-bugs/all.ts'
import type { Command, SeededBug } from './seeded-bugs/bug.ts'

/** A bug may make a test hang: then that is what is told. */
const COMMAND_MS_MAX = 300_000
/** Of a command that said something else than expected. */
const SHOWN_LINES = 12
/** Where a test, or the simulator, says what failed. */
const SAYS_WHAT = /^\s*✖|^seed \d+:|Error:/

prepareProcess()
const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !BUGS.some((bug) => bug.name === name))
if (unknown !== undefined) throw new Error(`No bug is called ${unknown}. There are: ${BUGS.map(nameOf).join(', ')}.`)
const bugs = BUGS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts
const folder = mkdtempSync(join(tmpdir(), 'octopus-seeded-bugs-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
/** The sources as they stand now: whatever is changed meanwhile does not disturb. */
const sound = join(folder, '.sound')
await copyCheckout(sound)

const lanes = availableParallelism()
const commands = [...new Set(bugs.map(({ caughtBy }) => caughtBy))]
say(`${commands.length} commands, without a bug:`)
const green = new Map<Command, Outcome>()
await inLanes(commands, lanes, async (command) => green.set(command, tell(await runSound(command))))
say(`\n${bugs.length} bugs, ${lanes} at a time:`)
const caught = await inLanes(bugs, lanes, async (bug) => tell(await tryBug(bug)))

const outcomes = [...green.values(), ...caught]
say(`\n${totalLine(outcomes)}`)
process.exitCode = outcomes.some(({ end }) => end === 'failed') ? 1 : 0

function nameOf({ name }: SeededBug): string {
  return name
}

async function runSound(command: Command): Promise<Outcome & { readonly how: string }> {
  const end = await run(command, sound)
  const how = seconds(end)
  if (end.code === 0) return { ...passed(command), how }
  return { ...failed(command, `It fails without any bug.\n${told(end)}`), how }
}

async function tryBug(bug: SeededBug): Promise<Outcome & { readonly how: string }> {
  const fail = (reason: string): Outcome & { readonly how: string } => ({ ...failed(bug.name, reason), how: '' })
  if (green.get(bug.caughtBy)?.end !== 'passed') return fail(`not tried: ${bug.caughtBy} fails without it.`)
  const copy = join(folder, bug.name)
  copyAgain(sound, copy)
  try {
    const problem = seedBug(bug, copy)
    if (problem !== undefined) return fail(problem)
    const end = await run(bug.caughtBy, copy)
    const said = bug.says.find((words) => end.output.includes(words))
    if (end.timedOut) return fail(`${bug.caughtBy} did not end.\n${told(end)}`)
    if (end.code === 0) return fail(`${bug.caughtBy} did not notice it.`)
    if (said === undefined)
      return fail(`${bug.caughtBy} failed, but said nothing of ${bug.says.join(' or ')}.\n${told(end)}`)
    return { ...passed(bug.name), how: `${said}${firstSeed(end.output, said)}, ${seconds(end)}, ${bug.caughtBy}` }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** The script of package.json, as npm would run it, in a folder. */
function run(command: Command, cwd: string): Promise<CommandEnd> {
  const [, name = '', rest = ''] = /^npm (?:run )?(\S+) -- (.*)$/.exec(command) ?? []
  const [, ...script] = (scripts[name] ?? '').split(' ')
  return runCommand([process.execPath, ...script, ...rest.split(' ')], { cwd, timeoutMs: COMMAND_MS_MAX })
}

/** The simulator names the seed before what was broken. */
function firstSeed(output: string, said: string): string {
  const seed = output
    .slice(0, output.indexOf(said))
    .match(/seed (\d+)/g)
    ?.at(-1)
  return seed === undefined ? '' : ` in ${seed}`
}

function tell<One extends Outcome & { readonly how: string }>(outcome: One): One {
  if (outcome.end === 'failed') say(`FAIL ${outcome.name}\n     ${outcome.reason.replaceAll('\n', '\n     ')}`)
  else say(`  ok ${outcome.name}: ${outcome.how}`)
  return outcome
}

/** The lines that say what failed; the last ones, if none does. */
function told({ output }: CommandEnd): string {
  const lines = output.trim().split('\n')
  const telling = lines.filter((line) => SAYS_WHAT.test(line)).slice(0, SHOWN_LINES)
  return (telling.length > 0 ? telling : lines.slice(-SHOWN_LINES)).join('\n')
}

function seconds({ tookMs }: CommandEnd): string {
  return `${(tookMs / 1_000).toFixed(1)} s`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
