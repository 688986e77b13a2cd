/** What a plugin may see of the client's environment: enough to find programs, home, language and network; no secrets. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  // Windows: without these neither programs nor sockets start there.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERNAME',
  'USERDOMAIN',
  'USERPROFILE',
  'COMPUTERNAME',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'PROGRAMFILES(X86)',
  'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
]

/** The company's proxy. Passed on only without a user and a password in it: those are the client's secrets. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY']

export type Environment = Readonly<Record<string, string | undefined>>

export interface RunnerMarks {
  /** Same for all runners of one client's state folder: finds what a dead predecessor left behind. */
  readonly client: string
  /** One runner's: finds its whole tree, also what left the process group. */
  readonly runner: string
}

/** The variable that names the client of a process, and the one that names its runner. */
export const CLIENT_MARK = 'OCTOPUS_CLIENT'
export const RUNNER_MARK = 'OCTOPUS_ATTEMPT'

/** The environment of a runner: an allow-list of the client's, temporary files in its own folder, our marks. */
export function runnerEnvironment(outer: Environment, folder: string, marks: RunnerMarks): Record<string, string> {
  const passed = Object.entries(outer).filter(([name, value]) => value !== undefined && isPassedOn(name, value))
  return {
    ...(Object.fromEntries(passed) as Record<string, string>),
    TMPDIR: folder,
    TEMP: folder,
    TMP: folder,
    PYTHONUTF8: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    [CLIENT_MARK]: marks.client,
    [RUNNER_MARK]: marks.runner,
  }
}

function isPassedOn(name: string, value: string): boolean {
  const upper = name.toUpperCase()
  if (PROXIES.includes(upper)) return !value.includes('@')
  return PASSED_ON.includes(upper) || /^LC_[A-Z]+$/.test(name)
}
