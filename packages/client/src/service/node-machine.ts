import { execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'

import type { Clock } from '@octopus/kit/clock.ts'

import { InstallRefused } from './install-refused.ts'
import type { Account, CommandEnd, Machine, NewFile } from './machine.ts'
import { processesOn } from './node-processes.ts'
import { windowsRemoval } from './windows-removal.ts'

/** An enrolment waits up to a minute for its server; everything else is quicker. */
const RUN_MS_MAX = 180_000
/** What Linux gives a program that starts at boot; also what plugins find their programs by. */
const PATH_OF_UNIX = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

interface MachineNeeds {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/** This machine. */
export function createNodeMachine({ clock, env, platform }: MachineNeeds): Machine {
  const uid = process.getuid?.() ?? -1
  const never = new AbortController().signal
  const run: Machine['run'] = (command, options = {}) => runProgram(command, cleanEnvironment(env), options)
  const startDetached: Machine['startDetached'] = (command, as) => {
    const [program = '', ...args] = command
    const own = as === undefined ? cleanEnvironment(env) : { PATH: PATH_OF_UNIX }
    spawn(program, args, { detached: true, stdio: 'ignore', cwd: '/', env: own, ...as }).unref()
  }
  const works = async (command: readonly string[]): Promise<boolean> => (await run(command)).code === 0
  return {
    platform,
    env,
    uid,
    homeFolder: homedir(),
    userId: platform === 'win32' ? `${env['USERDOMAIN'] ?? '.'}\\${userInfo().username}` : nameOf(uid),
    ownPids: [process.pid, process.ppid],
    run,
    startDetached,
    bootFacts: async (scope) => ({
      platform,
      scope,
      systemd: existsSync('/run/systemd/system'),
      userSystemd: existsSync('/run/systemd/system') && (await works(['systemctl', '--user', 'show-environment'])),
      initScripts: existsSync('/etc/init.d') && existsSync('/usr/sbin/update-rc.d'),
      cronFolder: existsSync('/etc/cron.d') && (existsSync('/usr/sbin/cron') || existsSync('/usr/sbin/crond')),
      crontab: await mayUseCrontab(run),
    }),
    account: async (name) => {
      const [user, group] = await Promise.all([run(['id', '-u', name]), run(['id', '-g', name])])
      if (user.code !== 0 || group.code !== 0) return undefined
      return { uid: Number(user.output), gid: Number(group.output) }
    },
    readText: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    writeText,
    makeOwnFolder: async (path, scope, owner) => {
      makeOwnFolder(path, uid, owner)
      if (platform === 'win32') await restrictOnWindows(run, path, scope === 'machine' ? LOCAL_SERVICE : ownName(env))
    },
    remove: (path) => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
    removeProgramAfterwards: (folder) => startDetached(windowsRemoval(folder), undefined),
    removeIfEmpty: (path) => {
      if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path)
    },
    exists: existsSync,
    processesOn: (stateFolder) => processesOn(platform, stateFolder),
    signal: (pid, signal) => {
      try {
        return process.kill(pid, signal)
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ESRCH'
      }
    },
    wait: (ms) => clock.after(ms, never),
    say: (line) => void process.stdout.write(`${line}\n`),
    ask,
  }
}

/** The settings of who installs are not the client's, and those for Node least of all. */
function cleanEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && !/^(?:OCTOPUS|NODE)_/i.test(name))
  return Object.fromEntries(kept) as Record<string, string>
}

function runProgram(
  command: readonly string[],
  env: Record<string, string>,
  { input, as }: { readonly input?: string; readonly as?: Account },
): Promise<CommandEnd> {
  const [program = '', ...args] = command
  return new Promise((resolve) => {
    const options = { env, timeout: RUN_MS_MAX, windowsHide: true, maxBuffer: 4_194_304, cwd: '/', ...as }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output: stdout + stderr })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input ?? '')
  })
}

/** `crontab -l` also fails when there is simply none yet; then it says so. */
async function mayUseCrontab(run: Machine['run']): Promise<boolean> {
  const { code, output } = await run(['crontab', '-l'])
  return code === 0 || /no crontab for/i.test(output)
}

function nameOf(uid: number): string {
  try {
    return userInfo().username
  } catch {
    return String(uid)
  }
}

/** Through a temporary file of its own: what somebody laid in the way beforehand is not written into. */
function writeText({ path, text, mode, encoding, owner }: NewFile): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const file = openSync(temporary, 'wx', mode)
  try {
    writeSync(file, Buffer.from(text, encoding ?? 'utf8'))
    // By the open file, not by its name: that somebody else's link could have taken meanwhile.
    fchmodSync(file, mode)
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

/** A folder that was there before is used only if it is one, and ours: else somebody could have laid a key into it. */
function makeOwnFolder(path: string, uid: number, owner: Account | undefined): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  const mine = [uid, owner?.uid]
  if (existsSync(path)) {
    const facts = lstatSync(path)
    if (!facts.isDirectory() || (uid >= 0 && !mine.includes(facts.uid))) {
      throw new InstallRefused(
        `${path} is no folder of this account. Remove it, or name another folder: --folder FOLDER.`,
      )
    }
  } else {
    mkdirSync(path, { mode: 0o700 })
  }
  chmodSync(path, 0o700)
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
}

/** The account that Windows has for services, as which a client of the machine runs. */
const LOCAL_SERVICE = '*S-1-5-19'

function ownName(env: Readonly<Record<string, string | undefined>>): string {
  return `${env['USERDOMAIN'] ?? '.'}\\${env['USERNAME'] ?? ''}`
}

/** Windows: who runs the client, the system and administrators, and nobody else. */
async function restrictOnWindows(run: Machine['run'], path: string, own: string): Promise<void> {
  const grants = [own, '*S-1-5-18', '*S-1-5-32-544'].flatMap((who) => ['/grant:r', `${who}:(OI)(CI)F`])
  const { code, output } = await run(['icacls', path.replaceAll('/', '\\'), '/inheritance:r', ...grants])
  if (code !== 0) throw new InstallRefused(`The rights of ${path} could not be set: ${output.trim()}`)
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}
