import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { noneNaming, processesNaming, type Survivor } from './leaks.ts'

/** What install.sh says that it needs, with what every system has; and Python, for the plugins. No Node. */
const PROGRAMS = ['sh', 'env', 'curl', 'tar', 'gzip', 'sha256sum', 'uname', 'id', 'grep', 'cut', 'cat', 'date', 'sleep']
PROGRAMS.push('dirname', 'mkdir', 'chmod', 'rm', 'rmdir', 'mv', 'ls', 'python3')
const PLACES = ['/bin', '/usr/bin', '/usr/local/bin']
/** The account that has nothing, where the tester is root and would install for the whole machine. */
const NOBODY = 65_534
const RUN_MS_MAX = 120_000
/** A process that is just being started is seen at the second look. */
const POWER_TRIES = 5
const LOOK_MS = 500

export interface ShellEnd {
  readonly code: number | null
  readonly output: string
}

/** A machine that has never seen Octopus: an account without rights, an empty home, a few programs, a cron of its own. */
export class NewMachine implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'octopus-new-machine-'))
  readonly home = join(this.#folder, 'home')
  readonly #bin = join(this.#folder, 'bin')
  readonly #crontab = join(this.home, 'crontab-of-the-test')
  readonly #account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

  constructor() {
    mkdirSync(this.#bin)
    mkdirSync(this.home)
    for (const program of PROGRAMS) {
      const found = PLACES.map((place) => join(place, program)).find((path) => existsSync(path))
      if (found === undefined) throw new Error(`${program} is needed and not here`)
      symlinkSync(found, join(this.#bin, program))
    }
    // The tester's own crontab must stay as it is.
    const crontab = `#!/bin/sh
file='${this.#crontab}'
case $1 in
  -l) if [ -e "$file" ]; then cat "$file"; else echo 'no crontab for nobody' >&2; exit 1; fi ;;
  -r) rm "$file" ;;
  -) cat >"$file" ;;
esac
`
    writeFileSync(join(this.#bin, 'crontab'), crontab, { mode: 0o755 })
    chmodSync(this.#folder, 0o755)
    if ('uid' in this.#account) chownSync(this.home, NOBODY, NOBODY)
  }

  get folder(): string {
    return join(this.home, '.local/share/octopus-client')
  }

  get crontab(): string {
    return existsSync(this.#crontab) ? readFileSync(this.#crontab, 'utf8') : ''
  }

  /** Files and folders in the home; the crontab stands for one that lies elsewhere. */
  get inHome(): readonly string[] {
    const all = readdirSync(this.home, { recursive: true }).map(String)
    return all.filter((path) => join(this.home, path) !== this.#crontab).toSorted()
  }

  /** Types a line into a shell of this machine. */
  type(line: string): Promise<ShellEnd> {
    return this.#run(line, { HOME: this.home, PATH: this.#bin, LANG: 'C.UTF-8' })
  }

  /** The processes of the client and whatever it started. */
  processes(): readonly Survivor[] {
    return processesNaming([this.folder])
  }

  /** Pulls the plug: at the end nothing of it runs any more. */
  async cutPower(): Promise<void> {
    for (let tries = 0; tries < POWER_TRIES && this.processes().length > 0; tries++) {
      this.#killAll()
      await noneNaming([this.folder], LOOK_MS)
    }
  }

  #killAll(): void {
    for (const { pid } of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Its parent was faster.
      }
    }
  }

  /** Does what cron does at boot: `@reboot` lines, with the little that cron gives them. */
  boot(): void {
    const lines = this.crontab.split('\n').flatMap((line) => (line.startsWith('@reboot ') ? [line.slice(8)] : []))
    for (const line of lines) {
      const env = { HOME: this.home, PATH: '/usr/bin:/bin', SHELL: '/bin/sh' }
      spawn('/bin/sh', ['-c', line], { env, cwd: '/', detached: true, stdio: 'ignore', ...this.#account }).unref()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutPower()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #run(line: string, env: Record<string, string>): Promise<ShellEnd> {
    return new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', line], {
        env,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: RUN_MS_MAX,
        ...this.#account,
      })
      let output = ''
      child.stdout.on('data', (bytes) => (output += String(bytes)))
      child.stderr.on('data', (bytes) => (output += String(bytes)))
      child.on('error', reject)
      child.on('exit', (code) => resolve({ code, output }))
    })
  }
}
