// npm run build:dashboard                   builds the dashboard
// npm run build:dashboard -- --if-needed    only if it is not made from its sources as they are; so `demo` and `server` begin
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { sha256Hex } from '@octopus/kit/checksum.ts'

import { prepareProcess } from './main-process.ts'
import { failed, type Outcome } from './outcome.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'

const BUILD_MS_MAX = 300_000

/** What the dashboard's bundle is made from. The lock file says of which versions of the parts that are not ours. */
const SOURCES = [
  'packages/web/{src,public,tools}/**/*.*',
  'packages/web/*.{html,json,ts}',
  'packages/{api-client,protocol,kit}/src/**/*.ts',
  'package-lock.json',
]
const WEB = `${ROOT}packages/web/`
const BUILT = `${WEB}dist`
/** Says which sources the dashboard was made from. The server sends nothing with such a name. */
const STAMP = 'sources.sha256'
const BUILDER = `${ROOT}node_modules/vite/bin/vite.js`
/** So often two builds that end together may come between each other's two renames. */
const RENAMES_MAX = 10

/** The files that the dashboard is made from, by their paths in the repository. */
export function dashboardSources(): readonly string[] {
  const found = globSync(SOURCES, { cwd: ROOT, exclude: ['**/*.test.ts'] })
  return found.map((path) => path.replaceAll('\\', '/')).toSorted()
}

/** Builds the dashboard if it is not made from its sources as they are. Answers with the failure, if it is one. */
export async function buildDashboard(
  say: (text: string) => void,
  { always = false } = {},
): Promise<Outcome | undefined> {
  // Read before the build: what changes meanwhile is not in it, and the next start builds anew.
  const sources = checksumOf(dashboardSources())
  const before = builtFrom()
  if (before === sources && !always) return undefined
  say(`The dashboard ${before === undefined ? 'has not been built' : 'is older than its sources'}: building it …`)
  const startedAt = performance.now()
  // Made beside and renamed, so that another start that builds or serves it meanwhile meets a whole one.
  const folder = `${WEB}.octopus-dist-${crypto.randomUUID()}`
  const cleanUp = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', cleanUp)
  try {
    const problem = await buildInto(folder)
    if (problem !== undefined) return failed('e2e: build of the dashboard', problem)
    writeFileSync(`${folder}/${STAMP}`, sources)
    putInPlace(folder)
  } finally {
    process.off('exit', cleanUp)
    cleanUp()
  }
  say(`The dashboard was built in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.`)
  return undefined
}

function checksumOf(paths: readonly string[]): string {
  return sha256Hex(paths.map((path) => `${path} ${sha256Hex(readFileSync(ROOT + path))}\n`).join(''))
}

/** The checksum of the sources of what is built; undefined if nothing is, empty if it does not say. */
function builtFrom(): string | undefined {
  if (!existsSync(`${BUILT}/index.html`)) return undefined
  return existsSync(`${BUILT}/${STAMP}`) ? readFileSync(`${BUILT}/${STAMP}`, 'utf8') : ''
}

/** Answers with what went wrong. */
async function buildInto(folder: string): Promise<string | undefined> {
  if (!existsSync(BUILDER)) return `What builds it is not installed. Run "npm ci" in ${ROOT}, without --omit=dev.`
  const command = [process.execPath, BUILDER, 'build', '--outDir', folder, '--emptyOutDir']
  const end = await runCommand(command, { cwd: WEB, timeoutMs: BUILD_MS_MAX })
  if (end.code === 0 && !end.timedOut) return undefined
  return `vite build in packages/web ${end.timedOut ? 'did not end' : 'failed'}:\n${end.output.trim()}`
}

/** A folder that is not empty cannot be renamed over: the old one steps aside first. */
function putInPlace(folder: string): void {
  const old = `${folder}-old`
  for (let turn = 1; ; turn += 1) {
    if (existsSync(BUILT)) moveAside(old)
    try {
      renameSync(folder, BUILT)
      return
    } catch (error) {
      // Another build has put its own there between the two.
      if (turn === RENAMES_MAX) throw error
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

function moveAside(old: string): void {
  try {
    renameSync(BUILT, old)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { 'if-needed': { type: 'boolean', default: false } } })
  const problem = await buildDashboard(console.log, { always: !values['if-needed'] })
  if (problem?.end !== 'failed') return 0
  console.error(`The dashboard could not be built and stays as it was. ${problem.reason}`)
  return 1
}

if (import.meta.main) {
  prepareProcess()
  process.exitCode = await main().catch((error: unknown) => {
    console.error(`The dashboard could not be built and stays as it was. ${String(error)}`)
    return 1
  })
}
