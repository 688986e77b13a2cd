import { existsSync, globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'

import { ROOT } from './root.ts'

/** A part of the test run: files of one kind, which need the same time and the same things around them. */
export interface Phase {
  readonly name: 'unit' | 'sim' | 'e2e' | 'faults'
  readonly title: string
  readonly globs: readonly string[]
  /** Files that the globs find and that are not of this phase. */
  readonly except?: string
  /** Run only when it is named, or one of its files: it takes too long for every run. */
  readonly onlyIfNamed?: boolean
  /** How many files run at a time. */
  readonly lanes: number
  /** Longer than the slowest file should take on two busy cores. Beyond it the file is killed, and that is a failure. */
  readonly fileMsMax: number
  readonly needsDashboard: boolean
}

export const PHASES: readonly Phase[] = [
  {
    name: 'unit',
    title: 'unit, contract and property tests',
    globs: ['packages/*/src/**/*.test.ts', 'tools/*.test.ts'],
    lanes: availableParallelism(),
    fileMsMax: 300_000,
    needsDashboard: false,
  },
  {
    name: 'sim',
    title: 'simulation',
    globs: ['sim/**/*.test.ts'],
    lanes: availableParallelism(),
    fileMsMax: 1_800_000,
    needsDashboard: false,
  },
  {
    name: 'e2e',
    title: 'end to end',
    globs: ['e2e/**/*.test.ts'],
    except: 'e2e/faults/long/',
    // Each starts a server, clients and perhaps a browser: two at a time on two cores would measure each other.
    lanes: 1,
    fileMsMax: 300_000,
    needsDashboard: true,
  },
  {
    name: 'faults',
    title: 'faults on real processes, all of them',
    globs: ['e2e/faults/**/*.test.ts'],
    onlyIfNamed: true,
    lanes: 1,
    fileMsMax: 2_400_000,
    needsDashboard: true,
  },
]

export interface Selection {
  readonly check: boolean
  readonly phases: readonly { readonly phase: Phase; readonly files: readonly string[] }[]
}

const NAMES = ['check', ...PHASES.map(({ name }) => name)]
const BY_DEFAULT = ['check', ...PHASES.filter(({ onlyIfNamed }) => onlyIfNamed !== true).map(({ name }) => name)]

/** What `npm test -- <words>` shall run: names of phases, test files, folders. No word: every phase that need not be named. */
export function select(words: readonly string[], find: (globs: readonly string[]) => string[] = findFiles): Selection {
  const wanted = words.length === 0 ? BY_DEFAULT : words
  const asked = wanted.filter((word) => !NAMES.includes(word)).map((word) => ({ word, path: toRepositoryPath(word) }))
  const known = PHASES.map((phase) => ({ phase, all: filesOf(phase, find) }))
  const matches = (file: string, path: string): boolean => file === path || file.startsWith(`${path}/`)

  const unknown = asked.find(({ path }) => !known.some(({ all }) => all.some((file) => matches(file, path))))
  if (unknown !== undefined) {
    const what = existsSync(unknown.path) ? 'holds no test that a phase knows' : 'is no phase, file or folder'
    throw new Error(
      `"${unknown.word}" ${what}. Phases: ${NAMES.join(', ')}; or give the path of a test file or folder.`,
    )
  }
  const taken = new Set(known.filter(({ phase }) => wanted.includes(phase.name)).flatMap(({ all }) => all))
  return {
    check: wanted.includes('check'),
    phases: known.flatMap(({ phase, all }) => {
      if (wanted.includes(phase.name)) return [{ phase, files: all }]
      // A file of two phases runs once.
      const files = all.filter((file) => !taken.has(file) && asked.some(({ path }) => matches(file, path)))
      for (const file of files) taken.add(file)
      return files.length > 0 ? [{ phase, files }] : []
    }),
  }
}

function filesOf({ globs, except }: Phase, find: (globs: readonly string[]) => string[]): readonly string[] {
  return find(globs).filter((file) => except === undefined || !file.startsWith(except))
}

function findFiles(globs: readonly string[]): string[] {
  const found = globSync(globs, { cwd: ROOT, exclude: (path) => path.includes('node_modules') })
  return found.map((path) => path.replaceAll('\\', '/')).toSorted()
}

function toRepositoryPath(word: string): string {
  return relative(ROOT, resolve(word)).replaceAll('\\', '/')
}
