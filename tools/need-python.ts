import { readFileSync } from 'node:fs'

import { runCommand } from './run-command.ts'

const INSTALL_MS_MAX = 300_000

/**
 * Plugins in Python need Python 3. Looks for it as the client does; on Debian, as root, it is installed. Answers with
 * what is left out without it, or undefined if it is there.
 */
export async function needPython(say: (text: string) => void): Promise<string | undefined> {
  if (await hasPython()) return undefined
  if (isDebian() && process.getuid?.() === 0) {
    say('Python 3 is missing: installing it with apt-get.')
    await succeeds(['apt-get', 'update'])
    await succeeds(['apt-get', 'install', '-y', '--no-install-recommends', 'python3'])
    if (await hasPython()) return undefined
  }
  return 'No Python 3 (python3 or python) on this machine: tests that run Python plugins are left out. Install it to run them.'
}

async function hasPython(): Promise<boolean> {
  return (await succeeds(['python3', '-c', PROBE])) || (await succeeds(['python', '-c', PROBE]))
}

/** Exit code 0 from Python 3.7 on only: the runner is written for that. */
const PROBE = 'import sys; sys.exit(sys.version_info < (3, 7))'

async function succeeds(command: readonly string[]): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const end = await runCommand(command, { env, timeoutMs: INSTALL_MS_MAX }).catch(() => undefined)
  return end?.code === 0
}

function isDebian(): boolean {
  try {
    return /^ID(?:_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}
