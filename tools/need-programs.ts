import { readFileSync } from 'node:fs'

import { runCommand } from './run-command.ts'

const INSTALL_MS_MAX = 300_000

/** Something that tests use and npm does not bring. */
interface Program {
  readonly name: string
  /** Succeeds where it is there and good enough; one of them suffices. */
  readonly probes: readonly (readonly string[])[]
  readonly debian: string
  readonly without: string
}

/** Exit code 0 from Python 3.7 on only: the runner is written for that. */
const PYTHON = 'import sys; sys.exit(sys.version_info < (3, 7))'

/** Plugins in Python need it. */
const python: Program = {
  name: 'Python 3',
  probes: [
    ['python3', '-c', PYTHON],
    ['python', '-c', PYTHON],
  ],
  debian: 'python3',
  without: 'tests that run Python plugins are left out',
}

/** Tests that cut networks, kill at a write and change clocks need them. */
const forFaults: readonly Program[] = [
  {
    name: 'ip (network namespaces)',
    probes: [['ip', '-V']],
    debian: 'iproute2',
    without: 'tests that cut networks are left out',
  },
  {
    name: 'nft (packet filter)',
    probes: [['nft', '--version']],
    debian: 'nftables',
    without: 'tests that cut networks are left out',
  },
  {
    name: 'strace',
    probes: [['strace', '-V']],
    debian: 'strace',
    without: 'tests that break the k-th write of a process are left out',
  },
  {
    name: 'faketime',
    probes: [['faketime', '--version']],
    debian: 'faketime',
    without: 'tests that set the clock of a process are left out',
  },
]

/**
 * Looks for what the tests use; on Debian, as root, what is missing is installed. Answers with one line for everything
 * that is still missing: what is left out without it.
 */
export async function needPrograms(
  { faults }: { readonly faults: boolean },
  say: (text: string) => void,
): Promise<readonly string[]> {
  const wanted = faults ? [python, ...forFaults] : [python]
  const missing = await findMissing(wanted)
  if (missing.length === 0) return []
  if (!isDebian() || process.getuid?.() !== 0) return missing.map(tell)
  say(`Installing with apt-get: ${missing.map(({ debian }) => debian).join(', ')}.`)
  await succeeds(['apt-get', 'update'])
  await succeeds(['apt-get', 'install', '-y', '--no-install-recommends', ...missing.map(({ debian }) => debian)])
  return (await findMissing(missing)).map(tell)
}

function tell({ name, without }: Program): string {
  return `No ${name} on this machine: ${without}. Install it to run them.`
}

async function findMissing(programs: readonly Program[]): Promise<readonly Program[]> {
  const found = await Promise.all(programs.map(({ probes }) => anySucceeds(probes)))
  return programs.filter((_, i) => found[i] === false)
}

async function anySucceeds(probes: readonly (readonly string[])[]): Promise<boolean> {
  return (await Promise.all(probes.map(succeeds))).includes(true)
}

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
