import { existsSync, globSync, readFileSync, statSync } from 'node:fs'

import { npmCommand } from './npm-command.ts'
import { failed, type Outcome } from './outcome.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'

const BUILD_MS_MAX = 300_000

/** What the dashboard's bundle is made from. */
const SOURCES = ['packages/web/{src,public}/**/*', 'packages/web/*.{html,json,ts}', 'packages/protocol/src/**/*.ts']
const OUTPUT = 'packages/web/dist/**/*'

/** Builds the dashboard when its sources are newer than what was built. Answers with the failure, if it is one. */
export async function buildDashboard(say: (text: string) => void): Promise<Outcome | undefined> {
  if (!hasBuildScript() || isFresh()) return undefined
  say('The dashboard is older than its sources: building it.')
  const end = await runCommand([...npmCommand(), 'run', 'build', '-w', 'packages/web'], {
    cwd: ROOT,
    timeoutMs: BUILD_MS_MAX,
  })
  if (end.code === 0 && !end.timedOut) return undefined
  return failed('e2e: build of the dashboard', `npm run build -w packages/web failed:\n${end.output.trim()}`)
}

function hasBuildScript(): boolean {
  const manifest = `${ROOT}packages/web/package.json`
  if (!existsSync(manifest)) return false
  const { scripts } = JSON.parse(readFileSync(manifest, 'utf8')) as { scripts?: Record<string, string> }
  return scripts?.['build'] !== undefined
}

function isFresh(): boolean {
  const builtAt = newest(OUTPUT)
  return builtAt !== undefined && builtAt > (newest(...SOURCES) ?? 0)
}

function newest(...globs: string[]): number | undefined {
  const times = globSync(globs, { cwd: ROOT }).map((path) => statSync(`${ROOT}${path}`).mtimeMs)
  return times.length === 0 ? undefined : Math.max(...times)
}
