import { existsSync, globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'

import { ROOT } from './root.ts'

/** A part of the test run: files of one kind, which need the same time and the same things around them. */
export interface Phase {
  readonly name: 'unit' | 'sim' | 'e2e'
  readonly title: string
  readonly globs: readonly string[]
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
    fileMsMax: 120_000,
    needsDashboard: false,
  },
  {
    name: 'sim',
    title: 'simulation',
    globs: ['sim/**/*.test.ts'],
    lanes: availableParallelism(),
    fileMsMax: 600_000,
    needsDashboard: false,
  },
  {
    name: 'e2e',
    title: 'end to end',
    globs: ['e2e/**/*.test.ts'],
    // Each starts a server, clients and perhaps a browser: two at a time on two cores would measure each other.
    lanes: 1,
    fileMsMax: 300_000,
    needsDashboard: true,
  },
]

export interface Selection {
  readonly check: boolean
  readonly phases: readonly { readonly phase: Phase; readonly files: readonly string[] }[]
}

const NAMES = ['check', ...PHASES.map(({ name }) => name)]

/** What `npm test -- <words>` shall run: names of phases, test files, folders. No word: everything. */
export function select(words: readonly string[], find: (globs: readonly string[]) => string[] = findFiles): Selection {
  const wanted = words.length === 0 ? NAMES : words
  const asked = wanted.filter((word) => !NAMES.includes(word)).map((word) => ({ word, path: toRepositoryPath(word) }))
  const known = PHASES.map((phase) => ({ phase, all: find(phase.globs) }))
  const matches = (file: string, path: string): boolean => file === path || file.startsWith(`${path}/`)

  const unknown = asked.find(({ path }) => !known.some(({ all }) => all.some((file) => matches(file, path))))
  if (unknown !== undefined) {
    const what = existsSync(unknown.path) ? 'holds no test that a phase knows' : 'is no phase, file or folder'
    throw new Error(
      `"${unknown.word}" ${what}. Phases: ${NAMES.join(', ')}; or give the path of a test file or folder.`,
    )
  }
  return {
    check: wanted.includes('check'),
    phases: known.flatMap(({ phase, all }) => {
      if (wanted.includes(phase.name)) return [{ phase, files: all }]
      const files = all.filter((file) => asked.some(({ path }) => matches(file, path)))
      return files.length > 0 ? [{ phase, files }] : []
    }),
  }
}

function findFiles(globs: readonly string[]): string[] {
  const found = globSync(globs, { cwd: ROOT, exclude: (path) => path.includes('node_modules') })
  return found.map((path) => path.replaceAll('\\', '/')).toSorted()
}

function toRepositoryPath(word: string): string {
  return relative(ROOT, resolve(word)).replaceAll('\\', '/')
}
