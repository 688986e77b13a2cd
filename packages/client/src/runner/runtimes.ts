import type { Log } from '@octopus/kit/log.ts'

import type { Command } from './spawn.ts'

export interface Runtime {
  readonly command: Command
  readonly version: string
}

export interface RuntimeNeeds {
  /** The setting PYTHON, or undefined. */
  readonly python: string | undefined
  readonly platform: NodeJS.Platform
  readonly log: Log
  /** Runs a program to its end and answers what it printed. */
  run(command: Command): Promise<string>
}

/** The oldest Python whose syntax the runner keeps to. */
const PYTHON_MIN = [3, 7] as const

/** Prints version and path: a wrapper script (pyenv, `py`) costs time at every start, so the real program is remembered. */
const QUESTION = 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'

/** Finds Python and remembers it; one that was not found is looked for again, so that installing it needs no restart. */
export interface PythonFinder {
  find(): Promise<Runtime | undefined>
  /** Forget it: it could not be started. */
  forget(): void
  /** What was looked for and what to do, for people. */
  readonly missing: string
}

export function createPythonFinder(needs: RuntimeNeeds): PythonFinder {
  const candidates = pythonCandidates(needs.python, needs.platform)
  let found: Promise<Runtime | undefined> | undefined
  const look = async (): Promise<Runtime | undefined> => {
    for (const candidate of candidates) {
      const runtime = await ask(needs, candidate)
      if (runtime !== undefined) return runtime
    }
    return undefined
  }
  return {
    find: async () => {
      found ??= look()
      const runtime = await found
      if (runtime === undefined) found = undefined
      return runtime
    },
    forget: () => {
      found = undefined
    },
    missing: `No Python ${PYTHON_MIN.join('.')} or newer was found. Looked for: ${candidates.map(shown).join(', ')}. Install Python, or set PYTHON to its path in the client's settings.`,
  }
}

/** Pure: what is tried, in this order. The setting alone counts when it is given: nobody wants another Python silently. */
export function pythonCandidates(setting: string | undefined, platform: NodeJS.Platform): readonly Command[] {
  if (setting !== undefined && setting !== '') return [{ file: setting, args: [] }]
  const plain = [
    { file: 'python3', args: [] },
    { file: 'python', args: [] },
  ]
  return platform === 'win32' ? [{ file: 'py', args: ['-3'] }, ...plain] : plain
}

/** Pure: the answer to the question, or undefined if it is none (the Windows Store's stub prints nothing) or too old. */
export function parseAnswer(answer: string): { readonly version: string; readonly file: string } | undefined {
  const [version = '', file = ''] = answer.split(/\r?\n/)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (!/^\d+\.\d+\.\d+$/.test(version) || file === '') return undefined
  return major > PYTHON_MIN[0] || (major === PYTHON_MIN[0] && minor >= PYTHON_MIN[1]) ? { version, file } : undefined
}

async function ask(needs: RuntimeNeeds, candidate: Command): Promise<Runtime | undefined> {
  try {
    const answer = parseAnswer(await needs.run({ ...candidate, args: [...candidate.args, '-c', QUESTION] }))
    return answer === undefined ? undefined : { command: { file: answer.file, args: [] }, version: answer.version }
  } catch (error) {
    needs.log.debug('python-not-usable', { tried: shown(candidate), error: String(error) })
    return undefined
  }
}

function shown({ file, args }: Command): string {
  return [file, ...args].join(' ')
}
