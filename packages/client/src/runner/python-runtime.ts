import { type Search, shown } from './program-finder.ts'
import type { Command } from './spawn.ts'

/** The oldest Python whose syntax the runner keeps to. */
const PYTHON_MIN = [3, 7] as const

/** Prints version and path: a wrapper script (pyenv, `py`) costs time at every start, so the real program is remembered. */
const QUESTION = 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'

/** The search for Python: `setting` is the setting PYTHON. */
export function pythonSearch(setting: string | undefined, platform: NodeJS.Platform): Search {
  const candidates = pythonCandidates(setting, platform)
  return {
    candidates,
    question: ['-c', QUESTION],
    understand: (answer) => {
      const parsed = parseAnswer(answer)
      return parsed === undefined ? undefined : { command: { file: parsed.file, args: [] }, version: parsed.version }
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
